"""The encoder of signals sees shapes wherever they stand, for many members at once."""

import pytest
import torch

from mmomics.nn.encoders import Encoders
from mmomics.nn.signals import SignalEncoder
from mmomics.nn.sizes import Sizes, windows_of
from mmomics.nn.streams import Streams


def encoder(shape=(2, 300), seeds=(1, 2), **settings):
    return SignalEncoder(Streams(list(seeds)), shape, [16], **{"dropout": 0.0, **settings})


def tones(hertz, n_obs=40, n_times=500, seed=0):
    """Cycles per sample, random phase: (1, n_obs, n_times)."""
    phase = torch.rand(n_obs, 1, generator=torch.Generator().manual_seed(seed)) * 6.2832
    return torch.sin(6.2832 * hertz * torch.arange(n_times) + phase).unsqueeze(0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 31), (2, 33), (1, 1000), (12, 250)])
def test_windows_of_any_length_are_encoded(shape):
    net = encoder(shape)
    x = torch.randn(2, 5, shape[0] * shape[1], generator=torch.Generator().manual_seed(0))
    h = net(x)
    assert h.shape == (2, 5, 16) and torch.isfinite(h).all()
    assert all(len(parameter) == 2 for parameter in net.parameters())


@pytest.mark.parametrize("shape", [(1, 45), (2, 300)])
def test_every_sample_counts(shape):
    x = torch.randn(2, 3, shape[0] * shape[1], generator=torch.Generator().manual_seed(0)).requires_grad_()
    encoder(shape)(x).square().sum().backward()
    assert (x.grad.abs().sum((0, 1)) > 0).all()


def test_members_do_not_know_each_other():
    x = torch.randn(2, 4, 600, generator=torch.Generator().manual_seed(0))
    for mode in (False, True):
        both, one = encoder(dropout=0.3, input_dropout=0.3).train(mode), encoder(seeds=(2,), dropout=0.3, input_dropout=0.3).train(mode)
        torch.testing.assert_close(both(x)[1:], one(x[1:]), atol=1e-5, rtol=1e-4)


def test_when_a_shape_occurs_matters_far_less_than_which_it_is():
    """Even untrained: encodings of one frequency in random phase lie together, apart from those of another."""
    net = encoder((1, 500), seeds=(1,))
    slow, fast = net(tones(0.04))[0], net(tones(0.12, seed=1))[0]
    within = slow.std(0).norm() + fast.std(0).norm()
    assert (slow.mean(0) - fast.mean(0)).norm() > 4 * within


def test_half_of_the_patches_may_be_hidden_while_training():
    net = encoder((1, 300), input_dropout=0.5)
    x = torch.randn(2, 4, 300, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(net(x), net(x))
    torch.testing.assert_close(net.eval()(x), net(x))


def test_windows_get_a_signal_encoder_and_features_an_mlp():
    sizes = Sizes({"rna": 5, "ecg_signal": 100}, {"ecg_signal": (1, 100), "other": (1, 3)})
    assert windows_of(sizes) == {"ecg_signal": (1, 100)} and windows_of({"rna": 5}) == {}
    encoders = Encoders(Streams([1]), sizes, [8], 0.0)
    assert [isinstance(net, SignalEncoder) for net in encoders.by_modality.values()] == [False, True]
    x = {"rna": torch.randn(1, 3, 5), "ecg_signal": torch.randn(1, 3, 100)}
    seen = {"rna": torch.ones(1, 3, dtype=torch.bool), "ecg_signal": torch.tensor([[True, False, True]])}
    h = encoders(x, seen)["ecg_signal"]
    assert h.shape == (1, 3, 8) and (h[0, 1] == 0).all() and (h[0, 0] != 0).any()
