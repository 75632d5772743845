"""Scores within strata: those of the strata's own rows, and nothing for a model that only tells strata apart."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mmomics import plugins
from mmomics.evaluation.folds import arrange, mean_share, read_folds
from mmomics.evaluation.intervals import corrected_t
from mmomics.evaluation.strata import COLUMNS, strata
from tests.evaluation.simulate import OUTCOMES, TASKS, observed, predicted, subjects
from tests.evaluation.test_folds import make_predictions, make_splits

N = 240


def made(task, folds=3):
    """The truth, the plan and two models: one knows the cause, one only whether it is above nought, which is the stratum."""
    module, (obs, cause) = plugins.load("evaluation", task), observed(task, N)
    splits = make_splits(N, folds, 2)
    if folds == 2:
        splits = splits[(splits["fold"] < 1) & (splits["repeat"] == 0)]
    plan = read_folds(splits, module.known(obs, OUTCOMES[task]))
    stratum = pd.Series(np.where(cause > 0, "high", "low"), subjects(N), dtype=object)
    causes = {"knows": cause, "strata_only": np.sign(cause)}
    tables = {name: make_predictions(predicted(task, seen, 0.0), splits) for name, seen in causes.items()}
    answers = {name: arrange(table, plan, module.outputs(OUTCOMES[task]), name) for name, table in tables.items()}
    return module, plan, answers, stratum, tables


@pytest.mark.parametrize("task", TASKS)
def test_what_only_tells_strata_apart_is_worth_less_within_them(task):
    module, plan, answers, stratum, _ = made(task)
    table = strata(module, plan, answers, stratum, 100, 0)
    assert list(table.columns) == COLUMNS and set(table["metric"]) == {module.PRIMARY}
    mean = table.set_index(["model", "rows", "stratum"])["mean"]
    sign = 1 if module.HIGHER_IS_BETTER[module.PRIMARY] else -1
    if task in ("binary", "survival"):  # pairs of one stratum tie
        assert mean["strata_only", "within", ""] == pytest.approx(0.5)
        assert mean["strata_only", "all", ""] > 0.65
    assert sign * mean["knows", "within", ""] > sign * mean["strata_only", "within", ""]
    assert table["n_subjects"].tolist()[:2] == [N, N] and table["n_subjects"].iloc[2:4].sum() == N
    known = table.dropna(subset=["mean", "lower"])
    assert (known["lower"] <= known["mean"]).all() and (known["mean"] <= known["upper"]).all()


def test_values_and_intervals_are_those_of_the_rows_themselves():
    module, plan, answers, stratum, tables = made("binary")
    table = strata(module, plan, answers, stratum, 100, 0).set_index(["model", "rows", "stratum"])
    rows = tables["knows"]
    rows = rows[rows["seed"] == 0].assign(y=lambda own: observed("binary", N)[0].loc[own["subject"], "outcome"].to_numpy() == "ill")
    rows["stratum"] = stratum.loc[rows["subject"]].to_numpy()
    by = rows.groupby(["repeat", "fold", "stratum"])[["y", "p_ill"]]
    each = by.apply(lambda own: roc_auc_score(own["y"], own["p_ill"])).unstack()
    size = by.apply(lambda own: own["y"].sum() * (~own["y"]).sum()).unstack()
    low = corrected_t(each["low"].to_numpy(), mean_share(plan))
    assert table.loc[("knows", "stratum", "low"), ["mean", "lower", "upper"]].tolist() == pytest.approx([*low][:3])
    within = corrected_t(((each * size).sum(axis=1) / size.sum(axis=1)).to_numpy(), mean_share(plan))
    assert table.loc[("knows", "within", ""), ["mean", "lower", "upper"]].tolist() == pytest.approx([*within][:3])


def test_one_test_set_has_bootstrap_intervals_and_subjects_of_no_stratum_are_left_out():
    module, plan, answers, stratum, _ = made("survival", folds=2)
    stratum[stratum.index[::4]] = np.nan
    table = strata(module, plan, answers, stratum, 100, 0).set_index(["model", "rows", "stratum"])
    whole = table.loc[("knows", "all", "")]
    assert whole["n_subjects"] == plan[0].test.index.isin(stratum.dropna().index).sum() < len(plan[0].test)
    assert 0 <= whole["lower"] < whole["mean"] < whole["upper"] <= 1
    assert table.loc[("knows", "within", ""), "lower"] < table.loc[("knows", "within", ""), "upper"]
    alone = strata(module, plan, answers, stratum.where(stratum.isna(), "one"), 100, 0).set_index(["model", "rows"])
    assert alone.loc[("knows", "within"), "mean"] == pytest.approx(whole["mean"])


def test_a_stratum_in_which_nothing_happens_has_no_score_and_no_say():
    module, plan, answers, *_ = made("survival")
    obs, _ = observed("survival", N)
    quiet = pd.Series(np.where(obs["event"], "some", "none"), obs.index)
    table = strata(module, plan, answers, quiet, 100, 0).set_index(["model", "rows", "stratum"])
    assert np.isnan(table.loc[("knows", "stratum", "none"), "mean"])
    assert table.loc[("knows", "within", ""), "mean"] == pytest.approx(table.loc[("knows", "stratum", "some"), "mean"])
