"""The folds of a cohort, each made when it is asked for: memory holds the cohort once, and not once per fold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

import pandas as pd

from mmomics.cohort.data import CohortData, read_cohort
from mmomics.cohort.prepare import Preparation, load
from mmomics.training import fold
from mmomics.training.fold import Fold
from mmomics.training.units import Place, Unit

KEPT = 2**27  # bytes of features that are kept at hand, so that folds of a small cohort are made once


@dataclass
class Folds:
    """A cohort with its splits and fitted preprocessing: what every job of the training stage starts from."""

    data: CohortData
    splits: pd.DataFrame
    preparations: dict[Place, Preparation]

    @classmethod
    def read(cls, cohort: str | Path, splits: str | Path, prepared: str | Path) -> Folds:
        """From `cohort.h5mu`, `splits.parquet` and `prepare.safetensors`."""
        return cls(read_cohort(cohort), pd.read_parquet(splits), load(prepared))

    def make(self, place: Place, modalities: list[str] | None = None) -> Fold:
        """The fold at (repeat, fold), for a model that may see `modalities` (None = all)."""
        return fold.make(self.data, self.splits, self.preparations, *place, modalities)

    def of(self, units: Iterable[Unit], modalities: list[str] | None = None) -> ModelFolds:
        """The folds of these units, for a model that may see `modalities` (None = all)."""
        return ModelFolds(self, list(dict.fromkeys(unit.place for unit in units)), modalities)


class ModelFolds(Mapping[Place, Fold]):
    """The folds of a model by (repeat, fold). Those that do not fit into `KEPT` are there for as long as they are in use.

    Parameters
    ----------
    folds : Folds
    places : list of (repeat, fold)
    modalities : list of str, optional
        What the model may see; None is all.
    """

    def __init__(self, folds: Folds, places: list[Place], modalities: list[str] | None) -> None:
        self.folds, self.places, self.modalities = folds, places, modalities
        self._kept: dict[Place, Fold] = {}
        self._alive: WeakValueDictionary[Place, Fold] = WeakValueDictionary()

    def __getitem__(self, place: Place) -> Fold:
        if place not in self.places:
            raise KeyError(place)
        found = self._alive.get(place)
        if found is None:
            found = self._alive[place] = self.folds.make(place, self.modalities)
            if sum(fold.n_bytes for fold in [found, *self._kept.values()]) <= KEPT:
                self._kept[place] = found
        return found

    def __iter__(self) -> Iterator[Place]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)
