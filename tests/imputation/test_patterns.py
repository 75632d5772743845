"""Rows that lack some of what a fit goes by, features that some rows never have, and an assay alone."""

import pytest
import torch

from mmomics import plugins

INSIDE = 1.6448536269514722
SIMPLE = plugins.names("imputation")


def loaded(name, x, seen, n_train, measured=None):
    imputer = plugins.load("imputation", name).Imputer()
    train = [{key: part[:n_train] for key, part in parts.items()} for parts in (x, seen)]
    imputer.fit(*train, measured=None if measured is None else {key: part[:n_train] for key, part in measured.items()})
    return imputer, [{key: part[n_train:] for key, part in parts.items()} for parts in (x, seen)]


def related(n_obs, worth, n_vars=15, seed=0):
    """Modalities that see common factors more or less well."""
    generator = torch.Generator().manual_seed(seed)
    factors, x = torch.randn(n_obs, 4, generator=generator), {}
    for name, share in worth.items():
        loading = torch.nn.functional.normalize(torch.randn(4, n_vars, generator=generator), dim=0)
        x[name] = share * factors @ loading + (1 - share**2) ** 0.5 * torch.randn(n_obs, n_vars, generator=generator)
    return x, {name: torch.rand(n_obs, generator=generator) > 0.25 for name in worth}


@pytest.mark.parametrize("name", ["ridge", "kernel_ridge"])
def test_who_has_less_to_go_by_is_answered_less_surely(name):
    x, seen = related(1400, {"a": 0.85, "b": 0.85, "c": 0.85, "d": 0.85, "e": 0.2})
    imputer, (_, _) = loaded(name, {key: part * seen[key].unsqueeze(1) for key, part in x.items()}, seen, 200)
    truth, sds = x["a"][200:], []
    for pattern in ("bcde", "be", "e"):  # the second has one modality of worth, and is rare in training
        shown = {key: torch.full((1200,), key in pattern) for key in x}
        mean, sd = imputer.predict("a", {key: x[key][200:] * shown[key].unsqueeze(1) for key in x}, shown)
        assert 0.86 < ((truth - mean).abs() <= INSIDE * sd).float().mean() < 0.95, pattern
        sds.append(float(sd.mean()))
    assert sds[0] < 0.9 * sds[1] < sds[1] < 0.95 * sds[2]


@pytest.mark.parametrize("name", SIMPLE)
def test_a_feature_that_a_centre_never_measures_is_answered_there_by_what_others_know(name):
    x, _ = related(400, {"a": 0.9, "b": 0.9, "c": 0.9})
    first = torch.arange(400) % 2 == 0  # this centre has no `b`, and never the fourth feature of `a`
    seen = {"a": torch.ones(400, dtype=torch.bool), "b": ~first, "c": torch.ones(400, dtype=torch.bool)}
    measured = (torch.rand(400, 15, generator=torch.Generator().manual_seed(1)) > 0.1) & ~(first[:, None] & (torch.arange(15) == 3))
    x = {"a": x["a"] * measured, "b": x["b"] * seen["b"].unsqueeze(1), "c": x["c"]}
    imputer, rest = loaded(name, x, seen, 300, {"a": measured})
    mean, sd = imputer.predict("a", *rest)
    filled, spread, draws = imputer.complete("a", *rest, measured[300:], n=2)
    for part in (mean, sd, filled, spread, draws):
        assert part.isfinite().all()
    assert (sd > 0).all() and (spread > 0).all()


@pytest.mark.parametrize("name", SIMPLE)
def test_an_assay_alone_is_completed_from_itself(name):
    x, _ = related(300, {"a": 0.95})
    measured = torch.rand(300, 15, generator=torch.Generator().manual_seed(1)) > 0.2
    seen = {"a": torch.ones(300, dtype=torch.bool)}
    imputer, rest = loaded(name, {"a": x["a"] * measured}, seen, 200, {"a": measured})
    mean, sd, _ = imputer.complete("a", *rest, measured[200:])
    off = (x["a"][200:] - mean)[~measured[200:]]
    assert off.square().mean() < 0.6 and 0.85 < (off.abs() <= INSIDE * sd[~measured[200:]]).float().mean() < 0.96
