"""The tensors of the constraint family are the published ones, and canonical correlation finds what modalities share."""

import numpy as np
import pytest
import torch
from sklearn.cross_decomposition import CCA
from sklearn.metrics import roc_auc_score

from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.fusion.constraint import contrastive, deep_cca, low_rank_tensor, tensor
from mmomics.nn.streams import Streams
from mmomics.training.fit import fit
from mmomics.training.units import Unit
from tests.folds import make_fold


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("n_modalities", [1, 2, 3, 4])
def test_products_of_all_orders_are_the_outer_product_with_ones(n_modalities):
    factors = drawn(2, 5, n_modalities, 3)
    found = tensor.products(factors, order=n_modalities)
    outer = torch.ones(2, 5, 1)
    for place in range(n_modalities):
        own = torch.cat([torch.ones(2, 5, 1), factors[:, :, place]], dim=-1)
        outer = (outer.unsqueeze(-1) * own.unsqueeze(-2)).flatten(2)
    assert found.shape[-1] == outer.shape[-1] - 1 == tensor.n_entries(n_modalities, 3, n_modalities)
    # the same entries in another order, and the constant
    expected = outer.sort(dim=-1).values
    torch.testing.assert_close(torch.cat([found, torch.ones(2, 5, 1)], dim=-1).sort(dim=-1).values, expected)


def test_a_tensor_without_a_modality_is_the_tensor_of_the_others():
    factors = drawn(1, 4, 3, 2)
    factors[:, :, 1] = 0.0
    found = tensor.products(factors, order=3).sort(dim=-1).values
    rest = tensor.products(factors[:, :, [0, 2]], order=2)
    expected = torch.cat([rest, torch.zeros(1, 4, found.shape[-1] - rest.shape[-1])], dim=-1).sort(dim=-1).values
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("n_modalities", range(1, 21))
def test_a_tensor_fits_whatever_the_number_of_modalities_and_joins_pairs_at_least(n_modalities):
    order, n_factors = tensor.extent(n_modalities, 8, 4500)
    assert tensor.n_entries(n_modalities, n_factors, order) <= 4500
    assert min(2, n_modalities) <= order <= n_modalities
    assert n_factors == 8 or order == 2  # factors are given up for pairs only
    assert (order, n_factors) == (n_modalities, 8) or n_modalities > 3  # the whole tensor of few


def test_low_rank_factors_are_the_tensor_that_they_stand_for():
    """z of the method is the whole tensor of (1, factors) read by the weights that its terms spell out."""
    n_vars = {"a": 4, "b": 5, "c": 6}
    params = low_rank_tensor.Params(n_hidden=3, n_latent=2, rank=2)
    method = low_rank_tensor.Method(n_vars, params, Streams([1])).eval()
    x = {name: drawn(1, 6, size, seed=size) for name, size in n_vars.items()}
    seen = {name: torch.ones(1, 6, dtype=torch.bool) for name in n_vars}
    z = method.encode(x, seen)
    hidden = method.encoders(x, seen)
    factors = [torch.tanh(method.factors[name](h)).unflatten(-1, (2, 2)) / 3**0.5 for name, h in hidden.items()]
    expected = torch.zeros(1, 6, 2)
    for term in range(2):
        for axis in range(2):
            product = tensor.products(torch.stack([part[:, :, term, axis, None] for part in factors], dim=2), order=3)
            expected[:, :, axis] += product.sum(-1) * method.weight[0, 0, term, 0]
    torch.testing.assert_close(z, expected)
    nothing = {name: torch.zeros_like(flags) for name, flags in seen.items()}
    assert (method.encode(x, nothing) == 0).all()


@pytest.mark.parametrize("name", ["tensor", "low_rank_tensor"])
def test_an_outcome_that_only_a_product_of_two_modalities_tells_is_found(name):
    fold, obs = make_fold("binary", n_obs=400, sizes=(4, 5, 4), missing=0.0, interaction=True, signal=3.0)
    settings = Training(members=2, epochs=25, learning_rate=1e-2, modality_dropout=0.0)
    truth = obs["outcome"].iloc[fold.test.numpy()] == "yes"
    scores = {}
    for method in (name, "late_linear"):
        (found,) = fit(Model(method=method), {(0, 0): fold}, [Unit(0, 0, 0)], settings)
        scores[method] = roc_auc_score(truth, found.eta[fold.test, 0])
    assert scores[name] > 0.75 and scores["late_linear"] < 0.65


def views_of(n_obs, seed=0, noise=0.5):
    """Three modalities that bend the same two factors, each with noise of its own."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n_obs, 2))
    maps = np.random.default_rng(99).normal(size=(3, 2, 8))
    x = {f"m{place}": np.tanh(factors @ maps[place]) + noise * rng.normal(size=(n_obs, 8)) for place in range(3)}
    return {name: torch.from_numpy(values.astype("float32"))[None] for name, values in x.items()}


def learned(x, seen, n_steps=250):
    """Projections that the constraint alone has shaped: no outcome anywhere."""
    method = deep_cca.Method({name: values.shape[-1] for name, values in x.items()}, deep_cca.Params(n_latent=4), Streams([0]))
    optimizer = torch.optim.AdamW(method.parameters(), lr=1e-2)
    n_obs = next(iter(x.values())).shape[1]
    order = torch.Generator().manual_seed(0)
    for _ in range(n_steps):
        rows = torch.randperm(n_obs, generator=order)[:50]
        batch, there = ({name: part[:, rows] for name, part in values.items()} for values in (x, seen))
        _, terms = method.step(batch, there, there)
        optimizer.zero_grad()
        sum(terms.values()).sum().backward()
        optimizer.step()
    return method.eval()


def two(x):
    return x["m0"][0].numpy(), x["m1"][0].numpy()


def test_without_any_outcome_the_shared_axes_of_new_subjects_correlate_as_canonical_variates_do():
    x = views_of(400)
    generator = torch.Generator().manual_seed(1)
    seen = {name: torch.rand(1, 400, generator=generator) > 0.3 for name in x}
    method = learned({name: values * seen[name].unsqueeze(-1) for name, values in x.items()}, seen)
    new = views_of(1000, seed=1)
    everyone = {name: torch.ones(1, 1000, dtype=torch.bool) for name in new}
    with torch.no_grad():
        shared = [view[0, :, :2].numpy() for view in method.views(new, everyone).values()]
    reference = CCA(2).fit(*two(x))
    canonical = [np.corrcoef(*pair)[0, 1] for pair in zip(*map(np.transpose, reference.transform(*two(new))), strict=True)]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        correlation = np.corrcoef(shared[first].T, shared[second].T)[:2, 2:]
        assert correlation.diagonal().mean() > np.mean(canonical) - 0.05
        assert abs(correlation[0, 1]) < 0.35 and abs(correlation[1, 0]) < 0.35  # each axis says something else


def test_disagreement_is_nought_of_equal_whitened_views_and_one_per_axis_of_unrelated_ones():
    values = drawn(1, 400, 5).double()
    values = values - values.mean(1, keepdim=True)
    white = values @ torch.linalg.inv(torch.linalg.cholesky(values[0].T @ values[0] / 400)).T
    everyone = torch.ones(1, 400, 2, dtype=torch.bool)
    assert deep_cca.disagreement(torch.stack([white, 3 * white], dim=2), everyone, 0.1) < 1e-3
    other = drawn(1, 400, 5, seed=1).double()
    assert deep_cca.disagreement(torch.stack([white, other], dim=2), everyone, 0.0) == pytest.approx(1.0, abs=0.1)


def test_rows_with_one_modality_and_values_that_are_not_seen_do_not_count():
    views, seen = drawn(2, 60, 3, 4), torch.rand(2, 60, 3, generator=torch.Generator().manual_seed(2)) > 0.4
    expected = deep_cca.disagreement(views, seen, 0.1)
    alone = seen.sum(-1) < 2
    assert alone.any()
    other = torch.where((seen & ~alone.unsqueeze(-1)).unsqueeze(-1), views, 50.0)
    torch.testing.assert_close(deep_cca.disagreement(other, seen, 0.1), expected)
    few = torch.zeros_like(seen)
    few[:, 0, :2] = True
    for there in (few, torch.zeros_like(seen)):  # one row, none
        assert torch.isfinite(deep_cca.disagreement(views, there, 0.1)).all()


def test_a_row_that_a_minibatch_holds_twice_is_not_held_against_itself():
    x = {name: drawn(2, 6, 5, seed=place) for place, name in enumerate(("a", "b", "c"))}
    method = contrastive.Method(dict.fromkeys(x, 5), contrastive.Params(), Streams([0, 1])).eval()

    def contrast(rows):
        batch = {name: values[:, rows] for name, values in x.items()}
        seen = {name: torch.ones(2, len(rows), dtype=torch.bool) for name in x}
        return method.step(batch, seen, seen)[1]["contrast"]

    torch.testing.assert_close(contrast([0, 0]), torch.zeros(2))  # nobody else is there
    assert (contrast([0, 1]) > 0).all()
    # each of two subjects, twice, meets the other twice: log(1 + 2 e^d), not log(2 + 2 e^d)
    assert (contrast([0, 1]) < contrast([0, 0, 1, 1])).all() and (contrast([0, 0, 1, 1]) < contrast([0, 1]) + np.log(2) * 0.1).all()
