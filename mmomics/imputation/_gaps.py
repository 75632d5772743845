"""Single values that a measured assay lacks, from what the subject's other assays foretell and from the assay's own other features.

What an imputer leaves of an assay are the same residuals that its draws are made of. They are taken for a few common factors and noise of
each feature's own (factor analysis; probabilistic principal components, Tipping & Bishop 1999, doi:10.1111/1467-9868.00196): the values
that a subject does have tell its factors, and these the values that it lacks, the less sure the fewer there are. How many factors, if any,
and how sure the answer is, is judged on measured values that are hidden from rows kept apart, at random and as other rows lack them.
"""

from __future__ import annotations

import torch
from torch import Tensor

FACTORS = (0, 1, 2, 4, 8, 16, 32)  # numbers to choose from
FOLDS = 5
HIDDEN, ROUNDS = 0.1, 3  # share of a row's values hidden to judge, and how often
AS_OTHERS = 2  # times that what another row lacks is hidden
MOST_SURE = 3.0  # times the logarithm of the variance that factors claim
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
    power : Tensor (n_vars,)
        To which the variance that the factors claim, a share of the residual variance, has to be raised to fit what was off: 0 where the
        other features say nothing after all.
    """

    def __init__(self, left: Tensor, there: Tensor) -> None:
        rows = there.any(1)
        left, there = left[rows], there[rows]
        self.n_factors, self.power = 0, torch.ones(left.shape[1])
        if len(left) >= FEWEST:
            self.n_factors, self.power = _judged(left, there)
        self.loading, self.noise = _learn(_axes(left), there, self.n_factors)

    def __call__(self, left: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance (n_new, n_vars) of residuals from those of the entries that are there."""
        mean, claimed = _tell(left, there, self.loading, self.noise)
        return mean, claimed.pow(self.power)

    def draw(self, there: Tensor, n: int, generator: torch.Generator) -> Tensor:
        """How far draws (n, n_new, n_vars) lie from that mean, of unit variance: the factors as far as they are not told, and noise."""
        around = torch.randn(n, *there.shape, generator=generator)
        n_factors = self.loading.shape[1]
        if not n_factors:
            return around
        root = torch.linalg.cholesky(_precision(there, self.loading, self.noise))
        factors = torch.randn(n, len(there), n_factors, 1, generator=generator)
        factors = torch.linalg.solve_triangular(root.mT, factors, upper=True)[..., 0]
        claimed = _tell(torch.zeros_like(self.noise), there, self.loading, self.noise)[1]
        return (factors @ self.loading.T + around * self.noise.sqrt()) / claimed.sqrt()


def _judged(left: Tensor, there: Tensor) -> tuple[int, Tensor]:
    """The number of factors that foretells hidden entries best, and the power (n_vars,) of the variance that they claim."""
    generator = torch.Generator().manual_seed(0)
    fold = torch.randperm(len(left), generator=generator) % FOLDS
    rounds = [(torch.rand(left.shape, generator=generator) < HIDDEN) & there for _ in range(ROUNDS)]
    rounds += [there & ~there[torch.randperm(len(left), generator=generator)] for _ in range(AS_OTHERS)]
    choices = [n for n in FACTORS if n < min(len(left) // 2, left.shape[1])]
    squares, claims = torch.zeros(2, len(choices), left.shape[1])
    spread, count = torch.zeros(2, left.shape[1])
    for k in range(FOLDS):
        kept, held = fold != k, fold == k
        axes = _axes(left[kept])
        models = [_learn(axes, there[kept], n) for n in choices]
        for hidden in (each[held] for each in rounds):
            spread += (left[held].square() * hidden).sum(0)
            count += hidden.sum(0)
            for place, model in enumerate(models):
                mean, claimed = _tell(left[held], there[held] & ~hidden, *model)
                squares[place] += ((left[held] - mean).square() * hidden).sum(0)
                claims[place] += (claimed * hidden).sum(0)
    best = int(squares.sum(1).argmin())
    error, claim = (_shrunk(part[best], whole) for part, whole in ((squares, spread), (claims, count)))
    power = error.clamp(1e-3, 1.0).log() / claim.clamp(1e-3, 1 - 1e-3).log()
    return choices[best], power.clamp(0.0, MOST_SURE)


def _shrunk(part: Tensor, whole: Tensor) -> Tensor:
    """Shares (n_vars,), those of features of which little was hidden drawn to that of all."""
    common = part.sum() / whole.sum().clamp_min(1e-6)
    return (part + ROWS_OF_FEATURE * common) / (whole + ROWS_OF_FEATURE)


def _axes(left: Tensor) -> tuple[Tensor, Tensor]:
    """Variances (n,) along the principal axes (n, n_vars) of residuals."""
    _, size, axes = torch.linalg.svd(left / max(len(left), 1) ** 0.5, full_matrices=False)
    return size.square(), axes


def _learn(principal: tuple[Tensor, Tensor], there: Tensor, n_factors: int) -> tuple[Tensor, Tensor]:
    """Loadings (n_vars, n_factors) and noise (n_vars,) of residuals whose variance is about one.

    An entry that was not measured is nought, which shrinks what its feature seems to share: the loading is scaled back by its share.
    """
    values, axes = principal
    n_vars = axes.shape[1]
    if not n_factors:
        return axes.new_zeros(n_vars, 0), axes.new_ones(n_vars)
    rest = values[n_factors:].sum() / max(n_vars - n_factors, 1)
    loading = axes[:n_factors].T * (values[:n_factors] - rest).clamp_min(0.0).sqrt()
    loading = loading / there.float().mean(0).clamp_min(0.5).unsqueeze(1)
    said = loading.square().sum(1, keepdim=True)
    loading = loading * ((1 - LEAST_NOISE) / said.clamp_min(1 - LEAST_NOISE)).sqrt()
    return loading, 1 - loading.square().sum(1)


def _tell(left: Tensor, there: Tensor, loading: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Mean residuals (n_new, n_vars) given those of the entries that are there, and the variance of the rest, 1 where nothing is."""
    if not loading.shape[1]:
        return torch.zeros(there.shape), noise.expand(there.shape)
    unsure = torch.linalg.inv(_precision(there, loading, noise))
    factors = (unsure @ ((there / noise * left) @ loading).unsqueeze(-1))[..., 0]
    return factors @ loading.T, unsure.flatten(1) @ _products(loading).T + noise


def _precision(there: Tensor, loading: Tensor, noise: Tensor) -> Tensor:
    """How well each row's factors are told (n_new, n_factors, n_factors)."""
    n_factors = loading.shape[1]
    return torch.eye(n_factors) + ((there / noise) @ _products(loading)).unflatten(1, (n_factors, n_factors))


def _products(loading: Tensor) -> Tensor:
    """Of each feature's loadings with one another (n_vars, n_factors ** 2)."""
    return (loading.unsqueeze(2) * loading.unsqueeze(1)).flatten(1)
