"""Bring the modalities of a cohort together: one row per subject, or per visit; a missing assay stays missing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anndata
import mudata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.cohort import clinical, quality, records
from mmomics.cohort import samples as table
from mmomics.cohort.columns import canonical, column
from mmomics.cohort.components import components
from mmomics.cohort.data import FEATURE
from mmomics.cohort.ids import Roster
from mmomics.cohort.outcome import columns, describe, known, read_outcome
from mmomics.config.cohort import Cohort
from mmomics.config.modality import Assay
from mmomics.config.protocol import Split
from mmomics.errors import UserError, did_you_mean

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
        If ids do not overlap, a column is missing or wrong, or the outcome stands among the covariates.
    """
    for name in columns(cohort.outcome):
        if name in cohort.covariates:
            raise UserError("covariates", f"'{name}' is the outcome, so every score would leak", "take it out of `covariates`")
        column(samples, name, "outcome")
    roster = table.roster(cohort.samples, samples)
    rows = table.by_subject(cohort.samples, samples, unique=columns(cohort.outcome))
    outcome, about = read_outcome(cohort.outcome, rows)
    covariates = clinical.raw(rows, cohort.covariates)
    with_outcome = set(rows.index[known(outcome)])
    modalities, joins, unmatched = {}, {}, []
    who = samples.assign(**{keys.SUBJECT: table.subjects(cohort.samples, samples)})
    looked = {name: _looked(cohort, name, assay, who) for name, assay in assays.items()}
    for name, given in assays.items():
        flags = looked[name][1]
        left_out = given.obs_names.isin(flags.loc[flags["dropped"], "sample"])
        assay = measured(name, given[~left_out] if left_out.any() else given)
        if not assay.n_obs:
            raise UserError(f"modality {name}", *_nothing(given))
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
        joins[name] = [assay.n_obs, len(inside), max(assay.n_obs - len(inside), 0), inside.sum(), (~inside).sum(), n_outcome]
    if cohort.covariates:
        modalities[keys.CLINICAL] = _clinical(covariates)
        found = modalities[keys.CLINICAL].obs_names
        joins[keys.CLINICAL] = [len(samples), len(found), len(samples) - len(rows), len(found), 0, len(with_outcome.intersection(found))]
    joined = join(modalities, pd.concat([outcome, _extra(cohort, split, rows, roster), covariates], axis=1), about)
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
            modalities[keys.CLINICAL] = _clinical(obs)
        if cohort.batch in rows:
            obs = obs.assign(**{keys.BATCH: rows[cohort.batch]})
    modalities = {name: modality for name, modality in modalities.items() if modality.n_obs and modality.n_vars}
    if not modalities:
        raise UserError(cohort.folder, "holds none of the cohort's files", "give at least one assay, or the covariates")
    return join(modalities, obs, describe(cohort.outcome, []))


def measured(name: str, assay: anndata.AnnData) -> anndata.AnnData:
    """The samples that hold a value: joined tables carry an empty row for everybody whom an assay lacks."""
    empty = np.isnan(assay.X).all(1)
    if empty.any():
        log.warning("modality %s: %d of %d samples hold no value and count as not measured", name, empty.sum(), len(empty))
    return assay[~empty].copy() if empty.any() else assay


def resolve(name: str, given: anndata.AnnData, roster: Roster, cohort: Cohort) -> anndata.AnnData:
    """A modality with one row per row of the cohort.

    Parameters
    ----------
    name : str
        The modality.
    given : AnnData (n_samples, n_features)
        As `normalize` gives it.
    roster : Roster
        Which row of the cohort an id means; an id that it does not know is a row itself, and the id of a subject means all visits.
    cohort : Cohort
        Says what to do with several samples of one row.

    Raises
    ------
    UserError
        If there are several and `replicates` is ``error``.
    """
    setting = cohort.modalities[name]
    named = given.obs[keys.SUBJECT].astype(str).tolist()
    # records were cut for rows of the cohort already
    replicates, places = "error", [[row] for row in named]
    if isinstance(setting, Assay):
        replicates, places = setting.replicates, roster.rows(named, setting.ignore_case)
    sample = np.repeat(np.arange(given.n_obs), [len(rows) for rows in places])
    row = np.array([each for rows in places for each in rows], dtype=object)
    names, first, counts = np.unique(row.astype(str), return_index=True, return_counts=True)
    if (counts > 1).any() and replicates == "error":
        raise UserError(
            f"modality {name}", f"{(counts > 1).sum()} subjects have several samples, the first is '{names[counts.argmax()]}'",
            "set `replicates` to mean or first",
        )  # fmt: skip
    keep = np.sort(first)
    single = given[sample[keep]].copy()
    if (counts > 1).any() and replicates == "mean":
        single.X = _mean(given.X[sample], row)
        single.layers[keys.MEASURED] = _mean(given.layers[keys.MEASURED][sample], row)
    single.obs = pd.DataFrame(index=pd.Index(row[keep].astype(object)))
    return single


def join(modalities: Mapping[str, anndata.AnnData], obs: pd.DataFrame, about: dict[str, Any]) -> mudata.MuData:
    """The union of the subjects of all modalities, with their `obs`."""
    for name, modality in modalities.items():
        about_features = {FEATURE: modality.var_names.to_numpy(dtype=object), **{key: modality.var[key].to_numpy() for key in modality.var}}
        modality.var = pd.DataFrame(about_features, index=f"{name}:" + modality.var_names)
    joined = mudata.MuData(dict(modalities))
    obs = obs.reindex(joined.obs_names)
    obs.columns = [str(column).replace("/", "_") for column in obs.columns]  # a slash would be a folder in the file
    obs = obs.loc[:, ~obs.columns.duplicated()]  # the canonical columns come first and win
    if keys.EVENT in obs:
        obs[keys.EVENT] = obs[keys.EVENT].astype(bool)
    for text in obs.select_dtypes(object):
        obs[text] = pd.Categorical(obs[text])
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


def _extra(cohort: Cohort, split: Split, rows: pd.DataFrame, roster: Roster) -> pd.DataFrame:
    """The columns for splits and batches, under their canonical names; visits of one subject are a group."""
    wanted = {keys.BATCH: cohort.batch, keys.GROUP: split.group, keys.PART: split.column}
    if split.column is None and keys.PART in rows:
        wanted[keys.PART] = keys.PART
    found = {key: column(rows, name, f"split or batch, column for {key}") for key, name in wanted.items() if name}
    if keys.PART in found:
        found[keys.PART] = canonical(found[keys.PART])
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


def _looked(cohort: Cohort, name: str, assay: anndata.AnnData, samples: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Checks and flags of a modality; a flagged sample is dropped only where the user says so."""
    found = components(assay)
    checks = quality.checks(name, assay, samples, cohort.batch, found)
    flags = quality.flags(name, assay, samples, found)
    setting = cohort.modalities[name]
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


def _nothing(given: anndata.AnnData) -> tuple[str, str]:
    if records.STATUS[-1] in given.obs:
        reasons = given.obs[records.STATUS[-1]].value_counts()
        told = ", ".join(f"{reason}: {count}" for reason, count in reasons.items())
        return f"no record tells anything ({told})", "mend `align` or `min_coverage`"
    return "holds no value at all", "mend its files, or take it out of `modalities`"


def _no_overlap(assay: anndata.AnnData, samples: pd.DataFrame, subjects: set[str]) -> tuple[str, str]:
    cure = "set `subject_pattern`, or `samples.index` or `samples.subject`, so that they agree"
    if subjects.intersection(assay.var_names):
        cure = "its features are subjects: mend `orientation`"
    example = next(iter(samples.index))
    return f"no subject is in the samples table (the assay has '{assay.obs_names[0]}', the table '{example}')", cure
