"""Eigen- and singular values come in single precision, also where the single-precision routine gives up."""

import numpy as np
import pytest
import torch

from mmomics.nn.spectral import eigh, leading, svd


@pytest.fixture
def giving_up(monkeypatch):
    """The routines as they are on some tables of mutations: single precision does not converge."""
    for name in ("eigh", "svd"):
        routine = getattr(torch.linalg, name)

        def only_double(x, routine=routine, **options):
            if x.dtype == torch.float32:
                raise torch.linalg.LinAlgError("the algorithm failed to converge")
            return routine(x, **options)

        monkeypatch.setattr(torch.linalg, name, only_double)


def mutations(n=60, size=40):
    return torch.from_numpy((np.random.default_rng(0).random((n, size)) < 0.03).astype("float32"))


@pytest.mark.usefixtures("giving_up")
def test_where_single_precision_gives_up_double_answers():
    x = mutations()
    values, vectors = eigh((x @ x.T)[None])
    torch.testing.assert_close(vectors[0] * values[0] @ vectors[0].T, x @ x.T, atol=1e-5, rtol=1e-5)
    left, spread, right = svd(x)
    torch.testing.assert_close(left * spread @ right, x, atol=1e-5, rtol=1e-5)
    assert {part.dtype for part in (values, vectors, left, spread, right)} == {torch.float32}


def test_elsewhere_they_are_the_routines_of_torch():
    x = mutations()
    for found, expected in zip(
        (*eigh(x @ x.T), *svd(x)), (*torch.linalg.eigh(x @ x.T), *torch.linalg.svd(x, full_matrices=False)), strict=True
    ):
        assert torch.equal(found, expected)


@pytest.mark.parametrize("shape", [(80, 200), (200, 30), (5, 40), (40, 3), (1, 4), (0, 4)])
def test_leading_components_are_those_of_all_of_them(shape):
    x = torch.randn(*shape, generator=torch.Generator().manual_seed(0)) * torch.logspace(1.5, -1, shape[1])
    axes = leading(x, 4)
    assert axes.shape == (shape[1], 4) and axes.isfinite().all()
    if shape[0] > 5:
        k = min(4, shape[1])
        scores = x @ axes[:, :k]
        torch.testing.assert_close(torch.cov(scores.T), torch.eye(k), atol=1e-3, rtol=0)
        _, _, whole = svd(x - x.mean(0))
        turned = torch.corrcoef(torch.cat([scores[:, :2].T, (x @ whole[:2].T).T]))[:2, 2:].abs()
        torch.testing.assert_close(turned, torch.eye(2), atol=0.2, rtol=0)
