"""Eigen- and singular values of any data: the quick routines give up on some matrices in single precision, such as those of mutations."""

from __future__ import annotations

import torch
from torch import Tensor

ITERATIONS = 4
RANKED = 1e-4  # of the widest component: below, there is none


def eigh(symmetric: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues (..., n), ascending, and eigenvectors (..., n, n) of symmetric matrices (..., n, n)."""
    try:
        values, vectors = torch.linalg.eigh(symmetric)
    except torch.linalg.LinAlgError:
        values, vectors = torch.linalg.eigh(symmetric.double())
    return values.to(symmetric.dtype), vectors.to(symmetric.dtype)


def svd(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Left vectors (n, k), singular values (k,), descending, and right vectors (k, p) of a matrix (n, p), k the smaller of n and p."""
    try:
        left, values, right = torch.linalg.svd(x, full_matrices=False)
    except torch.linalg.LinAlgError:
        left, values, right = torch.linalg.svd(x.double(), full_matrices=False)
    return left.to(x.dtype), values.to(x.dtype), right.to(x.dtype)


def leading(x: Tensor, n: int) -> Tensor:
    """Axes (n_vars, n) on which rows (n_obs, n_vars) have their leading principal components, each of unit variance; zero beyond the rank.

    By subspace iteration from a fixed start: far quicker than all components where few are wanted.
    """
    out = x.new_zeros(x.shape[1], n)
    k = min(n, *x.shape)
    if k:
        x = x - x.mean(0)
        axes = torch.randn(x.shape[1], k, generator=torch.Generator().manual_seed(0), dtype=x.dtype)
        for _ in range(ITERATIONS):
            axes = torch.linalg.qr(x.T @ (x @ axes)).Q
        _, size, turn = svd(x @ axes)
        width = size / max(len(x) - 1, 1) ** 0.5
        out[:, :k] = torch.where(width > RANKED * width.amax(), axes @ turn.T / width.clamp_min(1e-12), 0.0)
    return out
