"""Differences and ranks have the right sign, the right reference and honest certainty."""

import numpy as np
import pandas as pd
import pytest

from mmomics.evaluation import bootstrap, comparisons, regression, summary, survival
from mmomics.evaluation.bootstrap import resample_counts, score_draws
from mmomics.evaluation.folds import arrange, read_folds
from tests.evaluation.simulate import OUTCOMES, observed, predicted
from tests.evaluation.test_folds import make_predictions, make_splits

FAMILIES = {"good": "graph", "bad_baseline": "baseline", "best_baseline": "baseline", "twin": "attention"}
NOISE = {"good": 0.1, "bad_baseline": 5.0, "best_baseline": 1.5, "twin": 1.5}
TASKS = {"regression": regression, "survival": survival}


def study(name, n=150, folds=3, repeats=2):
    task = TASKS[name]
    obs, cause = observed(name, n)
    splits = make_splits(n, folds, repeats)
    if folds == 2:  # a preset test set
        splits = splits[splits["fold"] < 1]
    plan = read_folds(splits, task.known(obs, OUTCOMES[name]))
    tables = {model: make_predictions(predicted(name, cause, noise), splits) for model, noise in NOISE.items()}
    answers = {model: arrange(table, plan, [], model) for model, table in tables.items()}
    scores = summary.metrics(task, plan, answers)
    return task, plan, answers, scores, comparisons.draws(task, plan, answers, 300, 0)


@pytest.fixture(params=["regression", "survival"])
def name(request):
    return request.param


@pytest.mark.parametrize("folds", [5, 2])
def test_each_model_against_the_best_baseline(name, folds):
    task, plan, _, scores, draws = study(name, folds=folds, repeats=1 if folds == 2 else 2)
    table = comparisons.comparisons(task, plan, scores, FAMILIES, draws).set_index("model")
    assert set(table["reference"]) == {"best_baseline"}
    assert set(table.index) == set(FAMILIES) - {"best_baseline"}
    assert table.index[0] == "good"  # best first
    sign = 1 if task.HIGHER_IS_BETTER[task.PRIMARY] else -1
    assert sign * table.loc["good", "difference"] > 0
    assert table.loc["good", "p_value"] < 0.05
    assert np.sign(table.loc["good", "lower"]) == np.sign(table.loc["good", "upper"])
    assert sign * table.loc["bad_baseline", "difference"] < 0
    assert table.loc["twin", "difference"] == 0
    assert table.loc["twin", "p_value"] == 1


def test_differences_are_paired_over_folds():
    """A shift that all models share in a fold says nothing about their difference."""
    task, plan, _, scores, draws = study("regression")
    shift = scores.assign(value=scores["value"] + 100 * scores["fold"])
    one, other = (comparisons.comparisons(task, plan, table, FAMILIES, draws) for table in (scores, shift))
    np.testing.assert_allclose(
        one[["difference", "lower", "upper", "p_value"]], other[["difference", "lower", "upper", "p_value"]], atol=1e-9
    )


def test_without_a_baseline_there_is_nothing_to_compare():
    task, plan, _, scores, draws = study("regression")
    table = comparisons.comparisons(task, plan, scores, dict.fromkeys(FAMILIES, "graph"), draws)
    assert len(table) == 0
    assert "p_value" in table


@pytest.mark.parametrize("folds", [5, 2])
def test_each_model_against_the_best_single_modality_too(name, folds):
    task, plan, _, scores, draws = study(name, folds=folds, repeats=1 if folds == 2 else 2)
    table = comparisons.comparisons(task, plan, scores, FAMILIES, draws, ["bad_baseline"])
    assert list(dict.fromkeys(table["reference"])) == ["best_baseline", "bad_baseline"]
    first, second = (table[table["reference"] == name].set_index("model") for name in ("best_baseline", "bad_baseline"))
    pd.testing.assert_frame_equal(
        first.reset_index(), comparisons.comparisons(task, plan, scores, FAMILIES, draws)[first.reset_index().columns]
    )
    assert set(second.index) == set(FAMILIES) - {"bad_baseline"}
    assert second.loc["good", "p_value"] < 0.05
    assert second.loc["best_baseline", "difference"] == pytest.approx(-first.loc["bad_baseline", "difference"])
    same = comparisons.comparisons(task, plan, scores, FAMILIES, draws, ["best_baseline", "bad_baseline"])
    assert set(same["reference"]) == {"best_baseline"}


def test_ranking(name):
    task, _, _, _, draws = study(name)
    table = comparisons.ranking(task, draws).set_index("model")
    assert table.index[0] == "good"
    assert table["p_best"].sum() == pytest.approx(1)
    assert table.loc["good", "p_best"] > 0.95
    assert table.loc["twin", "rank_mean"] == table.loc["best_baseline", "rank_mean"]
    assert table["rank_mean"].sum() == pytest.approx(1 + 2 + 3 + 4)


def test_equal_models_share_the_first_place():
    worth = np.random.default_rng(0).normal(size=(50, 1)) * np.ones((1, 2))
    table = comparisons.ranking(survival, pd.DataFrame(worth, columns=["a", "b"]))
    assert list(table["p_best"]) == [0.5, 0.5]
    assert list(table["rank_mean"]) == [1.5, 1.5]


def test_models_without_a_score_rank_last():
    worth = pd.DataFrame({"a": [np.nan, np.nan], "b": [0.6, np.nan]})
    table = comparisons.ranking(survival, worth).set_index("model")
    assert table.loc["b", "p_best"] == 1
    assert table.loc["a", "rank_mean"] == 2


def test_resamples_of_one_test_set_agree_between_metrics_and_ranking():
    """Both draw the same subjects, so the primary metric of either is the same number."""
    task, plan, answers, _, draws = study("survival", n=60, folds=2, repeats=1)
    every = score_draws(task, plan[0], answers["good"][0], 300, 0)
    np.testing.assert_allclose(every["cindex"], draws["good"], atol=1e-9)


@pytest.mark.parametrize("name", TASKS)
def test_resamples_of_many_rows_are_taken_one_part_after_another(name, monkeypatch):
    task, plan, answers, _, _ = study(name, n=60, folds=2, repeats=1)
    together = score_draws(task, plan[0], answers["good"][0], 50, 0)
    for at_once in (1, 300):
        monkeypatch.setattr(bootstrap, "AT_ONCE", at_once)
        pd.testing.assert_frame_equal(score_draws(task, plan[0], answers["good"][0], 50, 0), together, rtol=1e-12)


def test_resamples_do_not_depend_on_the_models():
    index = pd.Index([f"s{i}" for i in range(30)])
    np.testing.assert_array_equal(resample_counts(index, 5, 1), resample_counts(index, 5, 1))
    assert (resample_counts(index, 5, 1).sum(1) == 30).all()
    assert not np.array_equal(resample_counts(index, 5, 1), resample_counts(index, 5, 2))


def test_repeats_of_the_same_people_do_not_make_the_ranking_surer():
    """Ten repeats with the same predictions are one piece of evidence."""
    spread = {}
    for repeats in (1, 10):
        _, _, _, _, draws = study("regression", n=60, repeats=repeats)
        spread[repeats] = (draws["good"] - draws["best_baseline"]).std()
    assert spread[10] > 0.8 * spread[1]


def test_summary_is_best_first_and_counts_what_it_saw(name):
    task, plan, _, scores, _ = study(name)
    scores.loc[(scores["model"] == "twin") & (scores["fold"] == 0) & (scores["repeat"] == 0), "value"] = np.nan
    table = summary.summary(task, plan, scores, FAMILIES, {})
    assert list(table["metric"].unique()) == list(task.METRICS)
    for metric, rows in table.groupby("metric"):
        assert rows["mean"].is_monotonic_decreasing if task.HIGHER_IS_BETTER[metric] else rows["mean"].is_monotonic_increasing
        assert rows["model"].iloc[0] == "good"
    assert (table["n_subjects"] == 150).all()
    assert (table["n_folds"] == np.where(table["model"] == "twin", 5, 6)).all()
    assert (table["lower"] <= table["mean"]).all()
    assert (table["mean"] <= table["upper"]).all()


def test_visits_of_one_subject_are_drawn_together():
    # three copies of everybody are no more evidence than one: the interval is as wide as without them
    obs, cause = observed("regression", 40)
    prediction = predicted("regression", cause)
    thrice = pd.concat([obs.set_axis(obs.index + tail) for tail in "abc"])
    copies = pd.concat([prediction.set_axis(prediction.index + tail) for tail in "abc"]).rename_axis("subject")
    whose = pd.Series([name[:-1] for name in thrice.index], thrice.index)

    def spread(truth, found, groups):
        splits = pd.DataFrame({"repeat": 0, "fold": 0, "subject": truth.index, "role": "test"})
        train = pd.DataFrame({"repeat": 0, "fold": 0, "subject": ["t1", "t2"], "role": "train"})
        known = pd.concat([truth, pd.DataFrame({"outcome": [1.0, 2.0]}, index=["t1", "t2"])])
        (plan,) = read_folds(pd.concat([splits, train]), regression.known(known, OUTCOMES["regression"]), groups=groups)
        return score_draws(regression, plan, {0: found.loc[plan.test.index]}, 800, 0).std()

    once, together, apart = spread(obs, prediction, None), spread(thrice, copies, whose), spread(thrice, copies, None)
    pd.testing.assert_series_equal(together, once, rtol=0.1)
    assert (apart < 0.75 * once).all()
