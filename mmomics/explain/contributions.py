"""How much each modality contributes: its share of the attributions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

N_RESAMPLES = 500


def modalities_table(attributions: dict[str, Tensor], seed: int) -> pd.DataFrame:
    """One row per modality, the largest share first.

    Returns
    -------
    DataFrame
        modality, share (mean over subjects of the modality's part of the absolute attributions; subjects whose prediction rests on
        nothing do not count), lower, upper (95 % bootstrap over subjects).
    """
    size = torch.stack([parts.abs().sum(-1).mean((0, 1)) for parts in attributions.values()], dim=1).numpy()  # (n_obs, n_modalities)
    size = size[size.sum(1) > 0]
    if not len(size):
        return pd.DataFrame({"modality": list(attributions), "share": 0.0, "lower": 0.0, "upper": 0.0})
    share = size / size.sum(1, keepdims=True)
    rng = np.random.default_rng(seed)
    resampled = np.stack([share[rng.integers(0, len(share), len(share))].mean(0) for _ in range(N_RESAMPLES)])
    lower, upper = np.quantile(resampled, [0.025, 0.975], axis=0)
    table = pd.DataFrame({"modality": list(attributions), "share": share.mean(0), "lower": lower, "upper": upper})
    return table.sort_values("share", ascending=False, ignore_index=True)
