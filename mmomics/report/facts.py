"""What the report says of the cohort, read from `cohort.h5mu` without its matrices."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.config.cohort import SIGNAL
from mmomics.errors import UserError


@dataclass
class Facts:
    """A cohort in a few tables.

    Parameters
    ----------
    obs : DataFrame
        One row per subject: outcome and covariates.
    task : str
        binary, multiclass, regression or survival.
    unit : str
        Unit of the outcome.
    classes : list of str
        Class names; empty when the outcome is no class.
    modalities : DataFrame
        Index = modality; kind, values, n_vars.
    has : DataFrame
        (n_subjects, n_modalities) bool: who has which assay.
    meanings : dict
        (modality, feature) -> what a feature made of a device's records says, with its unit.
    """

    obs: pd.DataFrame
    task: str
    unit: str
    classes: list[str]
    modalities: pd.DataFrame
    has: pd.DataFrame
    meanings: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def known(self) -> pd.Series:
        """Which subjects have an outcome, bool."""
        return self.obs[keys.TIME if self.task == "survival" else keys.LABEL].notna()

    @property
    def outcome(self) -> pd.DataFrame:
        """The rows with an outcome."""
        return self.obs[self.known.to_numpy()]

    @property
    def events(self) -> pd.Series:
        """Whether the event was seen, bool, of the rows with an outcome."""
        return self.outcome[keys.EVENT].astype(bool)

    @property
    def n_rare(self) -> int:
        """Events, or members of the rarest class: what limits how much can be learned (subjects in regression)."""
        if self.task == "survival":
            return int(self.events.sum())
        if self.task == "regression":
            return len(self.outcome)
        counts = self.outcome[keys.LABEL].value_counts().reindex(self.classes, fill_value=0)
        return int(counts.min())

    def median_follow_up(self) -> float:
        """Median follow-up by the reverse Kaplan-Meier estimate (Schemper & Smith 1996, doi:10.1016/0197-2456(96)00075-X).

        Censoring counts as the event; nan when fewer than half of the subjects would be censored.
        """
        time = self.outcome[keys.TIME].to_numpy(float)
        survival = kaplan_meier(time, ~self.events.to_numpy())
        below = survival[survival["survival"] <= 0.5]
        return float(below["time"].iloc[0]) if len(below) else float("nan")


def kaplan_meier(time: np.ndarray, event: np.ndarray) -> pd.DataFrame:
    """Kaplan-Meier estimate: time, survival, at_risk at every observed time (n_times,)."""
    times, place = np.unique(time, return_inverse=True)
    ended, died = np.bincount(place), np.bincount(place, weights=event.astype(float))
    at_risk = len(time) - np.concatenate([[0], np.cumsum(ended)[:-1]])
    return pd.DataFrame({"time": times, "survival": np.cumprod(1 - died / at_risk), "at_risk": at_risk})


def read_facts(path: str | Path) -> Facts:
    """Read the facts of a cohort.

    Raises
    ------
    UserError
        If the file is missing or is no cohort of `mmomics align`.
    """
    import h5py
    from anndata.io import read_elem

    try:
        with h5py.File(path, "r") as file:
            obs = read_elem(file["obs"])
            outcome = read_elem(file["uns/outcome"])
            order = [name for name in file["mod"].attrs.get("mod-order", []) if name in file["mod"]] or list(file["mod"])
            subjects = {name: _index(file["mod"][name]["obs"]) for name in order}
            rows = {name: _about(file["mod"][name], read_elem) for name in order}
            meanings = {key: text for name in order for key, text in _meanings(name, file["mod"][name]["var"], read_elem).items()}
            for name in order:
                if "obsm/signal" in file["mod"][name]:
                    windows = file["mod"][name]["obsm/signal"]
                    rows[name + SIGNAL] = [rows[name][0], "windows", windows.shape[1] * windows.shape[2]]
                    there = (np.isfinite(part).any() for part in windows)  # one subject at a time in memory
                    subjects[name + SIGNAL] = list(compress(subjects[name], there))
    except (OSError, KeyError) as error:
        raise UserError(path, f"cannot be read as a cohort ({error})", "make it again with `mmomics align`") from error
    has = pd.DataFrame({name: obs.index.isin(index) for name, index in subjects.items()}, index=obs.index)
    return Facts(
        obs=obs,
        task=str(outcome["task"]),
        unit=str(outcome.get("unit", "") or ""),
        classes=[str(name) for name in outcome.get("classes", [])],
        modalities=pd.DataFrame.from_dict(rows, orient="index", columns=["kind", "values", "n_vars"]),
        has=has,
        meanings=meanings,
    )


def _index(group: Any) -> list[str]:
    return [str(name) for name in group[group.attrs["_index"]].asstr()[:]]


def _meanings(modality: str, var: Any, read_elem: Any) -> dict[tuple[str, str], str]:
    if "meaning" not in var:
        return {}
    columns = [[str(cell) for cell in read_elem(var[key])] for key in (keys.FEATURE, "meaning", "unit")]
    return {(modality, name): f"{meaning} ({unit})" if unit else meaning for name, meaning, unit in zip(*columns, strict=True) if meaning}


def _about(group: Any, read_elem: Any) -> list[Any]:
    var = group["var"]
    uns = {key: read_elem(group["uns"][key]) for key in ("kind", "values") if key in group.get("uns", {})}
    return [str(uns.get("kind", "") or ""), str(uns.get("values", "") or ""), len(var[var.attrs["_index"]])]
