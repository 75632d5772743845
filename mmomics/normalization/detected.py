"""Not detected is missing: 0 becomes a missing value, for intensities of mass spectrometry."""

import numpy as np

from mmomics.normalization.contract import Needs

NEEDS = Needs(low=0)


def normalize(values: np.ndarray) -> np.ndarray:
    """The values, NaN where they are 0: below the limit of detection is not small, it is unknown."""
    return np.where(values == 0, np.float32(np.nan), values)
