"""One fold as tensors: prepared features of every subject, and the outcome of the training rows only."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from mmomics import keys
from mmomics.cohort.data import CohortData
from mmomics.cohort.outcome import further
from mmomics.cohort.prepare import Preparation, apply
from mmomics.heads import head_of
from mmomics.heads.contract import Head
from mmomics.nn.sizes import Sizes

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Labels:
    """Who trains and who tests in one fold, and on which outcome. The rows are all subjects of the cohort, in its order.

    Attributes
    ----------
    head : Head
        Learned on the training rows.
    y : Tensor (n_obs, n_target)
    has : Tensor (n_obs,) bool
        Rows whose outcome may be learned from: training rows with an outcome. The outcome of test rows is blanked.
    train, test : Tensor (n_rows,) int
        Positions.
    inner : Tensor (n_obs,) int
        Inner fold of the training rows, -1 for test rows.
    """

    head: Head
    y: Tensor
    has: Tensor
    train: Tensor
    test: Tensor
    inner: Tensor

    @property
    def inner_folds(self) -> list[int]:
        """The inner folds that hold a row; of complete subjects alone, some may hold none."""
        return sorted(set(self.inner[self.inner >= 0].tolist()))

    def held_out(self, n_members: int) -> list[int]:
        """The inner fold that each member of an ensemble keeps for validation: all in turn."""
        folds = self.inner_folds
        return [folds[member % len(folds)] for member in range(n_members)]

    def left_out(self, held: Tensor) -> Tensor:
        """Place among `inner_folds` of the one that the predictors of rows `held` (n_obs,) bool left out (n_obs,), -1 of all others."""
        folds = self.inner.new_tensor(self.inner_folds)
        return torch.searchsorted(folds, self.inner).where(held, torch.tensor(-1))


@dataclass
class Target:
    """A further outcome of a fold: head, y (n_obs, n_target), and the training rows that have it (n_obs,) bool."""

    head: Head
    y: Tensor
    has: Tensor


@dataclass(kw_only=True)
class Fold(Labels):
    """One fold with its features.

    Attributes
    ----------
    repeat, fold : int
    preparation : Preparation
        Restricted to the modalities of the model.
    x, seen : dict of str to Tensor
        Features (n_obs, n_vars), as many in every fold of a cohort (a fold that kept fewer is filled up with zeros), and whether they
        were measured (n_obs,). A modality from which nothing can be learned in this fold is not seen in it.
    windows : dict of str to (n_channels, n_times)
        The modalities whose features are windows of a signal.
    also : dict of str to Target
        Further outcomes that are learned beside the first.
    measured : dict of str to Tensor (n_obs, n_vars) bool
        Of modalities with gaps: the features that were measured, and not filled in, of those who have it.
    """

    repeat: int
    fold: int
    preparation: Preparation
    x: dict[str, Tensor]
    seen: dict[str, Tensor]
    windows: dict[str, tuple[int, int]] = field(default_factory=dict)
    also: dict[str, Target] = field(default_factory=dict)
    measured: dict[str, Tensor] = field(default_factory=dict)

    @property
    def n_vars(self) -> Sizes:
        """Features of each modality, and which are windows."""
        return Sizes({name: values.shape[1] for name, values in self.x.items()}, self.windows)

    @property
    def n_bytes(self) -> int:
        """Memory that the features take."""
        return sum(values.nbytes for values in self.x.values())

    @property
    def digests(self) -> dict[str, Tensor]:
        """Of each modality a number (1,) int64 of its features, of who learns from which outcome, and of who is left out when."""
        found = {}
        for name in self.x:
            parts = self.has, self.inner, self.y, self.seen[name], self.x[name]
            content = hashlib.sha256(b"".join(hashlib.sha256(part.contiguous().numpy().data).digest() for part in parts)).digest()
            found[name] = torch.frombuffer(bytearray(content[:8]), dtype=torch.int64)
        return found

    def emptied(self) -> Fold:
        """The fold without features: who is in it, what was seen, and the outcome."""
        return replace(self, x={name: values.new_zeros(0, values.shape[1]) for name, values in self.x.items()}, measured={})

    @property
    def featured(self) -> list[str]:
        """The modalities that stand in features: all but windows of a signal."""
        return [name for name in self.x if name not in self.windows]

    def features(self, modality: str) -> tuple[str, ...]:
        """Names of the features of a modality, without the filling; none where this fold can learn nothing from it."""
        return tuple(map(str, self.preparation[modality].features)) if modality in self.preparation else ()


def make(
    data: CohortData,
    splits: pd.DataFrame,
    preparations: dict[tuple[int, int], Preparation],
    repeat: int,
    fold: int,
    modalities: list[str] | None,
) -> Fold:
    """Assemble one fold for a model that may see `modalities` (None = all)."""
    labels = label(data.obs, data.outcome, splits, repeat, fold)
    also = {}
    for name, about in data.also.items():
        other = label(further(data.obs, name), about, splits, repeat, fold)
        also[name] = Target(other.head, other.y, other.has)
    preparation = {name: fitted for name, fitted in preparations[repeat, fold].items() if modalities is None or name in modalities}
    n_vars = sizes(preparations, modalities)
    x, seen = tensors(data, preparation, n_vars)
    learned = torch.stack([labels.has, *(target.has for target in also.values())]).any(0)
    for name in [name for name, flags in seen.items() if not (flags & learned).any()]:
        seen[name] = torch.zeros_like(seen[name])
        preparation.pop(name, None)  # a bundle must not see on new subjects what it has never learned from
        log.warning("repeat %d, fold %d: no training subject with an outcome has %s, so it is left out", repeat, fold, name)
    return Fold(
        **vars(labels), also=also, repeat=repeat, fold=fold, preparation=preparation, x=x, seen=seen, windows=n_vars.windows,
        measured=entries(data, preparation, n_vars),
    )  # fmt: skip


def label(obs: pd.DataFrame, outcome: dict[str, Any], splits: pd.DataFrame, repeat: int, fold: int) -> Labels:
    """The part of a fold that needs no features: who trains, and on which outcome."""
    own = splits[(splits[keys.REPEAT] == repeat) & (splits[keys.FOLD] == fold)].set_index(keys.SUBJECT).reindex(obs.index)
    is_train = (own[keys.ROLE] == keys.TRAIN).to_numpy()
    outcome = dict(outcome)
    if outcome["task"] == "survival":
        from mmomics.heads.survival import times

        outcome["times"] = times(obs)
    head = head_of(outcome).fit(outcome, obs[is_train])
    y, has = head.target(obs)
    has &= torch.from_numpy(is_train)
    return Labels(
        head=head, y=y * has[:, None], has=has,
        train=torch.from_numpy(np.flatnonzero(is_train)),
        test=torch.from_numpy(np.flatnonzero((own[keys.ROLE] == keys.TEST).to_numpy())),
        inner=torch.from_numpy(own[keys.INNER].fillna(-1).to_numpy(dtype="int64")),
    )  # fmt: skip


def sizes(preparations: dict[tuple[int, int], Preparation], modalities: list[str] | None) -> Sizes:
    """The most features that any fold keeps of each modality; one, never seen, where no fold can learn from a model's only modality."""
    kept: dict[str, int] = {}
    windows: dict[str, tuple[int, int]] = {}
    for preparation in preparations.values():
        for name, fitted in preparation.items():
            if modalities is None or name in modalities:
                kept[name] = max(kept.get(name, 0), len(fitted.features))
                if fitted.shape is not None:
                    windows[name] = fitted.shape
    if modalities and not kept:
        kept = {modalities[0]: 1}
    return Sizes(kept, windows)


def tensors(data: CohortData, preparation: Preparation, n_vars: dict[str, int]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Prepared features (n_obs, n_vars) of each modality, filled up with zeros, and what is seen (n_obs,).

    A modality that the preparation or the cohort lacks is not seen.
    """
    prepared = apply({name: fitted for name, fitted in preparation.items() if name in data.values}, data)
    x, seen = {}, {}
    for name, size in n_vars.items():
        there = name in prepared
        values = torch.from_numpy(prepared[name]) if there else torch.zeros(len(data.subjects), 0)
        x[name] = F.pad(values, (0, size - values.shape[1]))
        seen[name] = torch.from_numpy(data.seen[name]) if there else torch.zeros(len(data.subjects), dtype=torch.bool)
    return x, seen


def entries(data: CohortData, preparation: Preparation, n_vars: Sizes) -> dict[str, Tensor]:
    """The kept features (n_obs, n_vars) bool that were measured of those who have a modality; without covariates, windows and those
    without a gap.
    """
    found = {}
    for name, fitted in preparation.items():
        if name == keys.CLINICAL or name in n_vars.windows or name not in data.values:
            continue
        position = pd.Index(data.features[name]).get_indexer(fitted.features)
        there = ~np.isnan(data.values[name][:, position]) & (position >= 0)
        if not there[data.seen[name]].all():
            found[name] = F.pad(torch.from_numpy(there), (0, n_vars[name] - len(position)), value=True)
    return found
