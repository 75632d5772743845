"""ComBat: location and scale of each batch by empirical Bayes, frozen.

Johnson, Li and Rabinovic 2007, doi:10.1093/biostatistics/kxj037: parametric priors whose parameters come from all features of a batch,
so that a small batch is shrunk towards what its features have in common. The outcome is no covariate of the model, since it is not
known at prediction: where batch and outcome go together, what they share is taken out.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from mmomics.preparation.batches import Batches, of_batches
from mmomics.preparation.contract import Obs

TOLERANCE, MOST = 1e-6, 1000  # relative change at which the iteration stops, and when it does anyway


class Combat(Batches):
    """Shrunken location and scale of each batch.

    A feature with fewer than two values in a batch is only shifted there. One that does not vary within batches is made constant.
    """

    @classmethod
    def fit(cls, x: np.ndarray, obs: Obs) -> Self:
        found = of_batches(x, obs)
        varies = found.within > 0
        within = found.within[varies]
        center, scale = found.mean.copy(), np.full(found.mean.shape, np.inf)
        if varies.any():
            for place, n in enumerate(found.n[:, varies]):
                gamma = (found.mean[place, varies] - found.grand[varies]) / within
                delta = found.sd[place, varies] ** 2 / within**2 * n / np.maximum(n - 1, 1)
                gamma, delta = _shrunk(n, gamma, delta)
                center[place, varies] = found.grand[varies] + gamma * within
                scale[place, varies] = np.sqrt(delta)
        return cls(found.names, center.astype(np.float32), scale.astype(np.float32), found.grand.astype(np.float32))


def _shrunk(n: np.ndarray, gamma: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior location and variance (n_vars,) of one batch.

    Parameters
    ----------
    n : array (n_vars,)
        Measured values.
    gamma, delta : array (n_vars,)
        Their mean and variance (over n - 1), standardised.
    """
    located = n > 0
    mean, variance = gamma[located].mean() if located.any() else 0.0, gamma[located].var(ddof=1) if located.sum() > 1 else 0.0
    scaled = (n > 1) & (delta > 0)
    square = (n - 1) * delta  # around their own mean
    prior = delta[scaled]
    a, b = _inverse_gamma(prior) if len(prior) > 1 else (np.inf, np.inf)
    g, d = gamma.copy(), np.where(scaled, delta, 1.0)
    for _ in range(MOST):
        new_g = (variance * n * gamma + d * mean) / (variance * n + d)
        new_d = d
        if np.isfinite(a):
            new_d = np.where(scaled, (0.5 * (square + n * (gamma - new_g) ** 2) + b) / (n / 2 + a - 1), 1.0)
        change = max(np.abs(new_g - g).max(initial=0), np.abs(new_d / d - 1).max(initial=0))
        g, d = new_g, new_d
        if change < TOLERANCE:
            break
    return g, d


def _inverse_gamma(variances: np.ndarray) -> tuple[float, float]:
    """Parameters of the prior of the variances, from their moments; infinite if they are all the same."""
    mean, spread = variances.mean(), variances.var(ddof=1)
    if spread <= 1e-12 * mean**2:
        return np.inf, np.inf
    return (2 * spread + mean**2) / spread, (mean * spread + mean**3) / spread


STEP = Combat
