"""How far off a foretold value is, by what is foretold: the variance function of each feature.

Counts scatter more where they are high, as a negative binomial does; shares and beta values scatter less towards 0 and 1, as a beta
variable does. Which way a feature goes, and how far, is learned from what was left of rows foretold out of fold, so that no family need
be named: a log-linear variance function of the mean (Davidian & Carroll 1987, doi:10.1080/01621459.1987.10478543), drawn towards a
constant from few rows, and towards the other features of the assay.
"""

from __future__ import annotations

from torch import Tensor

ROWS_OF_SLOPE, ROWS_OF_BEND = 100, 400  # rows at which the slope, and the bend, have half of their say
FURTHEST = 3.0  # standard deviations of the mean: beyond, the variance stays as it is there
MOST = 1.2  # of the logarithm of the variance: at most 3.3 times as large or small as on average
LEAST = 1e-6


class Variance:
    """Mean squared error of one modality's features as a function of their foretold mean.

    Parameters
    ----------
    mean, squared : Tensor (n_obs, n_vars)
        Rows foretold out of fold, and the square of what was left of each.
    there : Tensor (n_obs, n_vars) bool
        Entries that were measured: the others do not count.

    Attributes
    ----------
    error : Tensor (n_vars,)
        The mean over rows.
    """

    def __init__(self, mean: Tensor, squared: Tensor, there: Tensor) -> None:
        self.n = there.sum(0).clamp_min(1)
        self.there = there
        self.error = self._mean(squared)
        self.centre = self._mean(mean)
        self.width = self._mean((mean - self.centre).square()).sqrt().clamp_min(LEAST)
        t = self._scaled(mean)
        self.middle = self._mean(t)
        t = t - self.middle
        self.square = self._mean(t.square())
        self.skew = self._mean(t * (t.square() - self.square)) / self.square.clamp_min(LEAST)
        relative = squared / self.error.clamp_min(LEAST) - 1
        slope, bend = self._bases(mean)
        self.slope = self._coefficient(slope, relative, ROWS_OF_SLOPE)
        self.bend = self._coefficient(bend, relative, ROWS_OF_BEND)
        self.norm = self._mean(self._factor(mean)).clamp_min(LEAST)
        del self.there

    def __call__(self, mean: Tensor) -> Tensor:
        """Expected squared error (n_new, n_vars) where so much is foretold; its mean over the rows learned from is `error`."""
        return self.error * self._factor(mean) / self.norm

    def _mean(self, values: Tensor) -> Tensor:
        return (values * self.there).sum(0) / self.n

    def _scaled(self, mean: Tensor) -> Tensor:
        return ((mean - self.centre) / self.width).clamp(-FURTHEST, FURTHEST)

    def _bases(self, mean: Tensor) -> tuple[Tensor, Tensor]:
        """A line and a parabola, orthogonal over the rows learned from."""
        t = self._scaled(mean) - self.middle
        return t, t.square() - self.square - self.skew * t

    def _coefficient(self, basis: Tensor, relative: Tensor, half: int) -> Tensor:
        """One number per feature: its own, as far as it is surer than the features differ, and else that of the assay (empirical Bayes)."""
        size = self._mean(basis.square()).clamp_min(LEAST)
        own = self._mean(basis * relative) / size
        noise = self._mean(relative.square()) / self.n / size
        differ = (own.var(correction=0) - noise.mean()).clamp_min(0)
        common = own.median()
        return (common + (own - common) * differ / (differ + noise).clamp_min(LEAST)) * (self.n / (self.n + half))

    def _factor(self, mean: Tensor) -> Tensor:
        slope, bend = self._bases(mean)
        return (self.slope * slope + self.bend * bend).clamp(-MOST, MOST).exp()
