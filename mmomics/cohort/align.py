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
from mmomics.cohort import clinical, quality, records
from mmomics.cohort import samples as table
from mmomics.cohort.columns import column
from mmomics.cohort.components import components
from mmomics.cohort.ids import Roster
from mmomics.cohort.join import covariate_modality, extra, join
from mmomics.cohort.outcome import columns, describe, known, read_further, read_outcome
from mmomics.cohort.resolve import measured, resolve
from mmomics.config.cohort import Cohort
from mmomics.config.modality import Assay
from mmomics.config.protocol import Split
from mmomics.errors import UserError, count, did_you_mean

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
        What matched: one row per modality, and for the outcome.
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


def align(cohort: Cohort, split: Split, assays: Mapping[str, anndata.AnnData], samples: pd.DataFrame) -> Aligned:
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

    Raises
    ------
    UserError
        If ids do not overlap, or a column is missing or wrong.
    """
    outcomes = [name for outcome in (cohort.outcome, *cohort.also.values()) for name in columns(outcome)]
    for name in outcomes:
        column(samples, name, "outcome")
    roster = table.roster(cohort.samples, samples)
    rows = table.by_subject(cohort.samples, samples, unique=outcomes)
    obs, about = read_outcome(cohort.outcome, rows)
    others, about_others = read_further(cohort.also, rows)
    covariates = clinical.raw(rows, cohort.covariates)
    _codes_are_told(covariates, "covariates")
    _codes_are_told(obs, "outcome")
    with_outcome = set(rows.index[known(obs)])
    modalities, joins, unmatched = {}, {}, []
    who = samples.assign(**{keys.SUBJECT: table.subjects(cohort.samples, samples)})
    looked = {name: _looked(cohort, name, assay, who) for name, assay in assays.items()}
    for name, given in assays.items():
        flags = looked[name][1]
        left_out = given.obs_names.isin(flags.loc[flags["dropped"], "sample"])
        assay = measured(name, given[~left_out] if left_out.any() else given)
        if name in cohort.devices and given.n_obs and not given.obs_names.isin(rows.index).any():
            raise UserError(f"modality {name}", *_no_overlap(given, samples, set(rows.index)))
        if not assay.n_obs:
            raise UserError(f"modality {name}", *_nothing(given))
        # a record of nobody has no specimen to belong to, so it may hold nothing by now; it is told all the same
        strange = given.obs_names[~given.obs_names.isin(rows.index) & ~given.obs_names.isin(assay.obs_names)]
        strange = strange if name in cohort.devices else strange[:0]
        if len(strange):
            told = count(len(strange), "id with records is", "ids with records are")
            log.warning("%s: %s not in the samples table and %s left out", name, told, "is" if len(strange) == 1 else "are")
        unmatched += [(name, row, "in the modality only") for row in strange]
        single = resolve(name, assay, roster, cohort)
        inside = single.obs_names.isin(rows.index)
        if not inside.any():
            raise UserError(f"modality {name}", *_no_overlap(single, samples, set(rows.index)))
        if not inside.all():
            log.warning("%s: %d of %d subjects are not in the samples table and are left out", name, (~inside).sum(), len(inside))
        unmatched += [(name, row, "in the modality only") for row in single.obs_names[~inside]]
        unmatched += [(name, row, "in the samples table only") for row in rows.index[~rows.index.isin(single.obs_names)]]
        single = single[inside].copy() if not inside.all() else single
        modalities[name] = single
        n_outcome = len(with_outcome.intersection(single.obs_names))
        joins[name] = [assay.n_obs, len(inside), max(assay.n_obs - len(inside), 0), inside.sum(), (~inside).sum() + len(strange), n_outcome]
    if cohort.covariates:
        modalities[keys.CLINICAL] = covariate_modality(covariates)
        found = modalities[keys.CLINICAL].obs_names
        joins[keys.CLINICAL] = [len(samples), len(found), len(samples) - len(rows), len(found), 0, len(with_outcome.intersection(found))]
    extras = extra(cohort, split, rows, roster)
    _batch_is_not_the_outcome(cohort, obs, extras)
    joined = join(modalities, pd.concat([obs, extras, others, covariates], axis=1), about, about_others)
    without = len(rows) - joined.n_obs
    if without:
        log.warning("%d of %d subjects of the samples table have no modality and are left out", without, len(rows))
    joins["outcome"] = [len(samples), len(rows), len(samples) - len(rows), len(rows), 0, int(known(joined.obs).sum())]
    return Aligned(
        joined,
        pd.DataFrame.from_dict(joins, orient="index", columns=COLUMNS).astype(int).rename_axis("modality").reset_index(),
        pd.DataFrame(unmatched, columns=UNMATCHED),
        records.table({name: assays[name] for name in cohort.devices if name in assays}, roster),
        _stacked([checks for checks, _ in looked.values()]),
        _stacked([flags for _, flags in looked.values()]),
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
    return join(modalities, obs, describe(cohort.outcome, []))


def _looked(cohort: Cohort, name: str, assay: anndata.AnnData, samples: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Checks and flags of a modality; a flagged sample is dropped only where the user says so."""
    found = components(assay)
    setting = cohort.modalities[name]
    corrected = (setting.prepare.batch or cohort.prepare.batch or "none") != "none"
    checks = quality.checks(name, assay, samples, cohort.batch, found, corrected=corrected)
    flags = quality.flags(name, assay, samples, found)
    drop = setting.drop_flagged if isinstance(setting, Assay) else []
    unknown = [flag for flag in drop if flag not in quality.FLAGS]
    if unknown:
        raise UserError(f"modalities.{name}.drop_flagged", f"there is no flag '{unknown[0]}'", did_you_mean(unknown[0], quality.FLAGS))
    flags["dropped"] = flags["flag"].isin(drop)
    if len(flags):
        told = ", ".join(f"{flag}: {count}" for flag, count in flags["flag"].value_counts().items())
        log.info("%s: samples that look wrong (%s), %d left out", name, told, flags.loc[flags["dropped"], "sample"].nunique())
    return checks, flags


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def _codes_are_told(columns: pd.DataFrame, where: str) -> None:
    """A number that stands for what is missing would be learned as any other."""
    for name, cells in columns.items():
        numeric = pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)
        found = _codes.code(cells.to_numpy(float)) if numeric else None
        if found is not None:
            told = "looks like a code of what is missing: name it in `samples.na_values` if so"
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


def _nothing(given: anndata.AnnData) -> tuple[str, str]:
    if records.STATUS[-1] in given.obs:
        reasons = given.obs[records.STATUS[-1]].value_counts()
        told = ", ".join(f"{reason}: {count}" for reason, count in reasons.items())
        return f"no record tells anything ({told})", "mend `align` or `min_coverage`"
    return "holds no value at all", "mend its files, or take it out of `modalities`"


def _no_overlap(assay: anndata.AnnData, samples: pd.DataFrame, subjects: set[str]) -> tuple[str, str]:
    cure = "set `subject_pattern`, or `samples.index` or `samples.subject`, so that they agree"
    if {name.casefold() for name in subjects}.intersection(name.casefold() for name in assay.obs_names):
        cure = "they differ in upper and lower case only: set `ignore_case: true`"
    if subjects.intersection(assay.var_names):
        cure = "its features are subjects: mend `orientation`"
    example = next(iter(samples.index))
    return f"no subject is in the samples table (the assay has '{assay.obs_names[0]}', the table '{example}')", cure
