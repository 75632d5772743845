"""The median of the training rows: says nothing, whatever the tails."""

from __future__ import annotations

from typing import Self

import numpy as np

from mmomics.preparation.constant import Constant
from mmomics.preparation.contract import Obs
from mmomics.preparation.median import median


class Median(Constant):
    """Median of every feature."""

    @classmethod
    def fit(cls, x: np.ndarray, obs: Obs) -> Self:
        return cls(median(x).astype(np.float32))


STEP = Median
