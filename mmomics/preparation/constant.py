"""What the simple fills share: one value per feature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.preparation.contract import Obs, Step


@dataclass(frozen=True)
class Constant(Step):
    """A value for whatever is missing.

    Attributes
    ----------
    value : array, float32 (n_vars,)
    """

    value: np.ndarray

    def apply(self, x: np.ndarray, obs: Obs) -> np.ndarray:
        return np.where(np.isnan(x), self.value, x)
