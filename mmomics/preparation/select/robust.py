"""The features that vary most between their 5th and 95th percentile: a few extreme values, as z-scores have, choose nothing."""

from __future__ import annotations

import numpy as np

from mmomics.preparation.contract import Obs
from mmomics.preparation.median import quantiles
from mmomics.preparation.moments import Columns
from mmomics.preparation.select import variance

LEVELS = [0.05, 0.95]


def choose(x: Columns, sd: np.ndarray, obs: Obs, n: int) -> np.ndarray:
    """Positions of at most n features, ascending; see `variance` for the parameters. One that is nearly always the same comes last."""
    middle = np.empty(x.shape[1], dtype=np.float32)
    for own, part in x.chunks():
        low, high = quantiles(part, LEVELS)
        middle[own] = high - low
    # those whose middle is one value still go in, after all others and by their variance, where there is room
    chosen = variance.choose(x, np.where(sd > 0, middle, 0), obs, n)
    rest = variance.choose(x, np.where(middle > 0, 0, sd), obs, n - len(chosen))
    return np.sort(np.concatenate([chosen, rest]))
