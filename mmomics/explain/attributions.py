"""How much each feature moves the prediction: integrated gradients (Sundararajan, Taly & Yan 2017, arXiv:1703.01365), by captum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from mmomics.training.predictor import Predictor

N_STEPS = 16  # Gauss-Legendre nodes along the path; the models are close to linear
N_AT_ONCE = 8192  # rows x members x steps looked at together
CELLS_AT_ONCE = 2**24  # and features of these, where windows of a signal make them many
MOST_BINS = 50  # stretches of time that the samples of one channel are summed over
TOP = 50  # a feature is stable if members agree that it is among this many


def attribute(predictor: Predictor, x: dict[str, Tensor], seen: dict[str, Tensor]) -> dict[str, Tensor]:
    """Attribution of every feature, from the training mean (zero) to the subject's value.

    Returns
    -------
    dict of str to Tensor
        {modality: (n_out, n_members, n_obs, n_vars)} in units of the linear predictor; over all features they add up to the difference
        from the prediction at the training mean. Samples of windows are summed over stretches of time, see `stretches`.
    """
    names, n_members, n_obs = list(x), predictor.n_members, len(next(iter(x.values())))
    wide_seen = predictor.widened(seen, torch.arange(n_obs))

    def forward(*flat: Tensor) -> Tensor:  # each (n_steps * n_members * n_obs, n_vars), members within steps
        n_steps = len(flat[0]) // (n_members * n_obs)
        wide = {
            name: values.view(n_steps, n_members, n_obs, -1).transpose(0, 1).flatten(1, 2) for name, values in zip(names, flat, strict=True)
        }
        eta = predictor.member_eta(wide, {name: flags.repeat(1, n_steps) for name, flags in wide_seen.items()})
        eta = eta.unflatten(1, (n_steps, n_obs)).transpose(0, 1).flatten(0, 2)
        # a model may look at some modalities only; the others get a slope of zero
        return eta + 0.0 * torch.stack([values.sum(1) for values in flat]).sum(0).unsqueeze(-1)

    n_rows = min(N_AT_ONCE, CELLS_AT_ONCE // sum(predictor.n_vars.values()))
    inputs = tuple(values.repeat(n_members, 1) for values in x.values())
    explainer = IntegratedGradients(forward)
    by_output = [
        explainer.attribute(inputs, target=output, n_steps=N_STEPS, internal_batch_size=max(n_rows, n_members * n_obs))
        for output in range(predictor.head.n_out)
    ]
    found = {
        name: torch.stack([parts[place].view(n_members, n_obs, -1) for parts in by_output]).detach() for place, name in enumerate(names)
    }
    return found | {name: _summed(found[name], stretches(shape)) for name, shape in predictor.n_vars.windows.items()}


def stretches(shape: tuple[int, int]) -> Tensor:
    """Which stretch each sample of windows belongs to (n_channels * n_times,): at most 50 of equal length per channel."""
    n_channels, n_times = shape
    length = -(-n_times // MOST_BINS)
    n_stretches = -(-n_times // length)
    return (torch.arange(n_channels)[:, None] * n_stretches + torch.arange(n_times) // length).flatten()


def _summed(values: Tensor, stretch: Tensor) -> Tensor:
    """Values (..., n_samples) summed over stretches (..., n_stretches)."""
    return values.new_zeros(*values.shape[:-1], int(stretch.max()) + 1).index_add_(-1, stretch, values)


def features_table(predictor: Predictor, attributions: dict[str, Tensor], x: dict[str, Tensor], seen: dict[str, Tensor]) -> pd.DataFrame:
    """One row per feature, most important first; of windows one per stretch of time, under the name of its first sample.

    Returns
    -------
    DataFrame
        modality, feature, importance (share of all absolute attribution, adds up to 1), direction (correlation of attribution with
        value, -1..1), toward (what a higher attribution speaks for), stability (share of members that rank the feature among
        their top 50; NaN for a single model).
    """
    tables, by_member = [], []
    for name, fitted in predictor.preparation.items():
        features, values = fitted.features, x[name][:, : len(fitted.features)]  # without the filling
        if fitted.shape is not None:
            stretch = stretches(fitted.shape)
            features = features[np.unique(stretch.numpy(), return_index=True)[1]]
            values = _summed(values, stretch)
        parts = attributions[name][..., : len(features)]
        size = (parts.abs() * seen[name][None, None, :, None]).mean(2)  # (n_out, n_members, n_vars)
        output = size.mean(1).argmax(0)  # the output that the feature moves most
        own = parts.mean(1)[output, :, torch.arange(parts.shape[-1])].T[seen[name]]  # (n_obs, n_vars)
        table = pd.DataFrame({"modality": name, "feature": features, "importance": size.mean((0, 1)).numpy()})
        table["direction"] = _correlation(own, values[seen[name]]).numpy()
        table["toward"] = np.array(_outputs(predictor))[output.numpy()]
        tables.append(table)
        by_member.append(size.mean(0))
    table = pd.concat(tables, ignore_index=True)
    members = torch.cat(by_member, dim=1)  # (n_members, n_features)
    table["stability"] = _stability(members) if len(members) > 1 else np.nan
    table["importance"] /= max(table["importance"].sum(), 1e-30)
    return table.sort_values("importance", ascending=False, ignore_index=True)


def _stability(importance: Tensor) -> np.ndarray:
    top = torch.zeros_like(importance).scatter(1, importance.topk(min(TOP, importance.shape[1]), dim=1).indices, 1.0)
    return (top * (importance > 0)).mean(0).numpy()


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    a, b = a - a.mean(0), b - b.mean(0)
    return ((a * b).sum(0) / ((a**2).sum(0) * (b**2).sum(0)).sqrt().clamp_min(1e-12)).clamp(-1, 1)


def _outputs(predictor: Predictor) -> list[str]:
    outcome = predictor.head.outcome
    if outcome["task"] == "multiclass":
        return [str(name) for name in outcome["classes"]]
    return {"binary": [str(outcome["classes"][-1])] if outcome["classes"] else [], "survival": ["higher risk", "higher risk later"]}.get(
        outcome["task"], ["higher value"]
    )
