"""The cohort with missing assays filled in: measured values untouched, drawn values marked as such."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mmomics import keys
from mmomics.cohort.prepare import Preparation

SEEN, IMPUTED, IMPUTED_SD = "seen", "imputed", "imputed_sd"


def write_imputed(
    source: str | Path, target: str | Path, filled: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    preparation: Preparation, imputer: str,
) -> None:  # fmt: skip
    """Copy a cohort and add the subjects that lack an assay to it, with `obs["seen"]` False.

    In `layers["imputed"]` every value is the measured one where there is one and else the imputed mean; `layers["imputed_sd"]` is its
    standard deviation (0 = measured). `X` holds NaN for what was not measured. Features that the preparation dropped cannot be
    imputed and stay NaN.

    Parameters
    ----------
    filled : dict
        {modality: (positions among the cohort's subjects, mean, sd)} of the preparation's features.
    """
    import anndata as ad
    import mudata as md
    import pandas as pd

    cohort = md.read_h5mu(source)
    subjects = cohort.obs_names
    modalities = {}
    for name, assay in cohort.mod.items():
        rows, mean, sd = filled.get(name, (np.array([], dtype=int), None, None))
        values = np.full((assay.n_obs + len(rows), assay.n_vars), np.nan, dtype=np.float32)
        values[: assay.n_obs] = assay.X.toarray() if hasattr(assay.X, "toarray") else assay.X
        imputed, spread = values.copy(), np.where(np.isnan(values), np.nan, np.float32(0))
        if len(rows):
            kept = pd.Index(assay.var[keys.FEATURE]).get_indexer(preparation[name].features)
            imputed[assay.n_obs :, kept], spread[assay.n_obs :, kept] = mean, sd
        obs = pd.DataFrame({SEEN: np.arange(len(values)) < assay.n_obs}, index=[*assay.obs_names, *subjects[rows]])
        filled_assay = ad.AnnData(values, obs=obs, var=assay.var, layers={IMPUTED: imputed, IMPUTED_SD: spread})
        filled_assay.uns["imputation"] = {"imputer": imputer, "n_imputed": len(rows)}
        modalities[name] = filled_assay
    result = md.MuData(modalities)
    result.obs = cohort.obs.loc[result.obs_names]
    for key, value in cohort.uns.items():
        result.uns[key] = value
    result.write_h5mu(target)
