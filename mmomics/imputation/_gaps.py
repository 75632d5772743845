"""Single values that a measured assay lacks, from what the subject's other assays foretell and from the assay's own other features.

What an imputer leaves of an assay are the same residuals that its draws are made of. They are taken for a few common factors and noise of
each feature's own (factor analysis; probabilistic principal components, Tipping & Bishop 1999, doi:10.1111/1467-9868.00196): the values
that a subject does have tell its factors, and these the values that it lacks. How many factors, if any, and how far off the answer is,
is judged on measured values that are hidden from rows kept apart.
"""

from __future__ import annotations

import torch
from torch import Tensor

FACTORS = (0, 1, 2, 4, 8, 16, 32)  # numbers to choose from
FOLDS = 5
HIDDEN, ROUNDS = 0.1, 3  # share of a row's values hidden to judge, and how often
FEWEST = 20  # rows to learn factors from
LEAST_NOISE = 0.05  # share of a feature's variance that is its own at the least: with few rows factors could seem to say all
ROWS_OF_FEATURE = 20  # hidden values at which a feature's own error has half of its say, beside that of all


class Factors:
    """Factors of the residuals of one assay.

    Parameters
    ----------
    left : Tensor (n_obs, n_vars)
        Residuals of training rows in standard deviations, zero where nothing was measured.
    there : Tensor (n_obs, n_vars) bool
        Entries that were measured.

    Attributes
    ----------
    n_factors : int
    error : Tensor (n_vars,)
        Mean squared error of hidden entries, as a share of the residual variance: 1 where the other features say nothing.
    """

    def __init__(self, left: Tensor, there: Tensor) -> None:
        rows = there.any(1)
        left, there = left[rows], there[rows]
        self.n_factors, self.error = 0, torch.ones(left.shape[1])
        if len(left) >= FEWEST:
            self.n_factors, self.error = _judged(left, there)
        self.loading, self.noise = _learn(left, there, self.n_factors)

    def __call__(self, left: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance (n_new, n_vars) of residuals from those of the entries that are there."""
        return _tell(left, there, self.loading, self.noise), self.error.expand_as(left)

    def draw(self, there: Tensor, n: int, generator: torch.Generator) -> Tensor:
        """How far draws (n, n_new, n_vars) lie from that mean, of unit variance: the factors as far as they are not told, and noise."""
        around = torch.randn(n, *there.shape, generator=generator)
        n_factors = self.loading.shape[1]
        if not n_factors:
            return around
        root = torch.linalg.cholesky(_precision(there, self.loading, self.noise))
        factors = torch.randn(n, len(there), n_factors, 1, generator=generator)
        factors = torch.linalg.solve_triangular(root.mT, factors, upper=True)[..., 0]
        spread = torch.linalg.solve_triangular(root, self.loading.T.expand(len(there), -1, -1), upper=False).square().sum(1)
        return (factors @ self.loading.T + around * self.noise.sqrt()) / (spread + self.noise).sqrt()


def _judged(left: Tensor, there: Tensor) -> tuple[int, Tensor]:
    """The number of factors that foretells hidden entries best, and the error (n_vars,) of that."""
    generator = torch.Generator().manual_seed(0)
    fold = torch.randperm(len(left), generator=generator) % FOLDS
    rounds = [(torch.rand(left.shape, generator=generator) < HIDDEN) & there for _ in range(ROUNDS)]
    choices = [n for n in FACTORS if n < min(len(left) // 2, left.shape[1])]
    squares, spread = torch.zeros(len(choices), left.shape[1]), torch.zeros(left.shape[1])
    for k in range(FOLDS):
        kept, held = fold != k, fold == k
        whole, noise = _learn(left[kept], there[kept], choices[-1])
        for hidden in (each[held] for each in rounds):
            spread += (left[held].square() * hidden).sum(0)
            for place, n in enumerate(choices):
                own = noise + whole[:, n:].square().sum(1)  # what further factors would have said counts as noise
                off = left[held] - _tell(left[held], there[held] & ~hidden, whole[:, :n], own)
                squares[place] += (off.square() * hidden).sum(0)
    best = int(squares.sum(1).argmin())
    common = squares[best].sum() / spread.sum().clamp_min(1e-6)
    error = (squares[best] + ROWS_OF_FEATURE * common) / (spread + ROWS_OF_FEATURE)
    return choices[best], error.clamp(1e-3, 1.0)


def _learn(left: Tensor, there: Tensor, n_factors: int) -> tuple[Tensor, Tensor]:
    """Loadings (n_vars, n_factors) and noise (n_vars,) of residuals whose variance is about one.

    An entry that was not measured is nought, which shrinks what its feature seems to share: the loading is scaled back by its share.
    """
    n_vars = left.shape[1]
    if not n_factors:
        return left.new_zeros(n_vars, 0), left.new_ones(n_vars)
    _, size, axes = torch.linalg.svd(left / max(len(left), 1) ** 0.5, full_matrices=False)
    values = size.square()
    rest = values[n_factors:].sum() / max(n_vars - n_factors, 1)
    loading = axes[:n_factors].T * (values[:n_factors] - rest).clamp_min(0.0).sqrt()
    loading = loading / there.float().mean(0).clamp_min(0.5).unsqueeze(1)
    said = loading.square().sum(1, keepdim=True)
    loading = loading * ((1 - LEAST_NOISE) / said.clamp_min(1 - LEAST_NOISE)).sqrt()
    return loading, 1 - loading.square().sum(1)


def _tell(left: Tensor, there: Tensor, loading: Tensor, noise: Tensor) -> Tensor:
    """Mean residuals (n_new, n_vars) given those of the entries that are there."""
    n_factors = loading.shape[1]
    if not n_factors:
        return torch.zeros_like(left)
    factors = torch.linalg.solve(_precision(there, loading, noise), (there / noise * left) @ loading)
    return factors @ loading.T


def _precision(there: Tensor, loading: Tensor, noise: Tensor) -> Tensor:
    """How well each row's factors are told (n_new, n_factors, n_factors)."""
    n_factors = loading.shape[1]
    products = (loading.unsqueeze(2) * loading.unsqueeze(1)).flatten(1)  # (n_vars, n_factors ** 2)
    return torch.eye(n_factors) + ((there / noise) @ products).unflatten(1, (n_factors, n_factors))
