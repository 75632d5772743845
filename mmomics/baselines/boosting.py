"""Gradient boosted trees over all features (Friedman 2001, doi:10.1214/aos/1013203451); for survival, boosted relative risks.

scikit-learn's histogram trees, one model per inner fold left out, all of as many rounds as the folds that they left out ask for; the
prediction is the mean of these models. What a subject lacks is missing to the trees, which learn which way it goes where training
subjects lack it; where none does, it goes the way of most, so that subjects with far fewer assays are told with a bias. A survival outcome
is a count with the baseline cumulative hazard as exposure, as in `forest`. With few subjects most of thousands of features are noise
and only cost time, so each model looks at those with the strongest slope or bend of the loss alone (Fan & Lv 2008,
doi:10.1111/j.1467-9868.2008.00674.x), chosen on the rows that it learns from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmomics.baselines import _trees, contract
from mmomics.baselines._trees import Tree, Trees, features_of, target_of
from mmomics.baselines.contract import TrainingRows
from mmomics.heads.contract import Head
from mmomics.nn.elastic_net import loss_and_slope

EXPLAINABLE = False  # trees have no gradients to attribute
SPACE = {"learning_rate": [0.05, 0.1, 0.2], "max_leaf_nodes": [3, 6, 12], "min_samples_leaf": [3, 5, 10], "max_features": [0.1, 0.3, 1.0]}
LIMITS = {"learning_rate": (1e-6, None), "max_leaf_nodes": (2, None), "max_features": (1e-6, 1.0)}  # scikit-learn's
N_BINS = 31  # values that a threshold may have; more cost time, and change little with hundreds of rows
HALF = 0.5  # rows that an event or a class without any counts as


@dataclass
class Params(contract.Params):
    """Settings of `boosting`."""

    n_rounds: int = 100  # at most
    learning_rate: float = 0.1
    max_leaf_nodes: int = 6
    min_samples_leaf: int = 5
    max_features: float = 0.3  # share that a split looks at
    n_features: int = 500  # that a model looks at
    l2: float = 1.0  # of the leaves' values


class Baseline(_trees.Baseline):
    """Trees of all inner models, their values divided by the number of models; the first of each is a leaf, where it starts."""

    def fit(self, rows: TrainingRows) -> Tensor:
        features, folds = _features(rows.x, rows.seen), rows.inner.unique()
        eta = torch.zeros(self.params.n_rounds, len(rows.y), rows.head.n_out, dtype=torch.float64)
        models: list[list[list[Tree]]] = []
        for fold in folds:
            learn = rows.inner != fold
            chosen = screened(rows.head, features[learn], rows.y[learn], self.params.n_features)
            model = self._grow(features[learn][:, chosen].numpy(), learn, rows)
            column = chosen.numpy() if len(chosen) else np.zeros(1, dtype=int)  # where nothing varies, all trees are leaves
            models.append([[replace(tree, feature=column[tree.feature]) for tree in trees] for trees in model])
            eta[:, ~learn] = staged(models[-1], features[~learn])
        best = int(rows.head.loss(eta, rows.y, torch.ones(len(rows.y))).argmin())
        kept = [tree for model in models for trees in model[: best + 2] for tree in trees]
        self.keep_trees(Trees.of([replace(tree, value=tree.value / len(folds)) for tree in kept]))
        return eta[best].float()

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return self.total(_features(x, seen)).float()

    def _grow(self, features: np.ndarray, learn: Tensor, rows: TrainingRows) -> list[list[Tree]]:
        """A leaf, where the model starts, and the trees of every round, grown on the features of the rows (n_obs,) bool to learn from."""
        y = rows.y[learn].double().numpy()
        target, weight = target_of(self.task, y)
        first = _start(self.task, y, weight)
        start = _leaf(np.pad(first, (0, rows.head.n_out - len(first))))  # of survival in discrete time the level alone
        if rows.weight is not None:  # the trees grow from even odds; that the model starts at the prior corrects for it
            weight = rows.weight[learn].double().numpy()
        if len(np.unique(target)) == 1 or not features.shape[1]:
            return [[start], *[[_leaf(np.zeros(rows.head.n_out))]] * self.params.n_rounds]
        # with the bins of their own, trees of weighted rows would cost ten times as much
        edges = np.nanquantile(features.astype(np.float64), np.linspace(0, 1, N_BINS + 1)[1:-1], axis=0)
        model = self._model(rows.seed).fit(binned(features, edges), target, sample_weight=weight)
        # a tree of two classes speaks for the second, a tree of a number for the number
        several = self.task == "multiclass"
        columns = [0] if not several else list(model.classes_) if len(model.classes_) > 2 else [model.classes_[1]]
        rounds = [
            [_plain(tree.nodes, column, rows.head.n_out, edges) for tree, column in zip(trees, columns, strict=True)]
            for trees in model._predictors
        ]
        return [[start], *rounds]

    def _model(self, seed: int) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        params = self.params
        common = {
            "max_iter": params.n_rounds, "learning_rate": params.learning_rate, "max_leaf_nodes": params.max_leaf_nodes,
            "min_samples_leaf": params.min_samples_leaf, "max_features": params.max_features, "l2_regularization": params.l2,
            "max_bins": N_BINS, "early_stopping": False, "random_state": seed,
        }  # fmt: skip
        if self.task in ("binary", "multiclass"):
            return HistGradientBoostingClassifier(**common)
        return HistGradientBoostingRegressor(loss="poisson" if self.task == "survival" else "squared_error", **common)


def screened(head: Head, features: Tensor, y: Tensor, most: int) -> Tensor:
    """Positions of the features that bear on the outcome, in order: (at most `most`,).

    By correlation of the loss' slope at nought with the feature or with its square, whichever is larger. What is missing counts as the
    mean, and a feature that has one value at most says no more than whether its assay is seen, which is a feature too.
    """
    varies = features.nan_to_num(-torch.inf).amax(0) > features.nan_to_num(torch.inf).amin(0)
    useful = torch.nonzero(varies)[:, 0]
    if len(useful) <= most:
        return useful
    _, slope = loss_and_slope(head, torch.zeros(1, len(y), head.n_out), y, torch.ones(1, len(y)))
    slope = slope[0] - slope[0].mean(0)
    plain = features.nan_to_num(0.0)
    bent = (features - features.nanmean(0).nan_to_num(0.0)).square()
    bent = (bent - bent.nanmean(0)).nan_to_num(0.0)
    strength = [(part.T @ slope).abs().amax(1) / part.norm(dim=0).clamp_min(1e-12) for part in (plain, bent)]
    return torch.maximum(*strength).masked_fill(~varies, -1.0).topk(most).indices.sort().values


def staged(model: list[list[Tree]], features: Tensor) -> Tensor:
    """Predictor after every round (n_rounds, n_obs, n_out)."""
    n_trees = torch.tensor([len(trees) for trees in model])
    values = Trees.of([tree for trees in model for tree in trees]).leaf_values(features).transpose(0, 1)
    own = torch.arange(len(model)).repeat_interleave(n_trees)
    return torch.zeros(len(model), *values.shape[1:], dtype=values.dtype).index_add_(0, own, values).cumsum(0)[1:]


def _features(x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
    """Features of all modalities, NaN where not seen, and what is seen."""
    return features_of({name: values.where(seen[name].unsqueeze(-1), torch.nan) for name, values in x.items()}, seen)


def _start(task: str, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Predictor (n_out,) of the model without a feature."""
    if task == "regression":
        return y.mean(0)
    if weight is not None:  # survival
        return np.log(np.maximum(y[:, 1].sum(keepdims=True), HALF) / weight.sum())
    if task == "binary":
        return np.log(np.maximum(y.sum(0), HALF) / np.maximum((1 - y).sum(0), HALF))
    return np.log(np.maximum(y.sum(0), HALF) / len(y))


def _leaf(value: np.ndarray) -> Tree:
    """A tree that says one thing (n_out,) of everyone."""
    nowhere = np.full(1, -1)
    return Tree(nowhere, nowhere, np.zeros(1, dtype=int), np.zeros(1), value[None], np.zeros(1, dtype=bool))


def binned(features: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Bin of every value (n_obs, n_vars), NaN stays: how many of its feature's edges (n_edges, n_vars) it exceeds."""
    bins = np.zeros(features.shape)
    for edge in edges:
        bins += features > edge
    return np.where(np.isnan(features), np.nan, bins)


def _plain(nodes: np.ndarray, column: int, n_out: int, edges: np.ndarray) -> Tree:
    """A tree of scikit-learn's, grown on bins: thresholds become edges, and values (n_nodes,) go to one output."""
    leaf = nodes["is_leaf"].astype(bool)
    value = np.zeros((len(nodes), n_out))
    value[:, column] = np.where(leaf, nodes["value"], 0.0)
    left, right = (np.where(leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
    feature = np.where(leaf, 0, nodes["feature_idx"].astype(np.int64))
    # a bin of at most k is a value of at most edge k; infinite where only missing values go right
    bound = np.where(leaf, 0.0, nodes["num_threshold"])
    place = np.where(np.isfinite(bound), bound, 0).astype(np.int64)
    threshold = np.where(np.isfinite(bound), edges[place, feature], bound)
    return Tree(left, right, feature, threshold, value, nodes["missing_go_to_left"].astype(bool))
