"""Bring the modalities of a cohort together: one row per subject, or per visit; a missing assay stays missing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import anndata
import mudata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.assays import _codes
from mmomics.cohort import clinical, records
from mmomics.cohort import samples as table
from mmomics.cohort.columns import column
from mmomics.cohort.ids import Roster
from mmomics.cohort.join import covariate_modality, extra, join
from mmomics.cohort.member import ABSENT, STRAY, Member, member
from mmomics.cohort.outcome import columns, describe, known, read_further, read_outcome
from mmomics.cohort.resolve import measured, merging, resolve
from mmomics.config.cohort import Cohort
from mmomics.config.modality import Assay
from mmomics.config.protocol import Prepare, Split
from mmomics.errors import UserError, count

log = logging.getLogger(__name__)
COLUMNS = ["n_samples", "n_subjects", "n_replicates", "n_in_samples_table", "n_not_in_samples_table", "n_with_outcome"]
UNMATCHED = ["modality", "id", "found"]


@dataclass(frozen=True)
class Aligned:
    """A cohort and what was joined.

    Attributes
    ----------
    cohort : MuData
        The union of the subjects (or visits); each modality holds only those that have it.
    joins : DataFrame
        What matched: one row per modality, and for the outcome. `merged_by`: how several samples of one row became one.
    unmatched : DataFrame
        modality, id and where it was found: every id that one side has and the other lacks.
    records : DataFrame
        Every specimen and what of which device record is of it, or why nothing is.
    quality : DataFrame
        Checks of each modality as a whole: `quality.CHECK_COLUMNS`.
    flags : DataFrame
        Samples that look wrong: `quality.FLAG_COLUMNS`, and whether the sample was left out for it.
    """

    cohort: mudata.MuData
    joins: pd.DataFrame
    unmatched: pd.DataFrame
    records: pd.DataFrame
    quality: pd.DataFrame
    flags: pd.DataFrame


def align(
    cohort: Cohort, split: Split, assays: Mapping[str, anndata.AnnData], samples: pd.DataFrame, prepare: Mapping[str, Prepare] | None = None
) -> Aligned:
    """Join normalised modalities with the samples table.

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
    prepare : mapping of str to Prepare, optional
        The preprocessing of each modality in the run. Default: what the cohort says of it.

    Raises
    ------
    UserError
        If ids do not overlap, or a column is missing or wrong.
    """
    steps = prepare or {}
    return together(cohort, split, {name: member(cohort, name, assay, samples, steps.get(name)) for name, assay in assays.items()}, samples)


def together(cohort: Cohort, split: Split, members: Mapping[str, Member], samples: pd.DataFrame) -> Aligned:
    """Join modalities that were brought to the rows of the samples table; see `align`.

    Raises
    ------
    UserError
        If a column is missing or wrong.
    """
    outcomes = [name for outcome in (cohort.outcome, *cohort.also.values()) for name in columns(outcome)]
    for name in outcomes:
        column(samples, name, "outcome")
    roster = table.roster(cohort.samples, samples)
    rows = table.by_subject(cohort.samples, samples, unique=outcomes)
    obs, about = read_outcome(cohort.outcome, rows)
    others, about_others = read_further(cohort.also, rows)
    covariates = clinical.raw(rows, cohort.covariates)
    for name, n in table.differing(cohort.samples, samples, clinical.raw(samples, cohort.covariates)).items():
        cure = "if it is not the one before the outcome, put that first, or set `samples.visits: keep`"
        log.warning("covariates: '%s' differs between the rows of %s, and the first counts; %s", name, count(n, "subject"), cure)
    _codes_are_told(covariates, "covariates")
    _codes_are_told(obs, "outcome")
    with_outcome = set(rows.index[known(obs)])
    modalities = {name: each.single for name, each in members.items()}
    joins = {}
    for name, each in members.items():
        single, n_strays = each.single, len(each.strays)
        n_outcome = len(with_outcome.intersection(single.obs_names))
        replicates = max(each.n_samples - each.n_found, 0)
        joins[name] = [each.n_samples, each.n_found, replicates, single.n_obs, n_strays, n_outcome]
    unmatched = [
        (name, row, where) for name, each in members.items()
        for where, ids in ((STRAY, each.strays), (ABSENT, each.absent)) for row in ids
    ]  # fmt: skip
    if cohort.covariates:
        modalities[keys.CLINICAL] = covariate_modality(covariates)
        found = modalities[keys.CLINICAL].obs_names
        joins[keys.CLINICAL] = [len(samples), len(found), len(samples) - len(rows), len(found), 0, len(with_outcome.intersection(found))]
    extras = extra(cohort, split, rows, roster)
    _batch_is_not_the_outcome(cohort, obs, extras)
    joined = join(modalities, pd.concat([obs, extras, others, covariates], axis=1), about, about_others)
    _nobody_vanishes(rows.index, joined)
    joins["outcome"] = [len(samples), len(rows), len(samples) - len(rows), len(rows), 0, int(known(joined.obs).sum())]
    return Aligned(
        joined,
        _joins(cohort, joins),
        pd.DataFrame(unmatched, columns=UNMATCHED),
        records.table({name: members[name].given for name in cohort.devices if name in members}, roster),
        _stacked([each.checks for each in members.values()]),
        _stacked([each.flags for each in members.values()]),
    )


def align_new(cohort: Cohort, assays: Mapping[str, anndata.AnnData], samples: pd.DataFrame | None) -> mudata.MuData:
    """Join the assays of new subjects, whose outcome is not known; the samples table gives covariates and batch if it is there.

    Raises
    ------
    UserError
        If nothing was measured.
    """
    roster = Roster(np.array([]), np.array([]), {}) if samples is None else table.roster(cohort.samples, samples)
    there = {name: measured(name, assay) for name, assay in assays.items()}
    modalities = {name: resolve(name, assay, roster, cohort) for name, assay in there.items() if assay.n_obs}
    obs = pd.DataFrame()
    if samples is not None and (cohort.covariates or cohort.batch):
        rows = table.by_subject(cohort.samples, samples, unique=[])
        obs = clinical.raw(rows, [name for name in cohort.covariates if name in rows])
        if cohort.covariates:
            modalities[keys.CLINICAL] = covariate_modality(obs)
        if cohort.batch in rows:
            obs = obs.assign(**{keys.BATCH: rows[cohort.batch]})
    modalities = {name: modality for name, modality in modalities.items() if modality.n_obs and modality.n_vars}
    if not modalities:
        raise UserError(cohort.folder, "holds none of the cohort's files", "give at least one assay, or the covariates")
    joined = join(modalities, obs, describe(cohort.outcome, []))
    _nobody_vanishes(pd.Index(roster.names), joined)
    return joined


def _nobody_vanishes(rows: pd.Index, joined: mudata.MuData) -> None:
    """Tell how many rows of the samples table nothing is known of; which ones, the log does not say."""
    without = int((~rows.isin(joined.obs_names)).sum())
    if without:
        log.warning("%d of %d subjects of the samples table have no modality and are left out", without, len(rows))


def _joins(cohort: Cohort, joins: Mapping[str, list[int]]) -> pd.DataFrame:
    """What matched, and by what several samples of one row were merged."""
    table = pd.DataFrame.from_dict(joins, orient="index", columns=COLUMNS).astype(int).rename_axis("modality")
    by = {name: merging(assay) for name, assay in cohort.modalities.items() if isinstance(assay, Assay)}
    merged = [by.get(name, "") if n else "" for name, n in table["n_replicates"].items()]
    table.insert(COLUMNS.index("n_replicates") + 1, "merged_by", merged)
    return table.reset_index()


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def _codes_are_told(columns: pd.DataFrame, where: str) -> None:
    """A number that stands for what is missing would be learned as any other."""
    for name, cells in columns.items():
        numeric = pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)
        found = _codes.code(cells.to_numpy(float)) if numeric else None
        if found is not None:
            told = f"looks like a code of what is missing: set `samples.na_values: [{found[0]:g}]` if so"
            log.warning("%s: '%s' is %g for %s, which %s", where, name, found[0], count(found[1], "row"), told)


def _batch_is_not_the_outcome(cohort: Cohort, obs: pd.DataFrame, extras: pd.DataFrame) -> None:
    """Taking batches out would take the outcome with them, and leaving them in lets models learn the batch."""
    if keys.BATCH not in extras or obs.get(keys.LABEL) is None or pd.api.types.is_numeric_dtype(obs[keys.LABEL]):
        return
    counts = pd.crosstab(extras[keys.BATCH], obs[keys.LABEL])
    if min(counts.shape) < 2 or (counts > 0).sum(axis=1).max() > 1:
        return
    where, problem = f"batch: column '{cohort.batch}'", "every batch holds one class of the outcome only, so they cannot be told apart"
    each = [modality.prepare.batch for modality in cohort.modalities.values() if modality.prepare.batch]
    if cohort.prepare.batch or each:
        raise UserError(where, problem, "take `prepare.batch` out; what models find may be the batch all the same")
    log.warning("%s: %s; what models find may be the batch", where, problem)
