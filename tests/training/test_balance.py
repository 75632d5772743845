"""Each modality's share is told of every method, and the modality that leads can be slowed down."""

import numpy as np
import pytest
import torch

from mmomics import plugins
from mmomics.config.protocol import Training
from mmomics.nn.layers import Linear
from mmomics.nn.streams import Streams
from mmomics.training import balance, loop
from mmomics.training.network import attach, make_network
from mmomics.training.rows import Minibatch, Rows
from tests.folds import make_fold


def history(method="hierarchical", fold=None, linear=1.0, **settings):
    """Learning curves of two members whose linear scores are noise: no ridge is fitted."""
    fold = fold or make_fold("binary", n_obs=60, sizes=(6, 8, 5))[0]
    scores = linear * torch.randn(len(fold.y), 2 * len(fold.x) + 1, 1, generator=torch.Generator().manual_seed(0))
    rows = Rows([fold], [scores], [0, 0], [0, 1], torch.device("cpu"))
    model = make_network(method, {}, rows.n_vars, Streams([1, 2]), (fold.head, {}))
    attach(model.method, rows)
    return loop.train(model, rows, torch.zeros(2, dtype=torch.long), Training(**{"epochs": 2, "batch_size": 32, **settings}))


def shares(table):
    own = table[table["term"].str.startswith(balance.SHARE)]
    return own.pivot_table(index=["epoch", "member"], columns="term", values="value", dropna=False)


@pytest.mark.parametrize("method", plugins.names("fusion"))
def test_shares_of_every_method_sum_to_one(method):
    found = shares(history(method))
    assert list(found.columns) == ["share_m0", "share_m1", "share_m2"] and len(found) == 4
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert (found >= 0).all().all()


def test_the_modality_that_carries_the_outcome_has_the_largest_share():
    fold, _ = make_fold("regression", n_obs=300, sizes=(4, 4, 4), missing=0.0)
    for name in ("m1", "m2"):
        fold.x[name] = torch.randn(fold.x[name].shape, generator=torch.Generator().manual_seed(1))
    found = shares(history(fold=fold, linear=0.0, epochs=12, learning_rate=5e-3)).loc[9:].mean()
    assert found["share_m0"] > 0.45 > found[["share_m1", "share_m2"]].max()


def test_a_single_modality_has_no_share():
    assert shares(history(fold=make_fold("binary", n_obs=60, sizes=(12,))[0])).empty


def test_to_look_at_the_shares_changes_nothing(monkeypatch):
    looked = history("poe_vae")
    monkeypatch.setattr(loop, "TASK", "nowhere")
    blind = history("poe_vae")
    assert shares(blind).empty and len(shares(looked))
    kept = looked[~looked["term"].str.startswith(balance.SHARE)].reset_index(drop=True)
    assert kept.equals(blind.reset_index(drop=True))


def test_contributions_are_gradient_times_input():
    """Of a linear model: |the modality's part of the predictor| times the slope of the loss, over the rows that show it."""
    generator = torch.Generator().manual_seed(0)
    x = {name: torch.randn(2, 7, 4, generator=generator) for name in ("a", "b")}
    shown = {"a": torch.arange(7).expand(2, -1) < 5, "b": torch.ones(2, 7, dtype=torch.bool)}
    weight = {name: torch.randn(2, 4, 1, generator=generator) for name in x}
    batch = Minibatch(x, shown, torch.randn(2, 7, 5, 1, generator=generator), torch.zeros(2, 7, 1), shown["b"])
    balance.watch(batch)
    part = [
        ((x[name] @ weight[name])[..., 0] + batch.scores[:, :, place, 0] + batch.scores[:, :, 2 + place, 0]) * shown[name]
        for place, name in enumerate(x)
    ]
    found = balance.contributions(3 * sum(part).sum(1), batch, shown)
    expected = torch.stack([3 * own.abs().sum(1) / shown[name].sum(1) for own, name in zip(part, x, strict=True)], dim=1)
    torch.testing.assert_close(found, expected.detach())


class Two(torch.nn.Module):
    """A model with weights of its own for each of two modalities, and some that both share."""

    def __init__(self, names=("a", "b")):
        super().__init__()
        streams = Streams([1, 2])
        self.encoders = torch.nn.ModuleDict({name: Linear(streams, 3, 2) for name in names})
        self.shared = Linear(streams, 2, 1)


def test_only_the_leader_is_slowed_and_by_the_papers_factor():
    model = Two()
    modulation = balance.Modulation(model, ["a", "b"], strength=0.5)
    modulation.contribution = torch.tensor([[3.0, 1.0], [1.0, 1.0]])  # the first member leans on `a`, the second on neither
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    with modulation.step():
        optimizer.step()
    moved = {name: (before[name] - parameter.detach()).flatten(1).mean(1).numpy() for name, parameter in model.named_parameters()}
    np.testing.assert_allclose(moved["encoders.a.weight"], [1 - np.tanh(0.5 * 3), 1], rtol=1e-5)
    for name in ("encoders.b.weight", "shared.weight"):
        np.testing.assert_allclose(moved[name], 1, rtol=1e-5)


def test_modulation_reaches_the_encoders_of_a_method():
    plain, slow = history(), history(modulation=3.0)
    assert np.isfinite(slow["value"].astype(float)).all()
    assert not plain["value"].equals(slow["value"])


def test_rows_shown_one_modality_only():
    generator = torch.Generator().manual_seed(0)
    shown = {name: torch.rand(2, 2000, generator=generator) < 0.7 for name in "abc"}
    noise = torch.rand(2, 2000, 4, generator=generator)
    visible = torch.stack(list(shown.values()), -1)
    found = torch.stack(list(balance.alone(shown, noise, 0.4).values()), -1)
    assert not (found & ~visible).any()
    assert torch.equal(found.any(-1), visible.any(-1))  # no row loses all it had
    several = visible.sum(-1) > 1
    assert float((found.sum(-1)[several] == 1).float().mean()) == pytest.approx(0.4, abs=0.03)
    single = found[several & (found.sum(-1) == 1)]
    np.testing.assert_allclose(single.float().mean(0), 1 / 3, atol=0.05)
