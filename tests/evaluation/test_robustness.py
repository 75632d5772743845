"""The metric by subset of modalities, on the subjects who have them; and what is lost without each, paired."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mmomics import plugins
from mmomics.evaluation.folds import arrange, mean_share, read_folds
from mmomics.evaluation.intervals import corrected_t
from mmomics.evaluation.robustness import FEWEST, SUBSETS, WITHOUT, robustness, without
from tests.evaluation.simulate import OUTCOMES, TASKS, observed, predicted, subjects
from tests.evaluation.test_folds import make_predictions, make_splits

N = 120
NOISE = {("only", "rna"): 0.3, ("only", "clinical"): np.inf, ("only", "rna,clinical"): 0.3, ("without", "rna"): np.inf}
HAS = subjects(N)[: N * 3 // 4]  # of rna


@pytest.fixture(params=TASKS)
def made(request):
    return make(request.param)


def make(task, folds=3, repeats=2, has=HAS):
    """A model that learned from rna alone: without it, it guesses; without the covariates, it says the same."""
    module, obs_cause = plugins.load("evaluation", task), observed(task, N)
    obs, cause = obs_cause
    splits = make_splits(N, folds, repeats)
    splits = splits[splits["fold"] < 1] if folds == 2 else splits
    plan = read_folds(splits, module.known(obs, OUTCOMES[task]))
    with_all = make_predictions(predicted(task, cause, 0.3), splits)
    parts = []
    for (rule, names), noise in NOISE.items():
        table = make_predictions(predicted(task, cause, noise), splits)
        parts.append(table[table["subject"].isin(has) | (names == "clinical")].assign(rule=rule, modalities=names))
    same = with_all[with_all["subject"].isin(has)].assign(rule="without", modalities="clinical")
    return module, plan, arrange(with_all, plan, module.outputs(OUTCOMES[task]), "m"), pd.concat([*parts, same], ignore_index=True)


def test_only_those_who_have_the_subset_count(made):
    module, plan, _, hidden = made
    table = robustness(module, plan, {"m": hidden}, 50, 0).set_index("subset")
    assert list(table.reset_index()[SUBSETS].columns) == SUBSETS and (table["metric"] == module.PRIMARY).all()
    assert table["n_modalities"].to_dict() == {"rna": 1, "clinical": 1, "rna,clinical": 2}
    assert table["n_subjects"].to_dict() == {"rna": len(HAS), "clinical": N, "rna,clinical": len(HAS)}
    sign = 1 if module.HIGHER_IS_BETTER[module.PRIMARY] else -1
    assert sign * table.loc["rna", "value"] > sign * table.loc["clinical", "value"]
    assert (table["lower"] <= table["value"]).all() and (table["value"] <= table["upper"]).all()


def test_the_value_and_its_interval_are_those_of_scikit_learn_and_the_folds():
    module, plan, _, hidden = make("binary")
    table = robustness(module, plan, {"m": hidden}, 50, 0).set_index("subset")
    obs, _ = observed("binary", N)
    own = hidden[(hidden["rule"] == "only") & (hidden["modalities"] == "rna")]
    scores = (
        own.assign(y=obs.loc[own["subject"], "outcome"].to_numpy() == "ill")
        .groupby(["repeat", "fold", "seed"])[["y", "p_ill"]]
        .apply(lambda rows: roc_auc_score(rows["y"], rows["p_ill"]))
    )
    expected = corrected_t(scores.groupby(["repeat", "fold"]).mean().to_numpy(), mean_share(plan))
    np.testing.assert_allclose(table.loc["rna", ["value", "lower"]].astype(float), expected[:2], rtol=1e-9)


def test_the_loss_without_a_modality_is_paired(made):
    module, plan, answers, hidden = made
    table = without(module, plan, {"m": answers}, {"m": hidden}, 50, 0).set_index("modality")
    assert list(table.reset_index()[WITHOUT].columns) == WITHOUT
    sign = 1 if module.HIGHER_IS_BETTER[module.PRIMARY] else -1
    assert sign * table.loc["rna", "difference"] < 0 and table.loc["rna", "p_value"] < 0.05
    assert table.loc["clinical", ["difference", "lower", "upper"]].abs().max() == 0
    np.testing.assert_allclose(table["without"] - table["value"], table["difference"], atol=1e-12)


def test_one_test_set_has_a_bootstrap_interval():
    module, plan, answers, hidden = make("binary", folds=2, repeats=1)
    assert len(plan) == 1
    table = robustness(module, plan, {"m": hidden}, 80, 0).set_index("subset")
    assert (table["lower"] < table["value"]).all() and (table["value"] < table["upper"]).all()
    lost = without(module, plan, {"m": answers}, {"m": hidden}, 80, 0).set_index("modality")
    assert lost.loc["rna", "upper"] < 0 and lost.loc["clinical", "difference"] == 0


def test_a_subset_that_few_have_is_left_out():
    module, plan, answers, hidden = make("binary", has=subjects(N)[: FEWEST - 1])
    assert list(robustness(module, plan, {"m": hidden}, 50, 0)["subset"]) == ["clinical"]
    assert without(module, plan, {"m": answers}, {"m": hidden}, 50, 0).empty


def test_without_models_there_are_only_columns():
    module, plan, _, _ = make("binary")
    assert list(robustness(module, plan, {}, 50, 0).columns) == SUBSETS
    assert list(without(module, plan, {}, {}, 50, 0).columns) == WITHOUT
