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
TOP = 50  # a feature is stable if members agree that it is among this many


def attribute(predictor: Predictor, x: dict[str, Tensor], seen: dict[str, Tensor]) -> dict[str, Tensor]:
    """Attribution of every feature, from the training mean (zero) to the subject's value.

    Returns
    -------
    dict of str to Tensor
        {modality: (n_out, n_members, n_obs, n_vars)} in units of the linear predictor; over all features they add up to the difference
        from the prediction at the training mean.
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

    inputs = tuple(values.repeat(n_members, 1) for values in x.values())
    explainer = IntegratedGradients(forward)
    by_output = [
        explainer.attribute(inputs, target=output, n_steps=N_STEPS, internal_batch_size=max(N_AT_ONCE, n_members * n_obs))
        for output in range(predictor.head.n_out)
    ]
    return {
        name: torch.stack([parts[place].view(n_members, n_obs, -1) for parts in by_output]).detach() for place, name in enumerate(names)
    }


def features_table(predictor: Predictor, attributions: dict[str, Tensor], x: dict[str, Tensor], seen: dict[str, Tensor]) -> pd.DataFrame:
    """One row per feature, most important first.

    Returns
    -------
    DataFrame
        modality, feature, importance (share of all absolute attribution, adds up to 1), direction (correlation of attribution with
        value, -1..1), toward (what a higher attribution speaks for), stability (share of members that rank the feature among
        their top 50; NaN for a single model).
    """
    tables, by_member = [], []
    for name, fitted in predictor.preparation.items():
        parts = attributions[name][..., : len(fitted.features)]  # without the filling
        size = (parts.abs() * seen[name][None, None, :, None]).mean(2)  # (n_out, n_members, n_vars)
        output = size.mean(1).argmax(0)  # the output that the feature moves most
        own = parts.mean(1)[output, :, torch.arange(parts.shape[-1])].T[seen[name]]  # (n_obs, n_vars)
        table = pd.DataFrame({"modality": name, "feature": fitted.features, "importance": size.mean((0, 1)).numpy()})
        table["direction"] = _correlation(own, x[name][seen[name], : len(fitted.features)]).numpy()
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
    return {"binary": [str(outcome["classes"][-1])] if outcome["classes"] else [], "survival": ["higher risk"]}.get(
        outcome["task"], ["higher value"]
    )
