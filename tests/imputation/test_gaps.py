"""Single values that a measured assay lacks: told by its other features, too, and never by what is hidden."""

import numpy as np
import pytest
import torch

from mmomics import plugins
from mmomics.imputation._gaps import Factors

INSIDE = 1.6448536269514722
SIMPLE = plugins.names("imputation")


def assays(n_obs=300, own=3, seed=0):
    """Two assays: the first has what it shares with the second and `own` factors of its own; a fifth of its entries are missing."""
    generator = torch.Generator().manual_seed(seed)
    shared = torch.randn(n_obs, 2, generator=generator)
    alone = torch.randn(n_obs, own, generator=generator)
    first = shared @ torch.randn(2, 20, generator=generator) + alone @ torch.randn(own, 20, generator=generator)
    second = shared @ torch.randn(2, 10, generator=generator)
    first = first + 0.5 * torch.randn(n_obs, 20, generator=generator)
    second = second + 0.3 * torch.randn(n_obs, 10, generator=generator)
    x = {"a": (first - first.mean(0)) / first.std(0), "b": (second - second.mean(0)) / second.std(0)}
    measured = torch.rand(n_obs, 20, generator=generator) > 0.2
    seen = {name: torch.ones(n_obs, dtype=torch.bool) for name in x}
    return x, seen, measured


def completed(name, x, seen, measured, n_train=200):
    """Entries of the last rows, learned on the first."""
    train = {key: part[:n_train] for key, part in x.items()}, {key: part[:n_train] for key, part in seen.items()}
    imputer = plugins.load("imputation", name).Imputer()
    imputer.fit(*train, measured={"a": measured[:n_train]})
    rest = [{key: part[n_train:] for key, part in parts.items()} for parts in (x, seen)]
    return imputer, rest, imputer.complete("a", *rest, measured[n_train:])


@pytest.mark.parametrize("name", SIMPLE)
def test_an_assay_s_own_features_tell_what_other_assays_cannot(name):
    inside = []
    for seed in (0, 1):
        truth, seen, measured = assays(seed=seed)
        x = {**truth, "a": truth["a"] * measured}
        imputer, rest, (mean, sd, _) = completed(name, x, seen, measured)
        hidden = ~measured[200:]
        before, _ = imputer.predict("a", *rest)
        errors = [float((truth["a"][200:] - guess)[hidden].square().mean()) for guess in (before, mean)]
        assert errors[1] < 0.5 * errors[0]  # own factors are three in five of what is there to know
        inside.append(((truth["a"][200:] - mean).abs() <= INSIDE * sd)[hidden].float().mean())
    assert 0.87 < sum(inside) / 2 < 0.96


def test_what_was_not_measured_is_never_looked_at():
    truth, seen, measured = assays()
    x = {**truth, "a": truth["a"] * measured}
    other = {**truth, "a": x["a"] + 100 * ~measured * (torch.arange(300) >= 200).unsqueeze(1)}
    for one, two in zip(completed("ridge", x, seen, measured)[2], completed("ridge", other, seen, measured)[2], strict=True):
        torch.testing.assert_close(one, two)


def test_features_that_tell_nothing_of_each_other_leave_the_answer_as_it_was():
    generator = torch.Generator().manual_seed(1)
    x = {name: torch.randn(300, 20, generator=generator) for name in "ab"}
    seen = {name: torch.ones(300, dtype=torch.bool) for name in x}
    measured = torch.rand(300, 20, generator=generator) > 0.2
    imputer, rest, (mean, sd, _) = completed("mean", x, seen, measured)
    for found, plain in zip((mean, sd), imputer.predict("a", *rest), strict=True):
        torch.testing.assert_close(found, plain, atol=0.05, rtol=0.05)


def test_a_row_of_the_assay_alone_is_completed_from_itself():
    truth, seen, measured = assays()
    x = {**truth, "a": truth["a"] * measured}
    alone = {**seen, "b": torch.arange(300) < 200}
    _, _, (mean, *_) = completed("ridge", x, alone, measured)
    hidden = ~measured[200:]
    found = np.corrcoef(truth["a"][200:][hidden], mean[hidden])[0, 1]
    assert found > 0.8


def test_factors_say_as_much_as_scikit_learn_s():
    from sklearn.decomposition import FactorAnalysis

    x = assays()[0]["a"]
    there = torch.ones_like(x, dtype=torch.bool)
    train, test = x[:200], x[200:]
    known = there[200:].clone()
    known[:, ::4] = False
    model = Factors(train, there[:200])
    mean, _ = model(test * known, known)
    theirs = FactorAnalysis(5).fit(train.numpy())
    covariance = torch.from_numpy(theirs.get_covariance()).float()
    keep, gone = known[0], ~known[0]
    reference = test[:, keep] @ torch.linalg.solve(covariance[keep][:, keep], covariance[keep][:, gone])
    errors = [float((test[:, gone] - guess).square().mean()) for guess in (mean[:, gone], reference)]
    assert errors[0] < 1.25 * errors[1]


def test_of_a_handful_of_rows_nothing_is_learned():
    x = assays()[0]["a"][:15]
    model = Factors(x, torch.ones_like(x, dtype=torch.bool))
    assert model.n_factors == 0 and (model.power == 1).all()


def test_draws_of_single_values_scatter_as_far_as_is_said_and_share_what_a_row_s_own_values_leave_open():
    truth, seen, measured = assays()
    imputer, rest, _ = completed("ridge", {**truth, "a": truth["a"] * measured}, seen, measured)
    correlation = []
    for n_own in (0, 15):  # values that the rows have of the assay itself
        there = (torch.arange(20) < n_own).expand(100, 20)
        mean, sd, draws = imputer.complete("a", *rest, there, n=300, seed=4)
        noise = (draws - mean) / sd
        torch.testing.assert_close(noise.square().mean((0, 1)), torch.ones(20), atol=0.05, rtol=0)
        hidden = noise[..., 15:].flatten(0, 1)
        correlation.append(float(torch.corrcoef(hidden.T)[~torch.eye(5, dtype=torch.bool)].abs().mean()))
    assert correlation[0] > 3 * correlation[1]
    again = imputer.complete("a", *rest, there, n=300, seed=4)[2]
    assert torch.equal(draws, again) and not torch.equal(draws, imputer.complete("a", *rest, there, n=300, seed=5)[2])


@pytest.mark.parametrize("n_own", [0, 2, 5, 15])
def test_the_fewer_values_a_row_has_the_less_sure_the_rest(n_own):
    """Learned where a fifth is missing at random, asked of rows that lack most of the assay."""
    truth, seen, measured = assays(n_obs=600)
    imputer, rest, (_, usual, _) = completed("ridge", {**truth, "a": truth["a"] * measured}, seen, measured, n_train=300)
    there = (torch.arange(20) < n_own).expand(300, 20)
    mean, sd, draws = imputer.complete("a", {**rest[0], "a": truth["a"][300:] * there}, rest[1], there, n=200)
    off, scatter, sd = (part[..., 15:] for part in ((truth["a"][300:] - mean).abs(), (draws - mean).abs(), sd))
    assert 0.86 < (off <= INSIDE * sd).float().mean() < 0.95
    inside = (scatter <= INSIDE * sd).float().mean()
    assert inside == pytest.approx(0.9, abs=0.02)
    assert n_own == 15 or sd.mean() > 1.15 * usual[:, 15:].mean()


@pytest.mark.parametrize("name", ["ridge", "kernel_ridge", "nearest_neighbors"])
@pytest.mark.parametrize("missing", [0.0, 0.2, 0.45])
def test_gaps_that_were_filled_with_the_mean_do_not_shrink_what_is_foretold(name, missing):
    generator = torch.Generator().manual_seed(2)
    shared = torch.randn(600, 3, generator=generator)
    parts = [shared @ torch.randn(3, 20, generator=generator) + 0.5 * torch.randn(600, 20, generator=generator) for _ in "ab"]
    truth = {key: (part - part.mean(0)) / part.std(0) for key, part in zip("ab", parts, strict=True)}
    measured = torch.rand(600, 20, generator=generator) >= missing
    seen = {key: torch.ones(600, dtype=torch.bool) for key in truth}
    x = {**truth, "a": truth["a"] * measured}
    imputer, rest, _ = completed(name, x, seen, measured, n_train=400)
    guess, _ = imputer.predict("a", *rest)
    slope = (truth["a"][400:] * guess).sum() / guess.square().sum()
    assert 0.9 < slope < 1.2


@pytest.mark.parametrize("name", ["ridge", "kernel_ridge", "pls"])
def test_rows_that_were_learned_from_are_told_as_well_as_new_ones(name):
    """Many predictors and few rows: fitted values of training rows would say that next to nothing is left of them."""
    generator = torch.Generator().manual_seed(1)
    factors, own = torch.randn(420, 8, generator=generator), torch.randn(420, 3, generator=generator)
    a = factors @ torch.randn(8, 40, generator=generator) / 3 + own @ torch.randn(3, 40, generator=generator) / 3
    b = factors @ torch.randn(8, 200, generator=generator) / 3 + 0.6 * torch.randn(420, 200, generator=generator)
    truth = {"a": a + 0.4 * torch.randn(420, 40, generator=generator), "b": b}
    measured = torch.rand(420, 40, generator=generator) > 0.15
    seen = {key: torch.ones(420, dtype=torch.bool) for key in truth}
    imputer, _, (new, new_sd, _) = completed(name, {**truth, "a": truth["a"] * measured}, seen, measured, n_train=120)
    x = {"a": (truth["a"] * measured)[:120], "b": truth["b"][:120]}
    old, old_sd, _ = imputer.complete("a", x, {key: part[:120] for key, part in seen.items()}, measured[:120], torch.arange(120))
    errors, covered = [], []
    for part, mean, sd in ((slice(120, None), new, new_sd), (slice(120), old, old_sd)):
        off = (truth["a"][part] - mean)[~measured[part]]
        errors.append(float(off.square().mean()))
        covered.append(float((off.abs() <= INSIDE * sd[~measured[part]]).float().mean()))
    assert errors[1] < 1.2 * errors[0] and covered[1] > 0.86
