"""How much each modality contributes: its share of the attributions, and what is lost when it is hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics.training.predictor import Predictor

N_RESAMPLES = 500


def modalities_table(predictor: Predictor, attributions: dict[str, Tensor], drops: dict[str, float], seed: int) -> pd.DataFrame:
    """One row per modality, the largest share first.

    Returns
    -------
    DataFrame
        modality, share (mean over subjects of the modality's part of the absolute attributions), lower, upper (95 % bootstrap over
        subjects), value_drop (rise of the loss on held-out rows when the modality is hidden; negative = the model is better without).
    """
    size = torch.stack([parts.abs().sum(-1).mean((0, 1)) for parts in attributions.values()], dim=1)  # (n_obs, n_modalities)
    share = (size / size.sum(1, keepdim=True).clamp_min(1e-30)).numpy()
    rng = np.random.default_rng(seed)
    resampled = np.stack([share[rng.integers(0, len(share), len(share))].mean(0) for _ in range(N_RESAMPLES)])
    lower, upper = np.quantile(resampled, [0.025, 0.975], axis=0)
    table = pd.DataFrame({"modality": list(attributions), "share": share.mean(0), "lower": lower, "upper": upper})
    table["value_drop"] = [drops.get(name, np.nan) for name in attributions]
    return table.sort_values("share", ascending=False, ignore_index=True)


@torch.no_grad()
def loss_without(
    predictor: Predictor, x: dict[str, Tensor], seen: dict[str, Tensor], y: Tensor, has: Tensor, inner: Tensor
) -> dict[str, float]:
    """Rise of the loss when a modality is hidden, on rows that the predicting members did not learn from.

    Empty for a single model, which has no held-out rows of its own.
    """
    if predictor.n_members == 1:
        return {}
    full = _held_out_loss(predictor, x, seen, y, has, inner)
    drops = {}
    for name in x:
        hidden = {other: flags & (other != name) for other, flags in seen.items()}
        drops[name] = _held_out_loss(predictor, x, hidden, y, has, inner) - full
    return drops


def _held_out_loss(predictor: Predictor, x: dict[str, Tensor], seen: dict[str, Tensor], y: Tensor, has: Tensor, inner: Tensor) -> float:
    rows = torch.arange(len(y))
    masked = {name: values * seen[name].unsqueeze(-1) for name, values in x.items()}
    eta = predictor.member_eta(predictor.widened(masked, rows), predictor.widened(seen, rows))  # (n_members, n_obs, n_out)
    n_inner = int(inner.max()) + 1
    held = torch.stack([inner == member % n_inner for member in range(predictor.n_members)]).float()  # (n_members, n_obs)
    pooled = (eta * held.unsqueeze(-1)).sum(0) / held.sum(0).clamp_min(1).unsqueeze(-1)
    return float(predictor.head.loss(pooled, y, (has & (held.sum(0) > 0)).float()))
