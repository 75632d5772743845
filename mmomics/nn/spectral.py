"""Eigen- and singular values of any data: the quick routines give up on some matrices in single precision, such as those of mutations."""

from __future__ import annotations

import torch
from torch import Tensor


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
