"""Censored metrics against scikit-survival and lifelines, on simulated follow-up with ties and on real follow-up.

An event is seen if nothing was censored before it. scikit-survival weights it by the probability of no censoring until its time,
this included, which is another where times are tied; so it is given censored times, and times of scoring, that are a hair later.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import concordance_index
from sksurv import metrics as reference
from sksurv.util import Surv

from mmomics.evaluation import censoring, survival
from tests.evaluation.simulate import OUTCOMES, TIMES, observed, predicted

HAIR = 1e-7  # shorter than what lies between any two times
EMBEDDED = Path(__file__).parents[2] / "resources" / "acc" / "clinical.tsv"


def follow_up(name, request):
    """Time and event of train and test rows, and predictions of the latter."""
    if name.startswith("simulated"):
        seed = int(name[-1])
        obs, cause = observed("survival", 260, seed)
        prediction = predicted("survival", cause, seed=seed)
    else:
        obs = acc() if name == "acc" else kipan(request.getfixturevalue("shared"))
        rng = np.random.default_rng(0)
        risk = np.round(-np.log(obs["time"]) + rng.normal(size=len(obs)), 1)  # something that orders the times, roughly
        at = np.linspace(0, obs["time"].max(), 32)[1:-1]
        curves = np.exp(-np.exp(risk - risk.mean()).to_numpy()[:, None] * at / at[-1])
        prediction = pd.DataFrame(np.column_stack([risk, curves]), obs.index, ["risk", *(f"s_{float(t)!r}" for t in at)])
    truth = survival.known(obs, OUTCOMES["survival"])
    test = np.arange(len(truth)) % 3 == 0
    return truth[~test], truth[test], prediction.loc[truth.index][test]


def acc():
    table = pd.read_csv(EMBEDDED, sep="\t", index_col="subject")
    return pd.DataFrame({"time": table["os_days"].astype(float), "event": table["os_event"] == 1}).query("time > 0")


def kipan(shared):
    table = pd.read_csv(shared / "tcga_kipan_survival" / "clinical.csv", index_col="sample_id")
    return pd.DataFrame({"time": table["os_time_days"].astype(float), "event": table["os_event"] == 1}).query("time > 0")


@pytest.fixture(params=["simulated0", "simulated1", "simulated2", "acc", "kipan"])
def rows(request):
    return follow_up(request.param, request)


def as_surv(truth):
    return Surv.from_arrays(truth["event"], truth["time"])


def later(train):
    return Surv.from_arrays(train["event"], train["time"] + HAIR * ~train["event"])


def learned(train):
    return censoring.Censoring.fit(train["time"].to_numpy(), train["event"].to_numpy())


def as_rows(test):
    return censoring.Rows(test["time"].to_numpy(), test["event"].to_numpy(), np.ones((1, len(test))))


def test_scores_are_those_of_scikit_survival(rows):
    train, test, prediction = rows
    time, event = test["time"].to_numpy(), test["event"].to_numpy()
    weights = learned(train)
    grid = survival.time_grid(time, event, weights.last_time)
    assert len(grid) > 3
    # the reference refuses test rows beyond the training follow-up, even where no weight of theirs is used
    inside = test["time"] < train["time"].max()
    test, prediction = test[inside], prediction[inside]
    found = survival.score(test, prediction, train)
    grid = survival.time_grid(test["time"].to_numpy(), test["event"].to_numpy(), weights.last_time)
    y_train, y_test, at = later(train), as_surv(test), grid + HAIR
    curves = survival.survival_at(prediction, grid)
    assert found["cindex"] == pytest.approx(
        reference.concordance_index_censored(y_test["event"], y_test["time"], prediction["risk"])[0], abs=1e-9
    )
    uno = reference.concordance_index_ipcw(y_train, y_test, prediction["risk"], tau=grid[-1])[0]
    assert found["cindex_ipcw"] == pytest.approx(uno, abs=1e-9)
    assert found["ibs"] == pytest.approx(reference.integrated_brier_score(y_train, y_test, curves, at), abs=1e-9)
    assert found["auc_td"] == pytest.approx(reference.cumulative_dynamic_auc(y_train, y_test, prediction["risk"], at)[1], abs=1e-9)


def test_each_time_of_auc_and_brier(rows):
    train, test, prediction = rows
    test, prediction = test[test["time"] < train["time"].max()], prediction[test["time"] < train["time"].max()]
    weights = learned(train)
    time, event, risk = test["time"].to_numpy(), test["event"].to_numpy(), prediction["risk"].to_numpy()
    grid = survival.time_grid(time, event, weights.last_time)
    curves = survival.survival_at(prediction, grid)
    expected, _ = reference.cumulative_dynamic_auc(later(train), as_surv(test), risk, grid + HAIR)
    np.testing.assert_allclose(censoring.auc_over_time(as_rows(test), risk, weights, grid)[0], expected, atol=1e-9)
    _, expected = reference.brier_score(later(train), as_surv(test), curves, grid + HAIR)
    np.testing.assert_allclose(censoring.brier(as_rows(test), curves, weights, grid)[0], expected, atol=1e-9)


def test_kaplan_meier_is_that_of_lifelines(rows):
    train, _, _ = rows
    at = np.linspace(0, train["time"].max(), 50)
    expected = KaplanMeierFitter().fit(train["time"], train["event"]).predict(at)
    rows = as_rows(train)
    found = censoring.kaplan_meier(rows.time, rows.event, rows.counts)(at)[0]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_resampled_concordance_is_that_of_lifelines(rows):
    _, test, prediction = rows
    time, event, risk = test["time"].to_numpy(), test["event"].to_numpy(), prediction["risk"].to_numpy()
    counts = np.random.default_rng(0).multinomial(len(test), np.full(len(test), 1 / len(test)), 15)
    drawn = [np.repeat(np.arange(len(test)), row) for row in counts]
    expected = [concordance_index(time[i], -risk[i], event[i]) for i in drawn]
    np.testing.assert_allclose(survival.resample("cindex", test, prediction, test, counts.astype(float)), expected, atol=1e-12)


def test_resampled_ipcw_metrics_are_those_of_repeated_rows():
    train, test, prediction = follow_up("simulated0", None)
    weights, rows = learned(train), as_rows(test)
    grid = survival.time_grid(rows.time, rows.event, weights.last_time)
    counts = np.random.default_rng(0).multinomial(len(test), np.full(len(test), 1 / len(test)), 10)
    found = {metric: survival.resample(metric, test, prediction, train, counts.astype(float)) for metric in survival.METRICS[1:]}
    for place, drawn in enumerate(counts):
        own = np.repeat(np.arange(len(test)), drawn)
        surv, risk = as_surv(test.iloc[own]), prediction["risk"].to_numpy()[own]
        assert found["cindex_ipcw"][place] == pytest.approx(
            reference.concordance_index_ipcw(later(train), surv, risk, tau=grid[-1])[0], abs=1e-9
        )
        curves = survival.survival_at(prediction, grid)[own]
        assert found["ibs"][place] == pytest.approx(reference.integrated_brier_score(later(train), surv, curves, grid + HAIR), abs=1e-9)
        assert found["auc_td"][place] == pytest.approx(reference.cumulative_dynamic_auc(later(train), surv, risk, grid + HAIR)[1], abs=1e-9)


@pytest.mark.parametrize("unit", [1.0, 12.0])
def test_the_brier_score_is_that_of_the_uncensored_whatever_the_unit_of_time(unit):
    """Follow-up of 1 to 60 months, and in whole years: with many ties, the censored rows tell what all rows would have told."""
    rng = np.random.default_rng(0)
    n, at = 40_000, np.array([24.0, 36.0])
    risk = rng.normal(size=n)
    months, censored = (np.ceil(rng.exponential(scale, n) / unit) * unit for scale in (40 * np.exp(-risk), 50))
    truth = pd.DataFrame({"time": np.minimum(months, censored), "event": months <= censored})
    curves = np.exp(-at / (40 * np.exp(-risk))[:, None])
    found = censoring.brier(as_rows(truth), curves, learned(truth), at)[0]
    expected = ((months[:, None] > at) - curves) ** 2
    assert np.abs(found - expected.mean(0)).max() < 0.001  # 0.002 and 0.03 with the probability at the event's own time


def test_higher_risk_is_worse():
    truth = pd.DataFrame({"time": [1.0, 2.0, 3.0, 4.0, 5.0], "event": True})
    prediction = pd.DataFrame({"risk": [5.0, 4.0, 3.0, 2.0, 1.0], "s_2.5": 0.5})
    assert survival.score(truth, prediction, truth)["cindex"] == 1
    assert survival.score(truth, prediction.assign(risk=-prediction["risk"]), truth)["cindex"] == 0


def test_censoring_weights_come_from_the_training_rows():
    obs, cause = observed("survival", 120)
    truth, prediction = survival.known(obs, {}), predicted("survival", cause)
    uncensored = truth.assign(event=True)
    one, other = (survival.score(truth[:60], prediction[:60], train) for train in (truth[60:], uncensored[60:]))
    assert one["cindex"] == other["cindex"]
    assert one["ibs"] != other["ibs"]


@pytest.mark.parametrize(
    ("time", "event", "defined"),
    [
        ([1.0, 2.0, 3.0], [False, False, False], set()),  # no events
        ([1.0, 2.0], [True, False], set()),  # a single comparable pair
        ([3.0, 3.0, 3.0], [True, True, True], set()),  # nobody before anybody
        ([1.0, 2.0, 3.0, 4.0], [True, False, False, False], {"cindex"}),  # one event: no span of time
        ([1.0, 2.0, 3.0, 4.0], [True, True, False, False], {"cindex", "cindex_ipcw", "auc_td", "ibs"}),
    ],
)
def test_degenerate_folds_are_undefined_not_wrong(time, event, defined):
    obs, _ = observed("survival", 100)
    test = pd.DataFrame({"time": time, "event": event})
    prediction = pd.DataFrame({"risk": np.arange(len(time), 0, -1.0), "s_2.5": 0.5})
    found = survival.score(test, prediction, survival.known(obs, {}))
    assert {metric for metric, value in found.items() if not np.isnan(value)} == defined
    assert np.isnan(survival.resample("cindex", test, prediction, test, np.ones((1, len(time))))[0]) == ("cindex" not in defined)
    survival.calibration(test, prediction)
    assert set(survival.curves(test, prediction, np.zeros(len(time)))["group"]) <= {"low", "middle", "high"}


def test_a_risk_alone_has_no_brier_score():
    obs, cause = observed("survival", 100)
    truth, prediction = survival.known(obs, {}), predicted("survival", cause)[["risk"]]
    found = survival.score(truth, prediction, truth)
    assert {metric for metric, value in found.items() if np.isnan(value)} == {"ibs"}
    assert len(survival.calibration(truth, prediction)) == 0


def test_no_training_follow_up_defines_no_weights():
    obs, cause = observed("survival", 100)
    truth, prediction = survival.known(obs, {}), predicted("survival", cause)
    found = survival.score(truth, prediction, truth[:0])
    assert {metric for metric, value in found.items() if not np.isnan(value)} == {"cindex"}


def test_follow_up_shorter_in_training_than_in_test():
    obs, cause = observed("survival", 120)
    truth, prediction = survival.known(obs, {}), predicted("survival", cause)
    early = truth[truth["time"] < truth["time"].quantile(0.4)]
    found = survival.score(truth, prediction, early)
    assert all(0 <= value <= 1 for value in found.values())
    nobody_left = early.assign(event=lambda table: table["time"] < early["time"].max())
    weights = learned(nobody_left)
    assert survival.time_grid(truth["time"].to_numpy(), truth["event"].to_numpy(), weights.last_time).max() < early["time"].max()


def test_survival_between_the_predicted_times():
    prediction = pd.DataFrame({"risk": [0.0], "s_10.0": [0.8], "s_20.0": [0.4]})
    np.testing.assert_allclose(survival.survival_at(prediction, np.array([0.0, 5.0, 10.0, 15.0, 99.0])), [[1.0, 0.9, 0.8, 0.6, 0.4]])


def test_thirds_are_made_within_each_fold():
    obs, cause = observed("survival", 120)
    truth, prediction = survival.known(obs, {}), predicted("survival", cause)
    fold = np.arange(120) % 4
    shifted = prediction.assign(risk=prediction["risk"] + 100 * fold)  # each fold's model has a scale of its own
    pd.testing.assert_frame_equal(survival.curves(truth, prediction, fold), survival.curves(truth, shifted, fold))
    curves = survival.curves(truth, prediction, fold)
    first = curves.groupby("group", sort=False).first()
    assert list(first.index) == ["low", "middle", "high"]
    assert (first["survival"] == 1).all()
    assert first["at_risk"].sum() == 120
    at_10 = curves[curves["time"] <= 10].groupby("group")["survival"].last()
    assert at_10["low"] > at_10["high"]


def test_a_group_without_events_has_an_exact_one_sided_interval():
    """The bound is Clopper and Pearson's for none of the rows that were followed until then."""
    from scipy.stats import binomtest

    from mmomics.evaluation.calibration import survival as calibrated

    predicted, time = np.repeat([0.5, 0.9], 20), np.tile(np.arange(1.0, 21.0), 2)
    event = np.arange(40) < 20  # only those of the first group
    table = calibrated(predicted, time, event, 5.0)
    expected = binomtest(16, 16, alternative="greater").proportion_ci(0.95, method="exact").low
    assert table["observed"].iloc[1] == 1
    assert table[["lower", "upper"]].iloc[1].tolist() == pytest.approx([expected, 1])
    assert 0 < table["lower"].iloc[0] < table["observed"].iloc[0] < table["upper"].iloc[0] < 1


def test_calibration_is_kaplan_meier_of_the_group():
    obs, cause = observed("survival", 100, seed=4)
    truth, prediction = survival.known(obs, {}), predicted("survival", cause).assign(risk=0.0)
    prediction[prediction.columns[2:]] = np.exp(-TIMES / 30)  # the same for all: one group
    table = survival.calibration(truth, prediction)
    fit = KaplanMeierFitter().fit(truth["time"], truth["event"])
    np.testing.assert_allclose(table["observed"], fit.predict(table["time"]), atol=1e-12)
    assert (table["n"] == 100).all()
