"""What every task promises, whichever file it stands in."""

import numpy as np
import pytest

from mmomics import plugins
from tests.evaluation.simulate import OUTCOMES, TASKS, observed, predicted


@pytest.fixture(params=TASKS)
def name(request):
    return request.param


@pytest.fixture
def task(name):
    return plugins.load("evaluation", name)


def rows(task, name, n=80, noise=0.5, seed=0):
    obs, cause = observed(name, n, seed)
    return task.known(obs, OUTCOMES[name]), predicted(name, cause, noise, seed)


def test_each_outcome_of_the_settings_has_its_file():
    from mmomics.config.cohort import Cohort

    tasks = Cohort.model_json_schema()["properties"]["outcome"]["discriminator"]["mapping"]
    assert set(tasks) <= set(plugins.names("evaluation"))


def test_names_agree(task, name):
    assert task.METRICS[0] == task.PRIMARY
    assert set(task.METRICS) == set(task.HIGHER_IS_BETTER) == set(task.RANGE)
    truth, prediction = rows(task, name)
    assert tuple(task.score(truth, prediction, truth)) == task.METRICS
    assert set(task.outputs(OUTCOMES[name])) <= set(prediction)


def test_a_better_prediction_scores_better_on_every_metric(task, name):
    (truth, good), (_, bad) = rows(task, name, 300, noise=0.1), rows(task, name, 300, noise=3.0)
    good, bad = task.score(truth, good, truth), task.score(truth, bad, truth)
    for metric in task.METRICS:
        assert (good[metric] > bad[metric]) == task.HIGHER_IS_BETTER[metric], metric
        assert task.RANGE[metric][0] <= good[metric] <= task.RANGE[metric][1]


def test_scores_do_not_depend_on_the_order_of_rows(task, name):
    truth, prediction = rows(task, name)
    shuffled = np.random.default_rng(1).permutation(len(truth))
    other = task.score(truth.iloc[shuffled], prediction.iloc[shuffled], truth)
    assert other == pytest.approx(task.score(truth, prediction, truth), abs=1e-12)


def test_resampling_equals_scoring_repeated_rows(task, name):
    truth, prediction = rows(task, name, 60)
    counts = np.random.default_rng(0).multinomial(60, np.full(60, 1 / 60), 20)
    repeated = [np.repeat(np.arange(60), drawn) for drawn in counts]
    scores = [task.score(truth.iloc[i], prediction.iloc[i], truth) for i in repeated]
    for metric in [task.PRIMARY] if name == "survival" else task.METRICS:  # the other survival metrics keep the times of the rows
        found = task.resample(metric, truth, prediction, truth, counts.astype(float))
        np.testing.assert_allclose(found, [score[metric] for score in scores], atol=1e-12, err_msg=metric)


def test_resampling_is_undefined_where_scores_are(task, name):
    """Few rows, so that some resamples hold one class, one value or no event."""
    truth, prediction = rows(task, name, 5)
    counts = np.random.default_rng(0).multinomial(5, np.full(5, 1 / 5), 300)
    scores = [task.score(truth.iloc[i], prediction.iloc[i], truth) for i in (np.repeat(np.arange(5), drawn) for drawn in counts)]
    for metric in [task.PRIMARY] if name == "survival" else task.METRICS:
        found = task.resample(metric, truth, prediction, truth, counts.astype(float))
        expected = np.array([score[metric] for score in scores])
        if name == "survival":  # a resample needs two different pairs, not one pair and its copies
            assert np.isnan(found[np.isnan(expected)]).all()
            expected[np.isnan(found)] = np.nan
        np.testing.assert_allclose(found, expected, atol=1e-12, err_msg=metric)
        assert np.isfinite(found).any()
    if name != "regression":
        assert np.isnan([score[task.PRIMARY] for score in scores]).any()


@pytest.mark.parametrize(("name", "chance"), [("binary", 0.5), ("multiclass", 1 / 3), ("survival", 0.5)])
def test_permuted_outcomes_score_at_chance(name, chance):
    """No metric finds anything where nothing is: the mean over permutations is that of a coin."""
    task = plugins.load("evaluation", name)
    truth, prediction = rows(task, name, 150)
    rng = np.random.default_rng(0)
    ones = np.ones((1, len(truth)))
    found = [task.resample(task.PRIMARY, truth.iloc[rng.permutation(len(truth))], prediction, truth, ones)[0] for _ in range(200)]
    assert np.mean(found) == pytest.approx(chance, abs=0.015)


def test_calibration_counts_every_row(task, name):
    truth, prediction = rows(task, name, 200)
    table = task.calibration(truth, prediction)
    by = next((column for column in ("class", "time") if column in table), None)
    totals = table.groupby(by)["n"].sum() if by else table["n"].sum()
    assert np.all(totals == 200)
    known = table.dropna()
    assert len(known) > len(table) / 2
    assert (known["lower"] <= known["observed"] + 1e-12).all()
    assert (known["observed"] <= known["upper"] + 1e-12).all()
