"""Bring the assays of a cohort together: one row per subject, a missing assay stays missing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import anndata
import mudata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.cohort import clinical
from mmomics.cohort import samples as table
from mmomics.cohort.data import FEATURE
from mmomics.cohort.outcome import columns, describe, known, read_outcome
from mmomics.config.cohort import Cohort
from mmomics.config.protocol import Split
from mmomics.errors import UserError

log = logging.getLogger(__name__)
COLUMNS = ["n_samples", "n_subjects", "n_replicates", "n_in_samples_table", "n_not_in_samples_table", "n_with_outcome"]


def align(cohort: Cohort, split: Split, assays: Mapping[str, anndata.AnnData], samples: pd.DataFrame) -> tuple[mudata.MuData, pd.DataFrame]:
    """Join normalised assays with the samples table.

    Parameters
    ----------
    cohort : Cohort
        The cohort's settings.
    split : Split
        Names the columns that a split needs.
    assays : mapping of str to AnnData
        As `normalize` gives them.
    samples : DataFrame
        The samples table.

    Returns
    -------
    cohort : MuData
        The union of the subjects; each modality holds only those that have it.
    joins : DataFrame
        What matched: one row per modality, and for the outcome.

    Raises
    ------
    UserError
        If ids do not overlap, a column is missing or wrong, or the outcome stands among the covariates.
    """
    for name in columns(cohort.outcome):
        if name in cohort.covariates:
            raise UserError("covariates", f"'{name}' is the outcome, so every score would leak", "take it out of `covariates`")
        table.column(samples, name, "outcome")
    owner = table.subjects(cohort.samples, samples)
    rows = table.by_subject(cohort.samples, samples, unique=columns(cohort.outcome))
    outcome, about = read_outcome(cohort.outcome, rows)
    covariates = clinical.raw(rows, cohort.covariates)
    subjects = set(rows.index)
    with_outcome = set(rows.index[known(outcome)])
    modalities, joins = {}, {}
    for name, given in assays.items():
        assay = measured(name, given)
        if not assay.n_obs:
            raise UserError(f"modality {name}", "holds no value at all", "mend its files, or take it out of `modalities`")
        single = resolve(name, assay, owner, cohort.modalities[name].replicates)
        inside = single.obs_names.isin(rows.index)
        if not inside.any():
            raise UserError(f"modality {name}", *_no_overlap(single, samples, subjects))
        if not inside.all():
            log.warning("%s: %d of %d subjects are not in the samples table and are left out", name, (~inside).sum(), len(inside))
            single = single[inside].copy()
        modalities[name] = single
        n_outcome = len(with_outcome.intersection(single.obs_names))
        joins[name] = [assay.n_obs, len(inside), assay.n_obs - len(inside), inside.sum(), (~inside).sum(), n_outcome]
    if cohort.covariates:
        modalities[keys.CLINICAL] = _clinical(covariates)
        found = modalities[keys.CLINICAL].obs_names
        joins[keys.CLINICAL] = [len(samples), len(found), len(samples) - len(rows), len(found), 0, len(with_outcome.intersection(found))]
    joined = join(modalities, pd.concat([outcome, _extra(cohort, split, rows), covariates], axis=1), about)
    without = len(subjects) - joined.n_obs
    if without:
        log.warning("%d of %d subjects of the samples table have no modality and are left out", without, len(subjects))
    joins["outcome"] = [len(samples), len(rows), len(samples) - len(rows), len(rows), 0, int(known(joined.obs).sum())]
    return joined, pd.DataFrame.from_dict(joins, orient="index", columns=COLUMNS).rename_axis("modality").astype(int)


def align_new(cohort: Cohort, assays: Mapping[str, anndata.AnnData], samples: pd.DataFrame | None) -> mudata.MuData:
    """Join the assays of new subjects, whose outcome is not known; the samples table gives covariates if it is there.

    Raises
    ------
    UserError
        If nothing was measured.
    """
    owner = pd.Series(dtype=object) if samples is None else table.subjects(cohort.samples, samples)
    there = {name: measured(name, assay) for name, assay in assays.items()}
    modalities = {name: resolve(name, assay, owner, cohort.modalities[name].replicates) for name, assay in there.items() if assay.n_obs}
    covariates = pd.DataFrame()
    if samples is not None and cohort.covariates:
        rows = table.by_subject(cohort.samples, samples, unique=[])
        covariates = clinical.raw(rows, [name for name in cohort.covariates if name in rows])
        modalities[keys.CLINICAL] = _clinical(covariates)
    modalities = {name: modality for name, modality in modalities.items() if modality.n_obs and modality.n_vars}
    if not modalities:
        raise UserError(cohort.folder, "holds none of the cohort's files", "give at least one assay, or the covariates")
    return join(modalities, covariates, describe(cohort.outcome, []))


def measured(name: str, assay: anndata.AnnData) -> anndata.AnnData:
    """The samples that hold a value: joined tables carry an empty row for everybody whom an assay lacks."""
    empty = np.isnan(assay.X).all(1)
    if empty.any():
        log.warning("modality %s: %d of %d samples hold no value and count as not measured", name, empty.sum(), len(empty))
    return assay[~empty].copy() if empty.any() else assay


def resolve(name: str, assay: anndata.AnnData, owner: pd.Series, replicates: str) -> anndata.AnnData:
    """An assay with one row per subject.

    Parameters
    ----------
    name : str
        The modality, for messages.
    assay : AnnData (n_samples, n_features)
        A normalised assay.
    owner : Series
        Row id of the samples table -> subject; an id that is not there is a subject itself.
    replicates : {"mean", "first", "error"}
        What to do with several samples of one subject.

    Raises
    ------
    UserError
        If there are such samples and `replicates` is ``error``.
    """
    given = assay.obs[keys.SUBJECT].astype(object)
    subject = given.map(owner.to_dict()).fillna(given).to_numpy(dtype=object)
    subjects, first, counts = np.unique(subject.astype(str), return_index=True, return_counts=True)
    if (counts > 1).any() and replicates == "error":
        raise UserError(
            f"modality {name}", f"{(counts > 1).sum()} subjects have several samples, the first is '{subjects[counts.argmax()]}'",
            "set `replicates` to mean or first",
        )  # fmt: skip
    keep = np.sort(first)
    single = assay[keep].copy()
    if (counts > 1).any() and replicates == "mean":
        single.X = _mean(assay.X, subject)
        single.layers[keys.MEASURED] = _mean(assay.layers[keys.MEASURED], subject)
    single.obs = pd.DataFrame(index=pd.Index(subject[keep].astype(object)))
    return single


def join(modalities: Mapping[str, anndata.AnnData], obs: pd.DataFrame, about: dict[str, Any]) -> mudata.MuData:
    """The union of the subjects of all modalities, with their `obs`."""
    for name, modality in modalities.items():
        modality.var = pd.DataFrame({FEATURE: modality.var_names.to_numpy(dtype=object)}, index=f"{name}:" + modality.var_names)
    joined = mudata.MuData(dict(modalities))
    obs = obs.reindex(joined.obs_names)
    obs.columns = [str(column).replace("/", "_") for column in obs.columns]  # a slash would be a folder in the file
    obs = obs.loc[:, ~obs.columns.duplicated()]  # the canonical columns come first and win
    if keys.EVENT in obs:
        obs[keys.EVENT] = obs[keys.EVENT].astype(bool)
    for column in obs.select_dtypes(object):
        obs[column] = pd.Categorical(obs[column])
    joined.obs = obs
    joined.uns["outcome"] = {**about, "classes": np.array(about["classes"], dtype=object)}
    return joined


def _mean(x: np.ndarray, subject: np.ndarray) -> np.ndarray:
    return pd.DataFrame(x).groupby(subject, sort=False).mean().to_numpy(dtype=np.float32)


def _clinical(covariates: pd.DataFrame) -> anndata.AnnData:
    features = clinical.encode(covariates).dropna(how="all")
    x = features.to_numpy(dtype=np.float32)
    var = pd.DataFrame(index=features.columns.astype(object))
    return anndata.AnnData(
        x, obs=pd.DataFrame(index=features.index), var=var, layers={keys.MEASURED: x.copy()}, uns={"kind": "clinical", "values": "numeric"}
    )


def _extra(cohort: Cohort, split: Split, rows: pd.DataFrame) -> pd.DataFrame:
    """The columns for splits and batches, under their canonical names."""
    wanted = {keys.BATCH: cohort.batch, keys.GROUP: split.group, keys.PART: split.column}
    if split.column is None and keys.PART in rows:
        wanted[keys.PART] = keys.PART
    found = {key: table.column(rows, name, f"split or batch, column for {key}") for key, name in wanted.items() if name}
    if keys.PART in found:
        found[keys.PART] = table.canonical(found[keys.PART])
    return pd.DataFrame(found, index=rows.index)


def _no_overlap(assay: anndata.AnnData, samples: pd.DataFrame, subjects: set[str]) -> tuple[str, str]:
    cure = "set `subject_pattern`, or `samples.index` or `samples.subject`, so that they agree"
    if subjects.intersection(assay.var_names):
        cure = "its features are subjects: mend `orientation`"
    example = next(iter(samples.index))
    return f"no subject is in the samples table (the assay has '{assay.obs_names[0]}', the table '{example}')", cure
