"""The smallest value of the training rows: for mass spectrometry, where what is missing was too little to be detected."""

from __future__ import annotations

from typing import Self

import numpy as np

from mmomics.preparation.constant import Constant
from mmomics.preparation.contract import Obs


class Minimum(Constant):
    """Minimum of every feature."""

    @classmethod
    def fit(cls, x: np.ndarray, obs: Obs) -> Self:
        least = np.where(np.isnan(x), np.inf, x).min(axis=0, initial=np.inf)
        return cls(np.where(np.isfinite(least), least, 0).astype(np.float32))


STEP = Minimum
