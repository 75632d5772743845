"""A trained model ready for any subjects: fitted preprocessing, network, calibrated head. No training data needed."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.baselines.contract import Baseline
from mmomics.cohort.data import CohortData
from mmomics.cohort.prepare import Preparation
from mmomics.heads.contract import Head, where_seen
from mmomics.nn.sizes import Sizes
from mmomics.training.fitted import Fit
from mmomics.training.fold import tensors
from mmomics.training.linear_path import LinearStart
from mmomics.training.model import FusionModel
from mmomics.training.rows import CHUNK

log = logging.getLogger(__name__)


@dataclass
class Predictor:
    """One trained unit.

    Attributes
    ----------
    method : str
        Name of the plug-in.
    preparation : Preparation
        Of the modalities that the model may see.
    network : FusionModel or Baseline
    head : Head
        Calibrated.
    start : LinearStart or None
        The linear models that a fusion model contains; None for baselines.
    n_vars : Sizes
        Modalities and features that the network takes: at least those of the preparation.
    """

    method: str
    preparation: Preparation
    network: FusionModel | Baseline
    head: Head
    start: LinearStart | None
    n_vars: Sizes

    @classmethod
    def of(cls, fit: Fit, method: str) -> Predictor:
        """From a unit that trained by itself, so that the network's members are its own."""
        assert fit.network is not None
        start = fit.scores.start if fit.scores else None
        return cls(method, fit.fold.preparation, fit.network, fit.fold.head, start, fit.fold.n_vars)

    @property
    def n_members(self) -> int:
        """Networks in the ensemble; 1 for a baseline."""
        return 1 if isinstance(self.network, Baseline) else len(self.network.method.streams)

    def member_eta(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        """Uncalibrated linear predictors (n_members, n_obs, n_out) of x {modality: (n_members, n_obs, n_vars)}; gradients flow to x."""
        self.network.eval()
        if isinstance(self.network, Baseline):
            own = {name: values[0] for name, values in x.items()}
            return self.network(own, {name: flags[0] for name, flags in seen.items()}).unsqueeze(0)
        assert self.start is not None  # every fusion model has one
        return self.network(x, seen, self.start.scores(x))[0]

    def widened(self, tensors: dict[str, Tensor], rows: Tensor) -> dict[str, Tensor]:
        """Some rows of {modality: (n_obs, ...)}, the same for every member: {modality: (n_members, n_rows, ...)}."""
        return {name: values[rows].expand(self.n_members, *values[rows].shape) for name, values in tensors.items()}

    def tensors(self, data: CohortData) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Prepared features and what is seen of a cohort, for every modality of the model; those that it lacks are not seen."""
        for name, fitted in self.preparation.items():
            if name in data.values:
                absent = float(np.mean(~np.isin(fitted.features, data.features[name])))
                if absent:
                    log.warning("%s: %.0f %% of the model's features are not there and stand at their mean", name, 100 * absent)
        return tensors(data, self.preparation, self.n_vars)

    @torch.no_grad()
    def eta(self, data: CohortData) -> tuple[Tensor, dict[str, Tensor]]:
        """Uncalibrated linear predictors (n_members, n_obs, n_out) of every subject, and what they rest on {modality: (n_obs,)}."""
        x, seen = self.tensors(data)
        chunks = torch.arange(len(data.subjects)).split(CHUNK["cpu"])
        eta = torch.cat([self.member_eta(self.widened(x, rows), self.widened(seen, rows)) for rows in chunks], dim=1)
        return (eta if isinstance(self.network, Baseline) else where_seen(eta, seen)), seen

    def predict(self, data: CohortData) -> pd.DataFrame:
        """Predictions of every subject, as `tabulate` gives them."""
        eta, seen = self.eta(data)
        return tabulate(self.head, eta.mean(0), eta, data.subjects, seen)


def tabulate(head: Head, eta: Tensor, members: Tensor, subjects: Iterable[str], seen: dict[str, Tensor]) -> pd.DataFrame:
    """Predictions in the outcome's units, index = subject: the head's columns.

    Where the model is an ensemble, `low_<column>` and `high_<column>` give the range over its members; `modalities` says what the
    prediction rests on.

    Parameters
    ----------
    head : Head
        Calibrated.
    eta : Tensor (n_obs, n_out)
        Uncalibrated linear predictor.
    members : Tensor (n_members, n_obs, n_out)
        The same of each member.
    subjects : iterable of str (n_obs,)
    seen : dict of str to Tensor (n_obs,) bool
    """
    index = pd.Index(subjects, name=keys.SUBJECT)
    table = head.predict(head.calibrated(eta), index, head.calibrated(members))
    if len(members) > 1:
        numbers = table.select_dtypes("number").columns
        tables = [head.predict(head.calibrated(one), index)[numbers] for one in members]
        stacked = pd.concat(tables, keys=range(len(tables))).groupby(level=1, sort=False)
        table = table.join(stacked.min().add_prefix("low_")).join(stacked.max().add_prefix("high_"))
    table["modalities"] = [",".join(name for name in seen if seen[name][row]) for row in range(len(table))]
    return table
