"""Preprocessing fitted on training rows: what is learned in each fold before any model, shared by all of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from mmomics import keys
from mmomics.cohort import clinical
from mmomics.cohort.data import CohortData
from mmomics.config.protocol import Prepare
from mmomics.errors import UserError
from mmomics.preparation import fit as steps
from mmomics.preparation import fitted as parts
from mmomics.preparation import windows
from mmomics.preparation.contract import Obs
from mmomics.preparation.fitted import Fitted
from mmomics.preparation.moments import Columns
from mmomics.storage import atomic

__all__ = ["Fitted", "Preparation", "apply", "fit", "from_arrays", "load", "save", "to_arrays"]

log = logging.getLogger(__name__)
NAMED = ("features", "basis")  # lists of feature names: written once, however many folds hold them

Preparation = dict[str, Fitted]  # modality -> what was fitted


def fit(data: CohortData, rows: np.ndarray, settings: Prepare | Mapping[str, Prepare]) -> Preparation:
    """Fit the preprocessing of every modality.

    Parameters
    ----------
    data : CohortData
        The cohort; nothing but the training rows is looked at.
    rows : array of int (n_train,)
        Positions of the training rows.
    settings : Prepare, or mapping of str to Prepare
        Of all modalities, or of each one.

    Returns
    -------
    Preparation
        Without the modalities that no training row has, or of which no feature is left.
    """
    preparation = {}
    for name, values in data.values.items():
        own = rows[data.seen[name][rows]]
        chosen = settings if isinstance(settings, Prepare) else settings[name]
        obs = Obs(data.obs.iloc[own], str(data.outcome.get("task", "")))
        fitted = None
        if name in data.shapes:
            fitted = windows.fit(Columns(values, own), data.features[name], data.shapes[name], chosen.clip)
        elif len(own):
            nothing = Columns(data.nothing[name], own) if name in data.nothing else None
            fitted = steps.fit(Columns(values, own), data.features[name], chosen, obs, nothing)
        if fitted is None:
            log.warning("%s is left out of this fold: no feature varies over its %d training rows", name, len(own))
        else:
            preparation[name] = fitted
    return preparation


def apply(preparation: Preparation, data: CohortData) -> dict[str, np.ndarray]:
    """Prepared values of every fitted modality.

    Returns
    -------
    dict of str to array, float32 (n_obs, n_kept)
        Zeros in the rows of subjects that lack the modality, and everywhere if the cohort lacks it.

    Raises
    ------
    UserError
        If no feature is there, or windows of a signal are cut otherwise than those learned from.
    """
    out = {}
    for name, fitted in preparation.items():
        out[name] = np.zeros((len(data.obs), len(fitted.features)), dtype=np.float32)
        seen = data.seen.get(name)
        if seen is None or not seen.any():
            continue
        values, features = data.values[name], data.features[name]
        if fitted.shape is not None and not np.array_equal(features, fitted.features):
            found, learned = (f"{names[0]} to {names[-1]} ({len(names)} samples)" for names in (features, fitted.features))
            raise UserError(f"modality {name}", f"windows run from {found}, in training from {learned}", "set `windows` as it was there")
        if name == keys.CLINICAL:
            values, features = clinical.complete(values, features, fitted.features, data.obs)
        out[name][seen] = fitted.apply(values[seen], features, f"modality {name}", Obs(data.obs[seen]))
    return out


def to_arrays(preparation: Preparation) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """One preparation as arrays and metadata for JSON, to be embedded in another file; `from_arrays` undoes it."""
    arrays: dict[str, np.ndarray] = {}
    metadata: dict[str, Any] = {}
    for name, fitted in preparation.items():
        own, metadata[name] = parts.to_arrays(fitted)
        arrays |= {f"{name}.{part}": array for part, array in own.items()}
    return arrays, metadata


def from_arrays(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]) -> Preparation:
    """The preparation that `to_arrays` took apart."""
    return {name: parts.from_arrays(_below(arrays, f"{name}."), about) for name, about in metadata.items()}


def save(path: str | Path, preparations: Mapping[tuple[int, int], Preparation]) -> None:
    """Write the preparations of many folds, (repeat, fold) -> preparation, into one safetensors file."""
    arrays: dict[str, np.ndarray] = {}
    folds: list[dict[str, Any]] = []
    names: dict[str, dict[str, int]] = {}
    for (repeat, fold), preparation in preparations.items():
        own, metadata = to_arrays(preparation)
        for name, about in metadata.items():
            vocabulary = names.setdefault(name, {})
            for key in [key for key in NAMED if key in about]:
                places = [vocabulary.setdefault(feature, len(vocabulary)) for feature in about.pop(key)]
                own[f"{name}.{key}"] = np.array(places, dtype=np.int32)
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
        own = _below(arrays, f"{i}.")
        for name, modality in about["modalities"].items():
            for key in NAMED:
                if f"{name}.{key}" in own:
                    modality[key] = vocabularies[name][own.pop(f"{name}.{key}")]
        out[about[keys.REPEAT], about[keys.FOLD]] = from_arrays(own, about["modalities"])
    return out


def _below(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose name starts with a prefix, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
