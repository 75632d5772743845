"""Random control: a ridge model of noise, which knows nothing of anyone; what every metric is worth by chance.

The noise of a subject is a hash of the subject's own measured values (SplitMix64, Steele et al. 2014, doi:10.1145/2660193.2660195),
made normal: the same subject has the same noise wherever it stands, and the smallest change of one value gives other noise, so that
nothing of the values is left in it. Penalty and calibration are learned as by every other model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmomics.baselines import _trees, contract
from mmomics.baselines.contract import TrainingRows
from mmomics.nn.cross_fit import ridge

EXPLAINABLE = False  # nothing that was measured moves its predictions by a gradient
STEP = 0x9E3779B97F4A7C15  # of SplitMix64
UNIT = 2.0**-53  # between neighbouring doubles in [0.5, 1)


@dataclass
class Params(contract.Params):
    """Settings of `random`."""

    n_features: int = 10  # of noise


class Baseline(contract.Baseline):
    """The seed of the noise, and what was learned of it."""

    seed: Tensor  # () int
    coef: Tensor  # (n_features, n_out)
    intercept: Tensor  # (n_out,)

    def fit(self, rows: TrainingRows) -> Tensor:
        self.keep("seed", torch.tensor(rows.seed))
        found = ridge(rows.head, self._noise(rows.x, rows.seen), rows.y, rows.inner)
        self.keep("coef", found.full[0])
        self.keep("intercept", found.full[1])
        return found.oof

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return self._noise(x, seen) @ self.coef + self.intercept

    def _noise(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        features = _trees.features_of(x, seen).detach().numpy() + 0.0  # no negative zero
        return torch.from_numpy(noise(features, int(self.seed), self.params.n_features))


def noise(features: np.ndarray, seed: int, n_features: int) -> np.ndarray:
    """Standard normal numbers (n_obs, n_features) float32 that are a hash of each row (n_obs, n_vars) float32."""
    bits = np.ascontiguousarray(features, dtype=np.float32).view(np.uint32).astype(np.uint64)
    start = np.uint64(seed)
    weight = _mixed(np.arange(1, bits.shape[1] + 1, dtype=np.uint64) + start) | np.uint64(1)  # odd: no bit of a value is lost
    key = (bits * weight).sum(1, dtype=np.uint64)  # modulo 2^64
    drawn = _mixed(_mixed(key + start)[:, None] + np.arange(1, n_features + 1, dtype=np.uint64) * np.uint64(STEP))
    uniform = ((drawn >> np.uint64(11)).astype(np.float64) + 0.5) * UNIT
    return torch.special.ndtri(torch.from_numpy(uniform)).float().numpy()


def _mixed(state: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser: every bit of the state (uint64) moves every bit of what comes out."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
