"""Modalities side by side in one MuData, with the columns that splits, batches and models need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anndata
import mudata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.cohort import clinical
from mmomics.cohort.columns import canonical, column
from mmomics.cohort.ids import Roster
from mmomics.config.cohort import Cohort
from mmomics.config.protocol import Split
from mmomics.errors import UserError

mudata.set_options(pull_on_update=False)  # `obs` is ours: nothing is copied up from the modalities


def join(
    modalities: Mapping[str, anndata.AnnData], obs: pd.DataFrame, about: dict[str, Any], others: Mapping[str, dict[str, Any]] | None = None
) -> mudata.MuData:
    """The union of the subjects of all modalities, with their `obs`; `about` the outcome, and `others` about further ones."""
    for name, modality in modalities.items():
        about_features = {
            keys.FEATURE: modality.var_names.to_numpy(dtype=object),
            **{key: modality.var[key].to_numpy() for key in modality.var},
        }
        modality.var = pd.DataFrame(about_features, index=f"{name}:" + modality.var_names)
    joined = mudata.MuData(dict(modalities))
    obs = obs.reindex(joined.obs_names)
    obs.columns = [str(column).replace("/", "_") for column in obs.columns]  # a slash would be a folder in the file
    obs = obs.loc[:, ~obs.columns.duplicated()]  # the canonical columns come first and win
    for event in obs.columns.intersection([keys.EVENT, *(f"{keys.ALSO}.{name}.{keys.EVENT}" for name in others or {})]):
        obs[event] = obs[event].fillna(False).astype(bool)
    for text in obs.select_dtypes(object):
        obs[text] = pd.Categorical(obs[text])
    joined.obs = obs
    joined.uns["outcome"] = _storable(about)
    if others:
        joined.uns[keys.ALSO] = {name: _storable(other) for name, other in others.items()}
    return joined


def _storable(about: dict[str, Any]) -> dict[str, Any]:
    return {**about, "classes": np.array(about["classes"], dtype=object)}


def extra(cohort: Cohort, split: Split, rows: pd.DataFrame, roster: Roster) -> pd.DataFrame:
    """The columns for splits, strata and batches, under their canonical names; visits of one subject are a group."""
    wanted = {keys.BATCH: cohort.batch, keys.STRATUM: cohort.strata, keys.GROUP: split.group, keys.PART: split.column}
    if split.column is None and keys.PART in rows:
        wanted[keys.PART] = keys.PART
    found = {key: column(rows, name, f"split, strata or batch, column for {key}") for key, name in wanted.items() if name}
    found |= {key: canonical(found[key]) for key in (keys.PART, keys.STRATUM) if key in found}
    if cohort.samples.visits == "keep":
        found[keys.SUBJECT] = pd.Series(roster.subjects, index=rows.index)
        if keys.GROUP in found:
            _check_groups(found[keys.GROUP], found[keys.SUBJECT])
        else:
            found[keys.GROUP] = found[keys.SUBJECT]
    return pd.DataFrame(found, index=rows.index)


def _check_groups(group: pd.Series, subject: pd.Series) -> None:
    several = group.groupby(subject.to_numpy()).nunique()
    if (several > 1).any():
        raise UserError("split.group", f"the visits of subject '{several.idxmax()}' stand in several groups", "mend the column")


def covariate_modality(covariates: pd.DataFrame) -> anndata.AnnData:
    """The covariates as a modality of their own (n_subjects, n_features); subjects without any are not in it."""
    features = clinical.encode(covariates).dropna(how="all")
    x = features.to_numpy(dtype=np.float32)
    var = pd.DataFrame(index=features.columns.astype(object))
    return anndata.AnnData(
        x, obs=pd.DataFrame(index=features.index), var=var, layers={keys.MEASURED: x.copy()}, uns={"kind": "clinical", "values": "numeric"}
    )
