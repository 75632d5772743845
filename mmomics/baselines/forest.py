"""Random forest over all features (Breiman 2001, doi:10.1023/A:1010933404324); for survival, a relative-risk forest.

A survival tree under proportional hazards is a Poisson tree on events with the baseline cumulative hazard as exposure (LeBlanc &
Crowley 1992, doi:10.2307/2532300; Ishwaran et al. 2004, "Relative risk forests"), so scikit-learn's forest serves all outcomes.
Trees are saved as arrays. Which assays a subject has are features too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmomics.baselines import contract
from mmomics.baselines.contract import TrainingRows, joined

EXPLAINABLE = False  # trees have no gradients to attribute
SMALLEST_P = 0.01  # a forest's vote of 0 or 1 is no certainty; and the logit must be finite


@dataclass
class Params(contract.Params):
    """Settings of `forest`."""

    n_trees: int = 500
    min_samples_leaf: int = 3


class Baseline(contract.Baseline):
    """Out-of-bag predictors serve calibration, so no inner fits are needed."""

    roots: Tensor  # (n_trees,) positions among the nodes of all trees
    left: Tensor  # (n_nodes,) position of the child, -1 at a leaf
    right: Tensor
    feature: Tensor
    threshold: Tensor
    value: Tensor  # (n_nodes, n_votes)

    def fit(self, rows: TrainingRows) -> Tensor:
        y = rows.y.double().numpy()
        target, weight = y[:, 0], None
        if self.task == "multiclass":
            target = y.argmax(1)
        elif self.task == "survival":
            weight = _exposure(y[:, 0], y[:, 1])
            target = y[:, 1] / weight
        forest = self._forest(rows.seed).fit(_features(rows.x, rows.seen).numpy(), target, sample_weight=weight)
        classifies = self.task in ("binary", "multiclass")
        votes = forest.oob_decision_function_ if classifies else forest.oob_prediction_[:, None]
        # a class that no training row has gets no vote
        classes = torch.as_tensor(forest.classes_).long() if classifies else torch.zeros(1, dtype=torch.long)
        n_votes = 2 if self.task == "binary" else rows.head.n_out
        self._keep_trees(forest, classes, n_votes)
        return self._predictor(torch.zeros(len(y), n_votes).index_copy(1, classes, torch.as_tensor(votes).float()))

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        features = _features(x, seen)
        rows = torch.arange(len(features))
        total = torch.zeros(len(features), self.value.shape[-1])
        for root in self.roots:
            node = root.repeat(len(features))
            while (inside := self.left[node] >= 0).any():
                goes_left = features[rows, self.feature[node].clamp_min(0)] <= self.threshold[node]
                node = torch.where(inside, torch.where(goes_left, self.left[node], self.right[node]), node)
            total += self.value[node]
        return self._predictor(total / len(self.roots))

    def _forest(self, seed: int) -> Any:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        common = {
            "n_estimators": self.params.n_trees, "min_samples_leaf": self.params.min_samples_leaf, "max_features": "sqrt",
            "oob_score": True, "random_state": seed, "n_jobs": 1,
        }  # fmt: skip
        if self.task in ("binary", "multiclass"):
            return RandomForestClassifier(**common)
        return RandomForestRegressor(criterion="poisson" if self.task == "survival" else "squared_error", **common)

    def _keep_trees(self, forest: Any, classes: Tensor, n_votes: int) -> None:
        trees = [estimator.tree_ for estimator in forest.estimators_]
        sizes = np.array([tree.node_count for tree in trees])
        starts = np.cumsum(sizes) - sizes

        def children(side: str) -> Tensor:  # positions among the nodes of all trees; -1 at a leaf
            arrays = [np.where((child := getattr(tree, side)) < 0, -1, child + start) for tree, start in zip(trees, starts, strict=True)]
            return torch.as_tensor(np.concatenate(arrays))

        value = torch.as_tensor(np.concatenate([tree.value[:, 0] for tree in trees])).float()
        self.keep("roots", torch.as_tensor(starts))
        self.keep("left", children("children_left"))
        self.keep("right", children("children_right"))
        self.keep("feature", torch.as_tensor(np.concatenate([tree.feature for tree in trees])).long())
        self.keep("threshold", torch.as_tensor(np.concatenate([tree.threshold for tree in trees])))
        self.keep("value", torch.zeros(len(value), n_votes).index_copy(1, classes, value))

    def _predictor(self, votes: Tensor) -> Tensor:
        """Shares of votes, or a prediction, on the scale of the head's linear predictor."""
        if self.task == "regression":
            return votes
        if self.task == "survival":
            return torch.log(votes.clamp_min(SMALLEST_P))
        p = votes.clamp(SMALLEST_P, 1 - SMALLEST_P)
        return torch.logit(p[:, 1:]) if self.task == "binary" else torch.log(p)


def _features(x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
    return torch.cat([joined(x), torch.stack([seen[name] for name in x], dim=1).float()], dim=1)


def _exposure(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Nelson-Aalen cumulative hazard at each row's own time; never zero, for rows that leave before the first event."""
    at_risk = (time[None, :] >= time[:, None]).sum(1)
    step = event / at_risk
    return np.maximum((step[None, :] * (time[None, :] <= time[:, None])).sum(1), 0.5 / len(time))
