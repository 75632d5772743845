"""Random forest over all features (Breiman 2001, doi:10.1023/A:1010933404324); for survival, a relative-risk forest.

A survival tree under proportional hazards is a Poisson tree on events with the baseline cumulative hazard as exposure (LeBlanc &
Crowley 1992, doi:10.2307/2532300; Ishwaran et al. 2004, "Relative risk forests"), so scikit-learn's forest serves all outcomes.
Trees are saved as arrays. Which assays a subject has are features too, as far as training subjects lack some: what trees say of
subjects with far fewer assays is biased, as nothing was learned with assays hidden.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mmomics.baselines import _trees, contract
from mmomics.baselines._trees import Tree, Trees, features_of, target_of
from mmomics.baselines.contract import TrainingRows
from mmomics.heads.contract import NOTHING

EXPLAINABLE = False  # trees have no gradients to attribute
SPACE = {"min_samples_leaf": [1, 3, 5, 10]}
SMALLEST_P = 0.01  # a forest's vote of 0 or 1 is no certainty; and the logit must be finite


@dataclass
class Params(contract.Params):
    """Settings of `forest`."""

    n_trees: int = 500
    min_samples_leaf: int = 3


class Baseline(_trees.Baseline):
    """Out-of-bag predictors serve calibration, so no inner fits are needed."""

    def fit(self, rows: TrainingRows) -> Tensor:
        target, weight = target_of(self.task, rows.y.double().numpy())
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Some inputs do not have OOB scores")  # they are marked below
            forest = self._forest(rows.seed, balanced=rows.weight is not None)
            forest.fit(features_of(rows.x, rows.seen).numpy(), target, sample_weight=weight)
        classifies = self.task in ("binary", "multiclass")
        votes = forest.oob_decision_function_ if classifies else forest.oob_prediction_[:, None]
        # a class that no training row has gets no vote
        classes = forest.classes_.astype(int) if classifies else np.zeros(1, dtype=int)
        n_votes = 2 if self.task == "binary" else rows.head.n_out
        self.keep_trees(Trees.of([_plain(estimator.tree_, classes, n_votes) for estimator in forest.estimators_]))
        always = _always_in_bag(forest, (votes == 0).all(1))
        return self._predictor(torch.as_tensor(_spread(votes, classes, n_votes))).masked_fill(always[:, None], NOTHING)

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return self._predictor(self.total(features_of(x, seen)) / len(self.roots))

    def _forest(self, seed: int, balanced: bool = False) -> Any:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        common = {
            "n_estimators": self.params.n_trees, "min_samples_leaf": self.params.min_samples_leaf, "max_features": "sqrt",
            "oob_score": True, "random_state": seed, "n_jobs": 1,
        }  # fmt: skip
        if self.task in ("binary", "multiclass"):
            # weights of rows would decide who is in the bag, and leave none of a rare class out of it: each bag is weighed by itself
            return RandomForestClassifier(**common, class_weight="balanced_subsample" if balanced else None)
        return RandomForestRegressor(criterion="poisson" if self.task == "survival" else "squared_error", **common)

    def _predictor(self, votes: Tensor) -> Tensor:
        """Shares of votes, or a prediction, on the scale of the head's linear predictor."""
        votes = votes.float()
        if self.task == "regression":
            return votes
        if self.task == "survival":
            level = torch.log(votes[:, :1].clamp_min(SMALLEST_P))
            return F.pad(level, (0, votes.shape[1] - 1))  # at all times
        p = votes.clamp(SMALLEST_P, 1 - SMALLEST_P)
        return torch.logit(p[:, 1:]) if self.task == "binary" else torch.log(p)


def _always_in_bag(forest: Any, silent: np.ndarray) -> Tensor:
    """Rows (n_obs,) bool that every tree learned from, among those that out of bag nobody speaks for: with few trees there are some."""
    always = silent.copy()
    for bag in forest.estimators_samples_ if always.any() else []:
        always &= np.bincount(bag, minlength=len(always)) > 0
    return torch.from_numpy(always)


def _plain(tree: Any, classes: np.ndarray, n_votes: int) -> Tree:
    """Nothing is missing here: what is not seen stands at its mean."""
    value = _spread(tree.value[:, 0], classes, n_votes)
    never = np.zeros(tree.node_count, dtype=bool)
    return Tree(tree.children_left, tree.children_right, tree.feature, tree.threshold, value, never)


def _spread(votes: np.ndarray, classes: np.ndarray, n_votes: int) -> np.ndarray:
    """Votes (n, n_classes) for the classes that there are, among all (n, n_votes)."""
    out = np.zeros((len(votes), n_votes))
    out[:, classes] = votes
    return out
