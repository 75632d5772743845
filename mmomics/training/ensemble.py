"""Combine trained models: weights per fold and seed from out-of-fold predictors, and one bundle of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.cohort.data import CohortData
from mmomics.cohort.prepare import Preparation
from mmomics.ensembles.contract import Ensemble
from mmomics.heads.contract import Head
from mmomics.training.fold import Labels
from mmomics.training.predictor import Predictor, tabulate


@dataclass
class Combined:
    """An ensemble on one fold and seed.

    Attributes
    ----------
    weights : Tensor (n_models,)
    head : Head
        Calibrated on the combined out-of-fold predictors.
    subjects : Index (n_rows,)
        Of the test rows, in the order of `eta`.
    eta : Tensor (n_rows, n_out)
        Combined predictor of the test rows.
    """

    weights: Tensor
    head: Head
    subjects: pd.Index
    eta: Tensor

    def predictions(self) -> pd.DataFrame:
        """Predictions of the test rows: subject and the head's columns."""
        return self.head.predict(self.head.calibrated(self.eta), self.subjects).reset_index()

    def predictors(self) -> pd.DataFrame:
        """What `whole` learns from: subject and eta0, eta1, ... of the test rows, as they mean the same in every fold."""
        return pd.DataFrame(self.head.common(self.eta).numpy(), self.subjects).add_prefix("eta").reset_index()


def combine(ensemble: Ensemble, labels: Labels, subjects: pd.Index, members: list[pd.DataFrame], calibration: str = "slope") -> Combined:
    """Weigh models on one fold and seed.

    Parameters
    ----------
    ensemble : Ensemble
    labels : Labels
        Of the fold, rows as `subjects`.
    subjects : Index (n_obs,)
    members : list of DataFrame
        What `Fit.predictors` gives, of one fold and seed each.
    calibration : {"slope", "isotonic"}
    """
    train, test = ([_eta(member, role) for member in members] for role in (keys.TRAIN, keys.TEST))
    rows = _common(train, subjects)
    test_rows = _common(test, subjects)
    eta = _stack(train, subjects[rows])
    y, inner, head = labels.y[rows], labels.inner[rows], labels.head.copy()
    weights = ensemble.weigh(head, eta, y, inner)
    oof = torch.einsum("k,nko->no", weights, eta)
    head.calibrate(oof, y, torch.ones(len(rows), dtype=torch.bool), inner, calibration)
    tested = pd.Index(subjects[test_rows], name=keys.SUBJECT)
    return Combined(weights, head, tested, torch.einsum("k,nko->no", weights, _stack(test, tested)))


def _eta(table: pd.DataFrame, role: str) -> pd.DataFrame:
    return table[table[keys.ROLE] == role].set_index(keys.SUBJECT).filter(regex=r"^eta\d+$")


def _common(tables: list[pd.DataFrame], subjects: pd.Index) -> Any:
    """Positions of the subjects of whom every model speaks."""
    there = pd.Series(True, subjects)
    for table in tables:
        there &= subjects.isin(table.index)
    return there.to_numpy().nonzero()[0]


def _stack(tables: list[pd.DataFrame], subjects: pd.Index) -> Tensor:
    return torch.stack([torch.from_numpy(table.loc[subjects].to_numpy(dtype="float32")) for table in tables], dim=1)


def whole(labels: Labels, subjects: pd.Index, held_out: pd.DataFrame, calibration: str = "slope") -> Head:
    """The head of the ensemble that is shipped, calibrated on what its folds predicted of subjects that they did not see.

    Parameters
    ----------
    labels : Labels
        Of the whole cohort.
    subjects : Index (n_obs,)
    held_out : DataFrame
        What `Combined.predictors` gives, of all folds and seeds.
    calibration : {"slope", "isotonic"}
    """
    head = labels.head.copy()
    mean = held_out.groupby(keys.SUBJECT).mean()
    rows = torch.from_numpy(subjects.isin(mean.index))
    eta = torch.zeros(len(subjects), mean.shape[1])
    eta[rows] = head.own(torch.from_numpy(mean.loc[subjects[rows.numpy()]].to_numpy(dtype="float32")))
    head.calibrate(eta, labels.y, rows & labels.has, labels.inner, calibration)
    return head


@dataclass
class EnsemblePredictor:
    """The shipped ensemble: its members with their weights.

    Attributes
    ----------
    method : str
    members : dict of str to Predictor
    weights : dict of str to float
        Of sum 1.
    head : Head
        Calibrated.
    """

    method: str
    members: Mapping[str, Predictor]
    weights: Mapping[str, float]
    head: Head

    @property
    def preparation(self) -> Preparation:
        """Preprocessing of every modality that a member takes."""
        return {name: fitted for member in self.members.values() for name, fitted in member.preparation.items()}

    def predict(self, data: CohortData) -> pd.DataFrame:
        """Predictions of every subject, as those of any model; `low_` and `high_` give the range over the members."""
        etas: list[Tensor] = []
        seen: dict[str, Tensor] = {}
        for member in self.members.values():
            eta, flags = member.eta(data)
            etas.append(member.head.calibrated(eta.mean(0)))
            seen |= flags
        weights = torch.tensor(list(self.weights.values()))
        stacked = torch.stack(etas)
        return tabulate(self.head, torch.einsum("k,kno->no", weights, stacked), stacked, data.subjects, seen)
