"""Models that differ in what they do about missing modalities: who is compared with whom, and how sure several draws are."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mmomics import plugins
from mmomics.config.run import SettledModel
from mmomics.evaluation import comparisons, summary
from mmomics.evaluation.folds import arrange, mean_share, read_folds
from mmomics.evaluation.handling import COLUMNS, _pooled, alike, handling, with_scatter
from mmomics.evaluation.intervals import corrected_t
from tests.evaluation.simulate import OUTCOMES, TASKS, observed, predicted, subjects
from tests.evaluation.test_folds import make_predictions, make_splits

N = 120
NOISE = {"m": 0.3, "m_complete": 2.0, "m_multiple": 0.3, "other": 1.0}


def study(modalities=None, **more):
    how = {"m": "native", "m_complete": "complete", "m_multiple": "multiple", "other": "native", **more}
    return SimpleNamespace(
        seed=0,
        models={name: SettledModel(method=name[0], modalities=modalities, missing=own, explained=False) for name, own in how.items()},
    )


def made(task, one_fold=False, modalities=None):
    module, (obs, cause) = plugins.load("evaluation", task), observed(task, N)
    splits = make_splits(N, 3, 2)
    splits = splits[(splits["fold"] == 0) & (splits["repeat"] == 0)] if one_fold else splits
    plan = read_folds(splits, module.known(obs, OUTCOMES[task]))

    def answers(noise, seed=0):
        return arrange(make_predictions(predicted(task, cause, noise, seed), splits), plan, module.outputs(OUTCOMES[task]), "m")

    found = {name: answers(noise) for name, noise in NOISE.items()}
    drawn = {"m_multiple": [answers(0.3, seed) for seed in range(4)]}
    scores = summary.metrics(module, plan, found)
    seen = pd.DataFrame({"a": np.arange(N) < N // 2, "b": True}, subjects(N))
    resampled = comparisons.draws(module, plan, found, 50, 0)
    return module, plan, scores, handling(module, plan, scores, resampled, drawn, study(modalities), seen)


def test_models_that_differ_in_more_are_not_alike():
    assert alike(study(), list(NOISE)) == {"m": ["m", "m_complete", "m_multiple"]}
    assert alike(study(m="single"), list(NOISE)) == {"m": ["m", "m_complete", "m_multiple"]}
    assert alike(study(), ["m", "other"]) == {}


def test_complete_are_those_who_lack_nothing_that_the_model_may_see():
    table = made("binary", modalities=["b"])[3].set_index("model")
    assert table.loc["m_complete", "n_train"] == table.loc["m", "n_train"]


@pytest.mark.parametrize("task", TASKS)
def test_each_way_is_scored_and_held_against_the_native_model(task):
    module, plan, scores, table = made(task)
    assert list(table) == COLUMNS and list(table["model"]) == ["m", "m_complete", "m_multiple"]
    own = table.set_index("model")
    by_fold = {name: summary.fold_scores(scores, name, module.PRIMARY).to_numpy() for name in NOISE}
    gap = corrected_t(by_fold["m_complete"] - by_fold["m"], mean_share(plan))
    found = own.loc["m_complete", ["difference", "difference_lower", "difference_upper", "p_value"]]
    assert tuple(found) == pytest.approx(tuple(gap))
    assert own.loc["m_complete", "n_train"] == pytest.approx(own.loc["m", "n_train"] / 2, rel=0.1)
    of_draws = 1.25 * own.loc["m_multiple", "between"] ** 2
    of_folds = by_fold["m_multiple"].var(ddof=1) * (1 / len(plan) + mean_share(plan))
    assert own.loc["m_multiple", "fmi"] == pytest.approx(of_draws / (of_draws + of_folds)) and own.loc["m_multiple", "n_draws"] == 4
    wider, plain = own.loc["m_multiple"], corrected_t(by_fold["m_multiple"] - by_fold["m"], mean_share(plan))
    assert wider["difference"] == pytest.approx(plain.mean)
    assert wider["difference_upper"] - wider["difference_lower"] > (plain.upper - plain.lower) * (1 + 1e-6)
    assert wider["p_adjusted"] >= wider["p_value"] and own["p_adjusted"].notna().sum() == 2
    assert own["reference"].tolist() == ["", "m", "m"] and np.isnan(own.loc["m", "difference"])


def test_one_test_set_is_compared_over_its_subjects():
    table = made("binary", one_fold=True)[-1].set_index("model")
    assert table.loc["m_complete", "difference_lower"] < table.loc["m_complete", "difference"] < table.loc["m_complete", "difference_upper"]
    assert table.loc["m_multiple", "lower"] < table.loc["m_multiple", "mean"] < table.loc["m_multiple", "upper"]


def test_folds_that_do_not_define_the_metric_are_not_counted():
    own, by_draw = np.array([0.6, 0.7, 0.8]), np.array([[0.5, 0.7, 0.8], [0.6, 0.8, 0.7]])
    found = _pooled(np.append(own, np.nan), np.column_stack([by_draw, [np.nan] * 2]), np.array([]), 0.25, 30)
    expected = _pooled(own, by_draw, np.array([]), 0.25, 30)
    assert found[0] == pytest.approx(expected[0]) and found[1] == pytest.approx(expected[1]) and np.isfinite(expected[1])
    one = _pooled(np.array([0.6, np.nan]), by_draw[:, :2], np.array([]), 0.25, 30)[0]
    assert one.mean == 0.6 and np.isnan(one[1:]).all()


@pytest.mark.parametrize("one_fold", [False, True])
def test_the_difference_is_as_uncertain_as_the_draws(one_fold):
    own, resampled = np.array([0.1] if one_fold else [0.1, 0.11, 0.09, 0.1]), np.random.default_rng(0).normal(0.1, 0.01, 200)
    by_draw = own + np.linspace(-0.2, 0.2, 5)[:, None]
    plain, pooled = _pooled(own, by_draw[:0], resampled, 0.25, 30)[0], _pooled(own, by_draw, resampled, 0.25, 30)[0]
    assert plain.p_value < 0.05 < pooled.p_value and pooled.lower < 0 < plain.lower


@pytest.mark.parametrize("task", ["binary", "survival"])
def test_the_summary_has_the_scatter_of_the_draws_too(task):
    module, plan, scores, table = made(task)
    plain = summary.summary(module, plan, scores, dict.fromkeys(NOISE, "baseline"), {})
    found = with_scatter(plain, table)
    drawn = (plain["model"] == "m_multiple") & (plain["metric"] == module.PRIMARY)
    own = table.set_index("model").loc["m_multiple"]
    assert found.loc[drawn, ["mean", "lower", "upper"]].to_numpy()[0] == pytest.approx(own[["mean", "lower", "upper"]].to_numpy(float))
    assert not np.allclose(found.loc[drawn, "lower"], plain.loc[drawn, "lower"], atol=1e-9)
    assert found[~drawn].equals(plain[~drawn]) and list(found) == list(plain)
    undefined = with_scatter(plain, table.assign(lower=np.nan, upper=np.nan))  # the narrower one, without scatter, is none
    assert undefined.loc[drawn, ["lower", "upper"]].isna().all(axis=None)
