"""Covariates as a modality: numbers stay numbers, a category becomes one indicator `column=level` per level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmomics.cohort.columns import WITH_COMMA, canonical, column
from mmomics.errors import UserError
from mmomics.tables import _grouped


def raw(frame: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """The covariates as numbers where every cell is one, else as plain text; missing = NaN.

    Raises
    ------
    UserError
        If the samples table lacks a column, or a number is infinite.
    """
    found = {}
    for name in covariates:
        cells = column(frame, name, "covariates")
        values = pd.to_numeric(cells, errors="coerce").astype(float)
        if np.isinf(values).any():
            raise UserError(f"covariates, column '{name}' row '{np.isinf(values).idxmax()}'", "is infinite", "leave it empty if missing")
        commas = cells[values.isna()].dropna()
        if len(commas) and commas.astype(str).str.fullmatch(WITH_COMMA).all():
            pointed = (values.dropna() % 1 != 0).any()  # others have a decimal point
            cure = "write a point, as others have" if pointed else _grouped.cure(str(commas.iloc[0]), ".").replace("set `", "set `samples.")
            raise UserError(f"covariates, column '{name}'", f"'{commas.iloc[0]}' has a comma", cure)
        found[name] = values if values.notna().equals(cells.notna()) else canonical(cells)
    return pd.DataFrame(found, index=frame.index)


def encode(covariates: pd.DataFrame) -> pd.DataFrame:
    """Features of the modality `clinical`: float32 (n_subjects, n_features); a missing category is NaN in all its indicators."""
    features = {}
    for name, cells in covariates.items():
        if pd.api.types.is_numeric_dtype(cells):
            features[str(name)] = cells
        else:
            features |= {f"{name}={level}": _indicator(cells, level) for level in sorted(cells.dropna().unique())}
    return pd.DataFrame(features, index=covariates.index, dtype=np.float32)


def complete(values: np.ndarray, features: np.ndarray, wanted: np.ndarray, obs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Add the indicators that a model knows and this cohort lacks, because nobody here has that level.

    Parameters
    ----------
    values : array (n_obs, n_vars)
        The modality `clinical`.
    features : array of str (n_vars,)
        Its features.
    wanted : array of str
        The features that the model knows.
    obs : DataFrame (n_obs rows)
        With the covariates as given.

    Returns
    -------
    values, features
        With an indicator (0, or NaN where the covariate is missing) for each wanted level of a covariate that `obs` has.
    """
    added = {}
    for feature in sorted(set(wanted) - set(features)):
        name, _, level = feature.partition("=")
        if level and name in obs:
            added[feature] = _indicator(canonical(obs[name].astype(object)), level)
    if not added:
        return values, features
    return np.column_stack([values, *added.values()]).astype(np.float32), np.concatenate([features, list(added)])


def _indicator(cells: pd.Series, level: str) -> pd.Series:
    return (cells == level).astype(np.float32).where(cells.notna())
