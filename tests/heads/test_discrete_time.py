"""Survival in discrete time: the likelihood of trials in intervals, and hazards that cross."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from lifelines import KaplanMeierFitter
from sklearn.metrics import log_loss

from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.evaluation import survival as evaluation
from mmomics.heads import head_of
from mmomics.heads.discrete_time import N_EVENTS, N_INTERVALS
from mmomics.heads.survival import times
from mmomics.keys import COVERAGE
from mmomics.nn.cross_fit import ridge
from mmomics.training import bundle
from mmomics.training.ensemble import combine
from mmomics.training.predictor import Predictor
from mmomics.training.units import Unit
from tests.contract.test_bundles import as_data
from tests.folds import fit, make_fold
from tests.training.test_ensemble import STACK

DISCRETE = {"task": "survival", "hazards": "discrete"}
MODELS = {"late_linear": {}, "linear": {}, "boosting": {"n_rounds": 20}, "forest": {"n_trees": 100}, "low_rank_tensor": {}}


def crossing(n, seed=0):
    """Features, follow-up and true survival at any times: one feature turns early risk into late risk, another moves the median."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6))
    shape, median = np.exp(1.5 * np.tanh(x[:, 0])), 10 * np.exp(-0.3 * x[:, 1])
    time, censored = median * (rng.exponential(size=n) / np.log(2)) ** (1 / shape), rng.exponential(60, n)
    obs = pd.DataFrame({"time": np.minimum(time, censored), "event": time <= censored})
    return torch.from_numpy(x).float(), obs, lambda at: np.exp(-np.log(2) * (at / median[:, None]) ** shape[:, None])


def told(hazards, x, obs, n):
    """A ridge model on the first n rows, and its predictions of the others."""
    outcome = {"task": "survival", "hazards": hazards, "times": times(obs)}
    head = head_of(outcome).fit(outcome, obs[:n])
    y, has = head.target(obs)
    inner = torch.arange(n) % 5
    found = ridge(head, x[:n], y[:n], inner)
    head.calibrate(found.oof, y[:n], has[:n], inner)
    return head, head.predict(head.calibrated(x[n:] @ found.coef + found.intercept), obs.index[n:])


def test_the_head_is_a_choice_of_the_outcome():
    assert [head_of({"task": "survival", **more}).__name__ for more in ({}, {"hazards": "proportional"}, DISCRETE)] == [
        "Survival", "Survival", "DiscreteTime",
    ]  # fmt: skip


def test_the_loss_is_that_of_a_trial_in_every_interval_lived_through():
    _, obs, _ = crossing(120)
    obs = obs.assign(time=np.ceil(obs["time"]))
    head = head_of(DISCRETE).fit(DISCRETE, obs)
    ends = np.array(head.state["ends"])
    assert len(ends) > 3 and ends[-1] == obs["time"].max()
    y, has = head.target(obs)
    eta = torch.randn(120, 2, generator=torch.Generator().manual_seed(0)).double()
    trials, p, row_of = [], [], []
    for row, (time, event) in enumerate(zip(obs["time"], obs["event"], strict=True)):
        start = 0.0
        for k, end in enumerate(ends):
            u = -1 + 2 * k / (len(ends) - 1)
            happened = event and start < time <= end
            if happened or time >= (end if event else (start + end) / 2):
                trials.append(happened)
                p.append(float(torch.sigmoid(head.state["logits"][k] + eta[row, 0] + eta[row, 1] * u)))
                row_of.append(row)
            start = end
    expected = log_loss(trials, p, normalize=False) / 120
    assert float(head.loss(eta, y.double(), has.double())) == pytest.approx(expected, rel=1e-6)
    several = head.loss(eta.expand(3, -1, -1), y, torch.ones(3, 120))
    assert several.shape == (3,) and several.tolist() == pytest.approx([expected] * 3, rel=1e-5)


def test_the_average_subject_lives_as_long_as_kaplan_and_meier_say():
    _, obs, _ = crossing(2000)
    head = head_of(DISCRETE).fit({**DISCRETE, "times": []}, obs)
    head.outcome["times"] = head.state["ends"][:-1]
    y, has = head.target(obs)
    head.calibrate(torch.zeros(2000, 2), y, has)
    table = head.predict(head.calibrated(torch.zeros(1, 2)), pd.RangeIndex(1))
    expected = KaplanMeierFitter().fit(obs["time"], obs["event"]).predict(head.state["ends"][:-1])
    np.testing.assert_allclose(table.filter(like="s_").to_numpy()[0], expected, atol=0.02)


def test_hazards_that_cross_are_predicted_and_cox_cannot():
    x, obs, truth = crossing(1000)
    n = 400
    error, ibs = {}, {}
    for hazards in ("proportional", "discrete"):
        head, table = told(hazards, x, obs, n)
        curves = table.filter(like="s_").to_numpy()
        assert (np.diff(curves, axis=1) <= 1e-12).all() and (curves <= 1).all() and (curves >= 0).all()
        error[hazards] = np.sqrt(((curves - truth(np.array(head.outcome["times"]))[n:]) ** 2).mean())
        ibs[hazards] = evaluation.score(evaluation.known(obs[n:], {}), table, evaluation.known(obs[:n], {}))["ibs"]
    assert ibs["discrete"] < 0.95 * ibs["proportional"] and error["discrete"] < 0.85 * error["proportional"]


def test_the_lower_bound_holds_as_often_as_it_says():
    shares = []
    for seed in range(6):
        x, obs, _ = crossing(500, seed)
        _, table = told("discrete", x, obs, 200)
        shares.append((obs["time"][200:] >= table["time_lower"]).mean())
    assert COVERAGE - 0.03 < np.mean(shares) < COVERAGE + 0.05


@pytest.mark.parametrize(("n_events", "n"), [(0, 1), (3, 1), (2 * N_EVENTS, 2), (1000, N_INTERVALS)])
def test_few_events_make_few_intervals(n_events, n):
    obs = pd.DataFrame({"time": np.arange(1.0, 1501.0), "event": np.arange(1500) < n_events})
    head = head_of(DISCRETE).fit({**DISCRETE, "times": [10.0]}, obs)
    assert len(head.state["ends"]) == len(head.state["logits"]) == n
    y, has = head.target(obs)
    head.calibrate(torch.randn(1500, 2, generator=torch.Generator().manual_seed(0)), y, has)
    again = head_of(DISCRETE)(head.outcome, json.loads(json.dumps(head.state, allow_nan=False)))
    eta = torch.randn(20, 2)
    pd.testing.assert_frame_equal(again.predict(eta, pd.RangeIndex(20)), head.predict(eta, pd.RangeIndex(20)))


@pytest.fixture(scope="module")
def cohort():
    return make_fold("survival", n_obs=240, missing=0.1, hazards="discrete")


@pytest.fixture(scope="module")
def fits(cohort):
    settings = Training(members=2, epochs=3, batch_size=32)
    return {
        name: fit(Model(method=name, params=params), {(0, 0): cohort[0]}, [Unit(0, 0, 0)], settings)[0] for name, params in MODELS.items()
    }


@pytest.mark.parametrize("name", MODELS)
def test_models_of_every_kind_learn_it_and_come_back_from_their_bundle(name, cohort, fits, tmp_path):
    fold, obs = cohort
    data = as_data(fold, obs)
    table = fits[name].predictions(data.subjects).set_index("subject")
    truth = obs.iloc[fold.test.numpy()].astype({"event": bool})
    assert evaluation.score(truth, table, obs.iloc[fold.train.numpy()])["cindex"] > 0.6
    bundle.save(tmp_path / "bundle", Predictor.of(fits[name], name), MODELS[name], {"cohort": "c", "title": "", "seed": 0})
    again = bundle.load(tmp_path / "bundle")[0].predict(data).loc[table.index]
    expected = table.drop(columns=["repeat", "fold", "seed"])
    pd.testing.assert_frame_equal(again[expected.columns], expected, atol=1e-4)


def test_folds_that_train_together_each_learn_against_their_own_life_table():
    """Of other times and fewer events, so that taking one for the other would show."""
    first, _ = make_fold("survival", n_obs=160, hazards="discrete")
    second, obs = make_fold("survival", n_obs=160, fold=1, seed=1, hazards="discrete")
    obs = obs.assign(time=obs["time"] / 5, event=obs["event"] & (obs.index % 3 == 0))
    head = head_of(DISCRETE).fit(second.head.outcome, obs.iloc[second.train])
    folds = {(0, 0): first, (0, 1): replace(second, head=head, y=head.target(obs)[0] * second.has[:, None])}
    assert len(head.state["ends"]) < len(first.head.state["ends"])
    settings, model = Training(members=2, epochs=5), Model(method="low_rank_tensor")
    together = fit(model, folds, [Unit(0, 0, 0), Unit(0, 1, 0)], settings)
    assert all(one.history["epoch"].max() > 1 for one in together)
    for place, found in enumerate(together):
        (alone,) = fit(model, folds, [Unit(0, place, 0)], settings)
        torch.testing.assert_close(found.eta, alone.eta, rtol=0, atol=1e-4)


def test_they_are_combined(cohort, fits):
    fold, obs = cohort
    data = as_data(fold, obs)
    found = combine(STACK, fold, data.obs.index, [one.predictors(data.subjects) for one in fits.values()])
    table = found.head.predict(found.head.calibrated(found.eta), found.subjects)
    truth = obs.iloc[fold.test.numpy()].astype({"event": bool})
    assert evaluation.score(truth, table, obs.iloc[fold.train.numpy()])["cindex"] > 0.65
