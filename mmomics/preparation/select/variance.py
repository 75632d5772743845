"""The features that vary most over the training rows."""

from __future__ import annotations

import numpy as np

from mmomics.preparation.contract import Obs
from mmomics.preparation.moments import Columns


def choose(x: Columns, sd: np.ndarray, obs: Obs, n: int) -> np.ndarray:
    """Positions of at most n features, ascending.

    Parameters
    ----------
    x : Columns (n_rows, n_vars)
        Training rows.
    sd : array, float32 (n_vars,)
        Standard deviations; 0 = constant.
    obs : Obs (n_rows rows)
    n : int
    """
    most = np.argsort(-sd, kind="stable")[:n]
    return np.sort(most[sd[most] > 0])
