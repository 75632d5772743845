"""Which features are chosen: by variance, without copies, or by the outcome."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kruskal, spearmanr

from mmomics import plugins
from mmomics.preparation.contract import Obs
from mmomics.preparation.moments import Columns, moments, spread
from mmomics.preparation.select.supervised import martingale, scores, targets
from mmomics.preparation.useful import most_common, useful


def choose(name, x, obs, n):
    columns = Columns(x)
    return plugins.load("preparation/select", name).choose(columns, spread(columns), obs, n)


def outcomes(task, n_obs=80, seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {"multiclass": {"outcome": rng.choice(["a", "b", "c"], n_obs)}, "binary": {"outcome": rng.choice(["a", "b"], n_obs)},
         "regression": {"outcome": rng.exponential(size=n_obs)},
         "survival": {"time": rng.exponential(100, n_obs).round(), "event": rng.random(n_obs) < 0.5}}[task]
    )  # fmt: skip
    return Obs(table, task)


def planted(task, seed=0):
    """Features of noise; the last five go with the outcome and vary least."""
    obs = outcomes(task, seed=seed)
    target, _ = targets(obs)
    x = np.random.default_rng(seed).normal(size=(80, 60)) * 10
    x[:, -5:] = x[:, -5:] / 100 + 0.5 * (target[:, [0]] - target[:, [0]].mean()) / target[:, 0].std()
    return x.astype("float32"), obs


def test_scores_of_classes_order_features_as_kruskal_and_wallis():
    x, obs = planted("multiclass")
    x[:, 0] = np.round(x[:, 0] / 10)  # ties
    target, _ = targets(obs)
    labels = obs.table["outcome"]
    expected = [kruskal(*(column[labels == name] for name in "abc")).statistic for column in x.T.astype(float)]
    found = scores(x, target)
    np.testing.assert_allclose((len(x) - 1) * (1 - np.exp(-found / len(x))), expected, rtol=1e-5)


def test_scores_of_numbers_order_features_as_spearman():
    x, obs = planted("regression")
    x[::5, 1] = np.nan
    target, _ = targets(obs)
    found = np.sqrt(1 - np.exp(-scores(x, target) / (~np.isnan(x)).sum(axis=0)))
    complete = [column for column in range(60) if column != 1]
    expected = np.array([abs(spearmanr(x[:, column], obs.table["outcome"]).statistic) for column in complete])
    np.testing.assert_allclose(found[complete], expected, atol=1e-6)
    assert 0 <= found[1] < 1


def test_residuals_are_those_of_a_cox_model_without_covariates():
    from lifelines import NelsonAalenFitter

    obs = outcomes("survival")
    time, event = obs.table["time"].to_numpy(), obs.table["event"].to_numpy(float)
    hazard = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(time, event)
    found = martingale(time, event)
    np.testing.assert_allclose(found, event - hazard.predict(time).to_numpy(), atol=1e-10)
    assert abs(found.sum()) < 1e-9


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression", "survival"])
def test_features_that_go_with_the_outcome_are_found(task):
    x, obs = planted(task)
    assert set(choose("supervised", x, obs, 5)) == set(range(55, 60))
    assert not set(choose("variance", x, obs, 5)) & set(range(55, 60))


@pytest.mark.parametrize("task", ["binary", "regression", "survival"])
def test_rows_without_outcome_decide_nothing(task):
    x, obs = planted(task)
    table = obs.table.copy()
    table.loc[::3, [column for column in ("outcome", "time") if column in table]] = np.nan
    other = x.copy()
    other[::3] = np.random.default_rng(9).normal(size=other[::3].shape) * 10
    first, second = choose("supervised", x, Obs(table, task), 10), choose("supervised", other, Obs(table, task), 10)
    np.testing.assert_array_equal(first, second)


def test_where_the_outcome_is_all_the_same_variance_decides(caplog):
    x, _ = planted("binary")
    obs = Obs(pd.DataFrame({"outcome": ["a"] * 80}), "binary")
    np.testing.assert_array_equal(choose("supervised", x, obs, 7), choose("variance", x, obs, 7))
    assert "chosen by their variance" in caplog.text


def test_no_two_features_chosen_are_near_copies_and_none_is_skipped_without_cause():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(50, 40)) * np.linspace(1, 3, 40)
    x = np.column_stack([base + noise * rng.normal(size=base.shape) for noise in (0, 0.05, 0.1, 2)]).astype("float32") * 3
    chosen = choose("redundancy", x, Obs(pd.DataFrame(index=range(50))), 500)
    r = np.abs(np.corrcoef(x.T))
    among = r[np.ix_(chosen, chosen)] - np.eye(len(chosen))
    assert among.max() <= 0.95 + 1e-6
    sd = spread(Columns(x))
    for skipped in set(range(160)) - set(chosen):  # each has a near copy among those that vary more
        assert (r[skipped, chosen][sd[chosen] >= sd[skipped]] > 0.95 - 1e-6).any()
    np.testing.assert_array_equal(choose("redundancy", x, Obs(pd.DataFrame(index=range(50))), 1), [sd.argmax()])


def test_a_few_extreme_values_do_not_choose_a_feature():
    x, obs = planted("binary")
    x[:3, 50:55] = 7378.0
    x[:, 50:55] *= 0.01
    x[:, 10:40] = np.where(np.arange(80)[:, None] < 2, x[:, 10:40], 0.0)  # nearly always 0
    assert set(choose("variance", x, obs, 5)) == set(range(50, 55))
    middle = np.quantile(x, 0.95, axis=0) - np.quantile(x, 0.05, axis=0)
    assert set(choose("robust", x, obs, 8)) == set(np.argsort(-middle)[:8])
    assert len(choose("robust", x, obs, 45)) == 45  # what is nearly constant fills the room that is left


@pytest.mark.parametrize("name", plugins.names("preparation/select"))
def test_at_most_so_many_features_ascending_and_none_constant(name):
    x, obs = planted("binary")
    x[:, 2] = 1.0
    for n in (1, 13, 1000):
        chosen = choose(name, x, obs, n)
        assert len(chosen) <= n and (np.diff(chosen) > 0).all() and 2 not in chosen


def test_the_most_common_value_is_counted_as_by_pandas():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, size=(30, 20)).astype("float32")
    x[rng.random(x.shape) < 0.3] = np.nan
    x[:, 0] = np.nan
    np.testing.assert_array_equal(most_common(x), [pd.Series(column).value_counts().max() if i else 0 for i, column in enumerate(x.T)])


def test_features_of_low_prevalence_are_dropped():
    x = np.zeros((50, 3), dtype="float32")
    x[0, 0], x[:10, 1], x[:, 2] = 1, 1, np.arange(50)
    assert useful(Columns(x), 0.5, 0.0)[0].tolist() == [0, 1, 2]
    assert useful(Columns(x), 0.5, 0.2)[0].tolist() == [1, 2]
    assert useful(Columns(x), 0.5, 0.21)[0].tolist() == [2]


def test_moments_agree_with_numpy():
    rng = np.random.default_rng(0)
    x = rng.normal(1e4, 1, size=(40, 6)).astype("float32")
    for matrix in (x, np.where(rng.random(x.shape) < 0.4, np.float32(np.nan), x)):
        n, mean, sd = moments(matrix)
        np.testing.assert_array_equal(n, (~np.isnan(matrix)).sum(axis=0))
        np.testing.assert_allclose(mean, np.nanmean(matrix.astype(float), axis=0), rtol=1e-12)
        np.testing.assert_allclose(sd, np.nanstd(matrix.astype(float), axis=0), rtol=1e-9)
