"""A cohort in memory: what the stages after `align` read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anndata
import h5py
import mudata
import numpy as np
import pandas as pd
from anndata.io import read_elem

from mmomics import keys
from mmomics.config.cohort import SIGNAL
from mmomics.errors import UserError
from mmomics.storage import atomic

mudata.set_options(pull_on_update=False)  # `obs` is ours: nothing is copied up from the modalities


@dataclass(frozen=True)
class CohortData:
    """A cohort in memory; rows are subjects, in the order of the file.

    Attributes
    ----------
    obs : DataFrame
        Index = subjects; outcome, part, batch, group and raw covariates. Numbers are float64, text is object, missing is NaN.
    values : dict of str to array, float32 (n_obs, n_vars)
        Normalised values per modality, NaN where not measured.
    seen : dict of str to array, bool (n_obs,)
        True = the subject has the modality.
    features : dict of str to array of str (n_vars,)
    outcome : dict
        ``task``, ``unit`` and ``classes``.
    shapes : dict of str to (n_channels, n_times)
        Of the modalities whose values are windows of a signal, flat, one channel after another.
    also : dict of str to dict
        Further outcomes by name, each with what `outcome` has.
    nothing : dict of str to array, bool (n_obs, n_vars)
        Where nought was measured, of modalities whose normalisation makes it another number in every sample, as ratios do.
    """

    obs: pd.DataFrame
    values: dict[str, np.ndarray]
    seen: dict[str, np.ndarray]
    features: dict[str, np.ndarray]
    outcome: dict[str, Any]
    shapes: dict[str, tuple[int, int]] = field(default_factory=dict)
    also: dict[str, dict[str, Any]] = field(default_factory=dict)
    nothing: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def subjects(self) -> np.ndarray:
        """The subjects, str (n_obs,)."""
        return self.obs.index.to_numpy(dtype=str)


def read_assay(path: str | Path) -> anndata.AnnData:
    """Read an assay that `ingest` or `normalize` wrote.

    Raises
    ------
    UserError
        If the file is missing or is no AnnData.
    """
    try:
        return anndata.read_h5ad(path)
    except (OSError, KeyError, ValueError) as error:
        raise UserError(path, "is no AnnData file that can be read", "make it anew with `mmomics ingest` and `normalize`") from error


def write_assay(path: str | Path, assay: anndata.AnnData) -> None:
    """Write an assay whole or not at all."""
    with atomic(path) as draft:
        assay.write_h5ad(draft, convert_strings_to_categoricals=False)


def read_cohort(path: str | Path) -> CohortData:
    """Read a cohort that `align` wrote.

    Raises
    ------
    UserError
        If the file is missing or is no such cohort.
    """
    try:
        return from_mudata(mudata.read_h5mu(path))
    except (OSError, KeyError, ValueError) as error:
        raise UserError(path, "is no cohort file that can be read", "make it anew with `mmomics align`") from error


def read_labels(path: str | Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Subjects (`CohortData.obs`) and outcome of a cohort that `align` wrote, without its matrices.

    Raises
    ------
    UserError
        If the file is missing or is no such cohort.
    """
    try:
        with h5py.File(path) as file:
            obs, about = read_elem(file["obs"]), read_elem(file["uns"]["outcome"])
    except (OSError, KeyError) as error:
        raise UserError(path, "is no cohort file that can be read", "make it anew with `mmomics align`") from error
    return obs.apply(_plain), _outcome(about)


def write_cohort(path: str | Path, cohort: mudata.MuData) -> None:
    """Write a cohort whole or not at all."""
    for each in (*cohort.mod.values(), cohort):
        each.obs, each.var = _repeating(each.obs), _repeating(each.var)
    with atomic(path) as draft:
        cohort.write(draft)


def _repeating(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of words that repeat made categorical, as the format stores them: anndata tells everybody when it does so itself."""
    words = [name for name in frame if pd.api.types.infer_dtype(frame[name]) == "string" and not frame[name].is_unique]
    return frame.astype(dict.fromkeys(words, "category")) if words else frame


def from_mudata(cohort: mudata.MuData) -> CohortData:
    """A cohort as plain arrays; windows of a signal, in ``obsm["signal"]`` of a modality, become a modality of their own."""
    values, seen, features, shapes, nothing = {}, {}, {}, {}, {}
    for name, modality in cohort.mod.items():
        rows = cohort.obs_names.get_indexer(modality.obs_names)
        values[name] = np.full((cohort.n_obs, modality.n_vars), np.nan, dtype=np.float32)
        values[name][rows] = modality.X
        seen[name] = np.isin(np.arange(cohort.n_obs), rows)
        features[name] = modality.var[keys.FEATURE].to_numpy(dtype=str)
        if (there := _apart(modality)) is not None:
            nothing[name] = np.zeros(values[name].shape, dtype=bool)
            nothing[name][rows] = there
        if "signal" in modality.obsm:
            name, about = name + SIGNAL, modality.uns["signal"]
            windows = np.asarray(modality.obsm["signal"], dtype=np.float32)
            shapes[name] = (windows.shape[1], windows.shape[2])
            values[name] = np.full((cohort.n_obs, windows.shape[1] * windows.shape[2]), np.nan, dtype=np.float32)
            values[name][rows] = windows.reshape(len(windows), -1)
            seen[name] = np.any(np.isfinite(values[name]), axis=1)
            features[name] = samples(about["channels"], windows.shape[2], float(about["fs"]))
    also = {name: _outcome(about) for name, about in cohort.uns.get(keys.ALSO, {}).items()}
    return CohortData(cohort.obs.apply(_plain), values, seen, features, _outcome(cohort.uns["outcome"]), shapes, also, nothing)


def _apart(modality: anndata.AnnData) -> np.ndarray | None:
    """Where nought was measured, bool (n_samples, n_vars), if that is not one number any more; else None."""
    there = np.asarray(modality.layers[keys.MEASURED]) == 0 if keys.MEASURED in modality.layers else np.zeros(0, dtype=bool)
    if not there.any():
        return None
    now = np.asarray(modality.X)[there]
    now = now[~np.isnan(now)]  # where nought is below what can be detected, it is missing
    return there if len(now) and now.min() < now.max() else None


def _outcome(about: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: str(about[key]) for key in ("task", "unit", "hazards") if key in about}
    return {**plain, "classes": [str(name) for name in about["classes"]]}


def samples(channels: Any, n_times: int, fs: float) -> np.ndarray:
    """Names of the samples of windows: ``ecg@0.012s``, one channel after another, with as many digits as tell them apart.

    >>> samples(["ecg"], 3, 250.0).tolist()
    ['ecg@0.000s', 'ecg@0.004s', 'ecg@0.008s']
    """
    digits = max(math.ceil(math.log10(fs)), 0)
    return np.array([f"{channel}@{place / fs:.{digits}f}s" for channel in channels for place in range(n_times)], dtype=str)


def _plain(cells: pd.Series) -> pd.Series:
    """Undo what a trip through the file does to a column: categories and nullable numbers."""
    if pd.api.types.is_bool_dtype(cells.dtype):
        return cells.astype(bool)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return pd.Series(cells.to_numpy(dtype=float, na_value=np.nan), index=cells.index)
    return cells.astype(object).where(cells.notna(), np.nan)
