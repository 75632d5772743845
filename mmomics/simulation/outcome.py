"""Outcomes from the predictor, and the best score that anyone who knew the predictor could reach."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mmomics.simulation import factors
from mmomics.simulation.factors import INTERACTION, Source
from mmomics.simulation.plan import Plan

CLASSES = {"binary": ("control", "case"), "multiclass": ("mild", "moderate", "severe")}
MEAN, SCALE = 50.0, 10.0  # of a numeric outcome; SCALE is the standard deviation of its residual
MEDIAN = 700.0  # days to the event at predictor 0
CENSORED = (200.0, 2500.0)  # days of follow-up, uniform
THIRD = 0.43  # standard deviations from the mean that cut off a third of a normal distribution
METRICS = {"binary": "auroc", "multiclass": "auroc", "regression": "r2", "survival": "cindex"}
MANY = {"binary": 20_000, "multiclass": 20_000, "regression": 200_000, "survival": 5_000}  # fresh subjects to score
NODES = 41  # of Gauss-Hermite quadrature


def draw(plan: Plan, eta: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    """Outcomes (n,) given the predictor.

    Parameters
    ----------
    plan : Plan
        Task and strength.
    eta : array (n,)
        The predictor. Binary: log odds. Multiclass: severity, a cumulative logit cut so that classes are about equal. Regression:
        standard deviations of the residual above the mean. Survival: log hazard of an exponential time.
    random : Generator

    Returns
    -------
    DataFrame
        Column `outcome` (class or number), or `time_days` and `event` (1 = seen).
    """
    if plan.task == "regression":
        return pd.DataFrame({"outcome": np.round(MEAN + SCALE * (eta + random.standard_normal(len(eta))), 3)})
    if plan.task == "survival":
        time = random.exponential(size=len(eta)) * MEDIAN / np.log(2) * np.exp(-eta)
        end = random.uniform(*CENSORED, len(eta))
        return pd.DataFrame({"time_days": np.round(np.maximum(np.minimum(time, end), 0.1), 1), "event": (time <= end).astype(int)})
    chances = probabilities(plan, eta)
    classes = (random.uniform(size=len(eta))[:, None] > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1)
    return pd.DataFrame({"outcome": np.array(CLASSES[plan.task], dtype=object)[classes]})


def probabilities(plan: Plan, eta: np.ndarray) -> np.ndarray:
    """Chance of every class: (n, n_classes), rows add up to 1."""
    from scipy.special import expit

    spread = np.hypot(plan.strength, np.pi / np.sqrt(3))  # of predictor and logistic residual together
    cuts = np.array([0.0]) if plan.task == "binary" else np.array([-THIRD, THIRD]) * spread
    below = expit(cuts - eta[:, None])
    ends = np.zeros((len(eta), 1)), np.ones((len(eta), 1))
    return np.diff(np.hstack([ends[0], below, ends[1]]), axis=1)


def best(plan: Plan, parts: Mapping[str, Source]) -> dict[str, float]:
    """Best attainable score, by simulation of fresh subjects whose sources are known without error.

    Returns
    -------
    dict of str to float
        `everything`; `additive` (all but the interaction: the most that a linear model can reach); `clinical` and each modality by
        itself. The score is that of `METRICS`; what is not known of the predictor is averaged over.
    """
    random = plan.random("best")
    latents = factors.draw(parts, MANY[plan.task], random)
    truth = draw(plan, factors.predictor(parts, latents), random)
    known = {"everything": set(parts), "additive": set(parts) - {INTERACTION}}
    for modality in ("clinical", *plan.modalities):
        known[modality] = {name for name, source in parts.items() if modality in source.modalities and name != INTERACTION}
    return {
        what: round(_score(plan, truth, factors.predictor(parts, latents, names), sum(parts[name].share for name in names)), 4)
        for what, names in known.items()
    }


def _score(plan: Plan, truth: pd.DataFrame, eta: np.ndarray, share: float) -> float:
    if plan.task == "regression":
        outcome = truth["outcome"].to_numpy()
        return float(1 - np.mean((outcome - MEAN - SCALE * eta) ** 2) / outcome.var())
    if plan.task == "survival":
        from lifelines.utils import concordance_index

        return float(concordance_index(truth["time_days"], -eta, truth["event"]))
    from sklearn.metrics import roc_auc_score

    # probability given what is known: the rest of the predictor, of variance (1 - share) strength^2, is averaged over as if normal
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    rest = plan.strength * np.sqrt(max(1 - share, 0))
    chances = sum(weight * probabilities(plan, eta + rest * node) for node, weight in zip(nodes, weights / weights.sum(), strict=True))
    names = CLASSES[plan.task]
    return float(np.mean([roc_auc_score(truth["outcome"] == names[i], chances[:, i]) for i in ([1] if len(names) == 2 else range(3))]))
