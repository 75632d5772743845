"""What ensembles of trees share: their features, the exposure that makes survival a count, and trees as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmomics.baselines import contract
from mmomics.baselines.contract import joined
from mmomics.heads.survival import cumulative_hazard

CHUNK = 1024  # rows walked down all trees together


@dataclass
class Tree:
    """One tree as scikit-learn grew it: every array has one entry per node, the first is the root.

    Attributes
    ----------
    left, right : ndarray of int
        Positions of the children; a leaf's are below zero.
    feature : ndarray of int
    threshold : ndarray of float
        A row goes left if its feature is at most this.
    value : ndarray (n_nodes, n_votes)
    lost_left : ndarray of bool
        Whether a row goes left whose feature is missing (NaN).
    """

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    value: np.ndarray
    lost_left: np.ndarray


@dataclass
class Trees:
    """Many trees as tensors, their nodes one after another.

    Attributes
    ----------
    roots : Tensor (n_trees,) int
    left, right : Tensor (n_nodes,) int
        Positions among all nodes, -1 at a leaf.
    feature, threshold, lost_left : Tensor (n_nodes,)
    value : Tensor (n_nodes, n_votes)
    """

    roots: Tensor
    left: Tensor
    right: Tensor
    feature: Tensor
    threshold: Tensor
    value: Tensor
    lost_left: Tensor

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> Trees:
        """At least one tree."""
        sizes = np.array([len(tree.feature) for tree in trees])
        starts = np.cumsum(sizes) - sizes
        start = np.repeat(starts, sizes)

        def joint(name: str) -> np.ndarray:
            return np.concatenate([getattr(tree, name) for tree in trees])

        def child(name: str) -> np.ndarray:
            place = joint(name).astype(np.int64)
            return np.where(place < 0, -1, place + start)

        feature = np.maximum(joint("feature").astype(np.int64), 0)
        parts = (starts, child("left"), child("right"), feature, joint("threshold"), joint("value"), joint("lost_left"))
        return cls(*(torch.as_tensor(part) for part in parts))

    def leaf_values(self, features: Tensor) -> Tensor:
        """What every tree says of every row (n_obs, n_trees, n_votes), of features (n_obs, n_vars)."""
        node = self.roots.expand(len(features), -1)
        while (inside := self.left[node] >= 0).any():
            value = features.gather(1, self.feature[node])
            goes_left = (value <= self.threshold[node]) | (value.isnan() & self.lost_left[node])
            node = torch.where(inside, torch.where(goes_left, self.left[node], self.right[node]), node)
        return self.value[node]


class Baseline(contract.Baseline):
    """A baseline whose trees are buffers."""

    roots: Tensor
    left: Tensor
    right: Tensor
    feature: Tensor
    threshold: Tensor
    value: Tensor
    lost_left: Tensor

    def keep_trees(self, trees: Trees) -> None:
        """Save trees in the model."""
        for name, value in vars(trees).items():
            self.keep(name, value)

    def total(self, features: Tensor) -> Tensor:
        """Sum over the trees (n_obs, n_votes), in the precision that they were grown in."""
        trees = Trees(self.roots, self.left, self.right, self.feature, self.threshold, self.value, self.lost_left)
        return torch.cat([trees.leaf_values(rows).sum(1) for rows in features.split(CHUNK)])


def features_of(x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
    """All modalities side by side, and which of them a row has (n_obs, sum of n_vars + n_modalities)."""
    return torch.cat([joined(x), torch.stack([seen[name] for name in x], dim=1).float()], dim=1)


def exposure(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Nelson-Aalen cumulative hazard at each row's own time; never zero, for rows that leave before the first event."""
    return np.maximum(cumulative_hazard(time, event, np.ones(len(time))), 0.5 / len(time))


def target_of(task: str, y: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """What trees are grown to predict (n_obs,) of a head's target (n_obs, n_target), and the weight of every row or None.

    A survival tree under proportional hazards is a Poisson tree on events, with the baseline cumulative hazard as exposure (LeBlanc &
    Crowley 1992, doi:10.2307/2532300): the rate is weighted by it.
    """
    if task == "multiclass":
        return y.argmax(1), None
    if task == "survival":
        weight = exposure(y[:, 0], y[:, 1])
        return y[:, 1] / weight, weight
    return y[:, 0], None
