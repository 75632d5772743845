"""What comes out of training a model on one fold and seed, as the tables that are written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.baselines.contract import Baseline
from mmomics.training import subsets
from mmomics.training.fold import Fold
from mmomics.training.linear_path import LinearScores
from mmomics.training.model import FusionModel
from mmomics.training.units import Unit


@dataclass
class Fit:
    """One trained unit.

    Attributes
    ----------
    unit : Unit
    fold : Fold
        With its head calibrated on the out-of-fold predictors of the training rows.
    network : FusionModel or Baseline or None
        The trained model; a FusionModel holds the members of every unit of its pass. None where there was nobody to learn from.
    scores : LinearScores or None
        The linear path of a fusion model.
    eta : Tensor (n_obs, n_out)
        Linear predictor of every subject, mean over members.
    oof : Tensor (n_obs, n_out)
        Linear predictor of the rows `held`, from fits that did not see them.
    held : Tensor (n_obs,) bool
        Training rows with an outcome that an inner fold left out.
    embedding : Tensor (n_obs, n_latent) or None
        Of the first member that learned one: embeddings of different members have no common axes. None where all kept the linear start.
    history : DataFrame
        member, epoch, term, value.
    members : Tensor (n_members, n_obs, n_out) or None
        What `eta` is the mean of; None where it is one predictor.
    hidden : Tensor (n_subsets, n_test, n_out) or None
        Linear predictor of the test rows with modalities hidden, by what `subsets.plan` asks.
    draws : Tensor (n_draws, n_obs, n_out) or None
        Of a model that was trained on several imputed data sets, what each says.
    """

    unit: Unit
    fold: Fold
    network: FusionModel | Baseline | None
    eta: Tensor
    oof: Tensor
    held: Tensor
    scores: LinearScores | None = None
    embedding: Tensor | None = None
    history: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["member", "epoch", "term", "value"]))
    members: Tensor | None = None
    hidden: Tensor | None = None
    draws: Tensor | None = None

    def lightened(self) -> Fit:
        """What it says, without what it was made from: features and networks."""
        return replace(self, fold=self.fold.emptied(), network=None, scores=None)

    def predictions(self, subjects: Any) -> pd.DataFrame:
        """Predictions of the held-out rows: repeat, fold, seed, subject and the head's columns."""
        test, head = self.fold.test, self.fold.head
        index = pd.Index(subjects[test.numpy()], name=keys.SUBJECT)
        members = None if self.members is None else head.calibrated(self.members[:, test])
        return self.unit.stamped(head.predict(head.calibrated(self.eta[test]), index, members).reset_index())

    def predictors(self, subjects: Any) -> pd.DataFrame:
        """What an ensemble learns from: repeat, fold, seed, subject, role and calibrated linear predictors eta0, eta1, ...

        Those of training rows are out-of-fold.
        """
        tables = []
        for role, rows, eta in ((keys.TRAIN, torch.nonzero(self.held)[:, 0], self.oof), (keys.TEST, self.fold.test, self.eta)):
            table = pd.DataFrame(self.fold.head.calibrated(eta[rows]).numpy()).add_prefix("eta")
            table.insert(0, keys.SUBJECT, subjects[rows.numpy()])
            table.insert(1, keys.ROLE, role)
            tables.append(table)
        return self.unit.stamped(pd.concat(tables, ignore_index=True))

    def subsets(self, subjects: Any) -> pd.DataFrame:
        """Predictions of the held-out rows with modalities hidden: repeat, fold, seed, rule, modalities, subject and the head's columns."""
        test = self.fold.test
        if self.hidden is None or not len(test):
            return pd.DataFrame()
        seen = {name: flags[test] for name, flags in self.fold.seen.items()}
        return self.unit.stamped(subsets.table(self.fold.head, self.hidden, seen, subjects[test.numpy()], subsets.plan(self.fold.x)))

    def by_draw(self, subjects: Any) -> pd.DataFrame:
        """Predictions of the held-out rows from each imputed data set: repeat, fold, seed, draw, subject and the head's columns."""
        assert self.draws is not None
        test, head = self.fold.test, self.fold.head
        index = pd.Index(subjects[test.numpy()], name=keys.SUBJECT)
        tables = [head.predict(head.calibrated(eta[test]), index).reset_index() for eta in self.draws]
        for number, table in enumerate(tables):
            table.insert(0, "draw", number)
        return self.unit.stamped(pd.concat(tables, ignore_index=True))

    def embeddings(self, subjects: Any) -> pd.DataFrame:
        """Embedding of the held-out rows by the first member: repeat, fold, seed, subject, z0, z1, ..."""
        assert self.embedding is not None
        rows = self.embedding[self.fold.test]
        table = pd.DataFrame(rows.numpy(), columns=[f"z{axis}" for axis in range(rows.shape[1])])
        table.insert(0, keys.SUBJECT, subjects[self.fold.test.numpy()])
        return self.unit.stamped(table)
