"""Centring: the mean of each batch is moved to the mean of all, feature by feature."""

from __future__ import annotations

from typing import Self

import numpy as np

from mmomics.preparation.batches import Batches, of_batches
from mmomics.preparation.contract import Obs


class Center(Batches):
    """Mean of each batch; the scale is 1."""

    @classmethod
    def fit(cls, x: np.ndarray, obs: Obs) -> Self:
        found = of_batches(x, obs)
        center = found.mean.astype(np.float32)
        return cls(found.names, center, np.ones_like(center), found.grand.astype(np.float32))


STEP = Center
