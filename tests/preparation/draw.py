"""Values, names and rows as the steps of the preprocessing see them."""

import numpy as np
import pandas as pd

from mmomics.preparation.contract import Obs


def draw(n_obs=40, n_vars=30, missing=0.2, seed=0, n_batches=3):
    """Values (n_obs, n_vars) of unlike centres and spreads, and what is known of the rows."""
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(n_obs, n_vars)) * rng.uniform(0.2, 3, n_vars) + rng.normal(size=n_vars) * 6).astype("float32")
    x[rng.random(x.shape) < missing] = np.nan
    table = pd.DataFrame(
        {"outcome": rng.choice(["a", "b", "c"], n_obs), "time": rng.exponential(100, n_obs), "event": rng.random(n_obs) < 0.6,
         "batch": [f"b{row % n_batches}" for row in range(n_obs)]},
        index=[f"s{row}" for row in range(n_obs)],
    )  # fmt: skip
    return x, Obs(table, "multiclass")
