"""Preprocessing fitted on training rows: which features to keep, their centre and scale; shared by every model of a fold."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from mmomics import keys
from mmomics.cohort import clinical
from mmomics.cohort.data import CohortData
from mmomics.config.protocol import Prepare
from mmomics.errors import UserError, listed
from mmomics.storage import atomic

log = logging.getLogger(__name__)
CHUNK = 4096  # features whose moments are computed at once, in float64


@dataclass(frozen=True)
class Fitted:
    """The preprocessing of one modality in one fold.

    Attributes
    ----------
    features : array of str (n_kept,)
    center, scale : array, float32 (n_kept,)
        Mean and standard deviation of the training rows.
    clip : float
        Standardised values are cut at plus and minus this.
    """

    features: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    clip: float

    def apply(self, values: np.ndarray, features: np.ndarray, where: object = "features") -> np.ndarray:
        """Standardise values by the names of their features.

        Parameters
        ----------
        values : array (n_obs, n_vars)
            Normalised values, NaN = missing.
        features : array of str (n_vars,)
            Their names, in any order; further ones are ignored.
        where : object
            Named in the message.

        Returns
        -------
        array, float32 (n_obs, n_kept)
            A missing value, or a feature that is not there, is 0: the training mean.

        Raises
        ------
        UserError
            If no feature is shared.
        """
        position = pd.Index(features).get_indexer(self.features)
        absent = position < 0
        if absent.all():
            raise UserError(
                where, f"none of the {len(absent)} features is there (expected {listed(self.features, 3)})", "use the same feature ids"
            )
        standard = values[:, position].astype(np.float32)
        standard -= self.center
        standard /= self.scale
        standard[:, absent] = 0
        return np.clip(np.nan_to_num(standard, copy=False, nan=0.0), -self.clip, self.clip)


Preparation = dict[str, Fitted]  # modality -> what was fitted


def fit(data: CohortData, rows: np.ndarray, settings: Prepare) -> Preparation:
    """Fit the preprocessing of every modality.

    Parameters
    ----------
    data : CohortData
        The cohort; nothing but the training rows is looked at.
    rows : array of int (n_train,)
        Positions of the training rows.
    settings : Prepare
        How many features to keep, and which to drop.

    Returns
    -------
    Preparation
        Without the modalities that no training row has, or of which no feature is left.
    """
    preparation = {}
    for name, values in data.values.items():
        train = values[rows[data.seen[name][rows]]]
        fitted = _fit(train, data.features[name], settings) if len(train) else None
        if fitted is None:
            log.warning("%s is left out of this fold: no feature varies over its %d training rows", name, len(train))
        else:
            preparation[name] = fitted
    return preparation


def apply(preparation: Preparation, data: CohortData) -> dict[str, np.ndarray]:
    """Standardised values of every fitted modality.

    Returns
    -------
    dict of str to array, float32 (n_obs, n_kept)
        Zeros in the rows of subjects that lack the modality, and everywhere if the cohort lacks it.
    """
    out = {}
    for name, fitted in preparation.items():
        out[name] = np.zeros((len(data.obs), len(fitted.features)), dtype=np.float32)
        seen = data.seen.get(name)
        if seen is None or not seen.any():
            continue
        values, features = data.values[name], data.features[name]
        if name == keys.CLINICAL:
            values, features = clinical.complete(values, features, fitted.features, data.obs)
        out[name][seen] = fitted.apply(values[seen], features, f"modality {name}")
    return out


def to_arrays(preparation: Preparation) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """One preparation as arrays and metadata for JSON, to be embedded in another file; `from_arrays` undoes it."""
    arrays = {f"{name}.{part}": getattr(fitted, part) for name, fitted in preparation.items() for part in ("center", "scale")}
    return arrays, {name: {"features": fitted.features.tolist(), "clip": fitted.clip} for name, fitted in preparation.items()}


def from_arrays(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> Preparation:
    """The preparation that `to_arrays` took apart."""
    return {
        name: Fitted(np.array(about["features"], dtype=str), arrays[f"{name}.center"], arrays[f"{name}.scale"], float(about["clip"]))
        for name, about in metadata.items()
    }


def save(path: str | Path, preparations: Mapping[tuple[int, int], Preparation]) -> None:
    """Write the preparations of many folds, (repeat, fold) -> preparation, into one safetensors file."""
    arrays: dict[str, np.ndarray] = {}
    folds: list[dict[str, Any]] = []
    names: dict[str, dict[str, int]] = {}
    for (repeat, fold), preparation in preparations.items():
        own, metadata = to_arrays(preparation)
        for name, about in metadata.items():  # each name is written once, however many folds keep it
            vocabulary = names.setdefault(name, {})
            own[f"{name}.features"] = np.array(
                [vocabulary.setdefault(feature, len(vocabulary)) for feature in about.pop("features")], dtype=np.int32
            )
        arrays |= {f"{len(folds)}.{key}": array for key, array in own.items()}
        folds.append({keys.REPEAT: int(repeat), keys.FOLD: int(fold), "modalities": metadata})
    header = {"folds": json.dumps(folds), "features": json.dumps({name: list(vocabulary) for name, vocabulary in names.items()})}
    with atomic(path) as draft:
        draft.write_bytes(to_bytes(arrays, metadata=header))


def load(path: str | Path) -> dict[tuple[int, int], Preparation]:
    """Read what `save` wrote.

    Raises
    ------
    UserError
        If the file is missing or is none of these.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
        folds, names = json.loads(header["folds"]), json.loads(header["features"])
    except (OSError, SafetensorError, KeyError) as error:
        raise UserError(path, "is no file that `mmomics prepare` wrote", "make it anew") from error
    vocabularies = {name: np.array(vocabulary, dtype=str) for name, vocabulary in names.items()}
    out = {}
    for i, about in enumerate(folds):
        for name, modality in about["modalities"].items():
            modality["features"] = vocabularies[name][arrays[f"{i}.{name}.features"]]
        own = {key.removeprefix(f"{i}."): array for key, array in arrays.items() if key.startswith(f"{i}.")}
        out[about[keys.REPEAT], about[keys.FOLD]] = from_arrays(own, about["modalities"])
    return out


def _fit(train: np.ndarray, features: np.ndarray, settings: Prepare) -> Fitted | None:
    """Of one modality: train (n_rows, n_vars)."""
    mean, sd = np.empty((2, train.shape[1]))
    for start in range(0, train.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        mean[part], sd[part] = _moments(train[:, part], settings.max_missing)
    scale = sd.astype(np.float32)  # 0 where a feature is constant or missing too often
    most = np.argsort(-scale, kind="stable")[: settings.n_features]
    kept = np.sort(most[scale[most] > 0])
    if not len(kept):
        return None
    return Fitted(features[kept], mean[kept].astype(np.float32), scale[kept], settings.clip)


def _moments(x: np.ndarray, max_missing: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column over its measured values; sd 0 where the column is of no use."""
    measured = ~np.isnan(x)
    n = measured.sum(axis=0)
    mean = np.where(measured, x, 0).sum(axis=0, dtype=np.float64) / np.maximum(n, 1)
    deviation = np.where(measured, x - mean, 0)
    sd = np.sqrt((deviation**2).sum(axis=0) / np.maximum(n, 1))
    low, high = np.where(measured, x, np.inf).min(axis=0), np.where(measured, x, -np.inf).max(axis=0)
    useful = (low < high) & ((len(x) - n) / len(x) <= max_missing)  # exactly constant: rounding can leave an sd above 0
    return mean, np.where(useful, sd, 0)
