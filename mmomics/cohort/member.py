"""One modality brought to the rows of the cohort: looked at, one row per subject, and what of its ids the samples table knows."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

import anndata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.cohort import quality, records
from mmomics.cohort import samples as table
from mmomics.cohort.components import components
from mmomics.cohort.ids import Roster
from mmomics.cohort.resolve import measured, resolve
from mmomics.config.cohort import Cohort
from mmomics.config.modality import Assay, Device
from mmomics.config.protocol import Prepare
from mmomics.errors import UserError, count

log = logging.getLogger(__name__)
NUMBER = re.compile(r"0*(\d+)(?:\.0+)?")
STRAY, ABSENT = "in the modality only", "in the samples table only"


@dataclass(frozen=True)
class Member:
    """A modality of an aligned cohort.

    Attributes
    ----------
    given : AnnData
        As `normalize` gave it.
    single : AnnData
        One row per row of the cohort that has it.
    n_samples, n_found : int
        Samples that hold a value, and the subjects (or visits) that they are of, known to the samples table or not.
    strays, absent : list of str
        Ids that the modality alone has, and that the samples table alone has.
    checks, flags : DataFrame
        As `mmomics.cohort.quality` gives them; a flagged sample is left out only where the user says so.
    """

    given: anndata.AnnData
    single: anndata.AnnData
    n_samples: int
    n_found: int
    strays: list[str]
    absent: list[str]
    checks: pd.DataFrame
    flags: pd.DataFrame


def member(cohort: Cohort, name: str, given: anndata.AnnData, samples: pd.DataFrame, prepare: Prepare | None = None) -> Member:
    """Bring a normalised modality to the rows of the samples table; `prepare` is its preprocessing in the run, if one is known.

    Raises
    ------
    UserError
        If none of its ids is in the samples table, or nothing was measured.
    """
    roster = table.roster(cohort.samples, samples)
    batch = prepare.batch if prepare else cohort.modalities[name].prepare.batch or cohort.prepare.batch
    corrected = (batch or "none") != "none"
    ours = _ours(cohort, name, given, roster)
    looked = given if ours.all() or not ours.any() else given[ours]  # controls and other people would be what is far from the others
    checks, flags = _looked(cohort, name, looked, samples.assign(**{keys.SUBJECT: table.subjects(cohort.samples, samples)}), corrected)
    left_out = given.obs_names.isin(flags.loc[flags["dropped"], "sample"])
    assay = measured(name, given[~left_out] if left_out.any() else given)
    recorded = name in cohort.devices
    if recorded and given.n_obs and not given.obs_names.isin(roster.names).any():
        raise UserError(f"modality {name}", *_no_overlap(given, samples, set(roster.names), cohort.modalities[name]))
    if not assay.n_obs:
        raise UserError(f"modality {name}", *_nothing(given, flags[flags["dropped"]], cohort.modalities[name]))
    # a record of nobody has no specimen to belong to, so it may hold nothing by now; it is told all the same
    strange = given.obs_names[~given.obs_names.isin(roster.names) & ~given.obs_names.isin(assay.obs_names)] if recorded else []
    if len(strange):
        told = count(len(strange), "id with records is", "ids with records are")
        log.warning("%s: %s not in the samples table and %s left out", name, told, "is" if len(strange) == 1 else "are")
    single = resolve(name, assay, roster, cohort)
    inside = single.obs_names.isin(roster.names)
    if not inside.any():
        raise UserError(f"modality {name}", *_no_overlap(single, samples, set(roster.names), cohort.modalities[name]))
    if not inside.all():
        cure = _without_zeros(single.obs_names[~inside], set(roster.names) - set(single.obs_names))
        told = f"; {cure}" if cure else ""
        log.warning("%s: %d of %d subjects are not in the samples table and are left out%s", name, (~inside).sum(), len(inside), told)
    strays = [*map(str, strange), *map(str, single.obs_names[~inside])]
    absent = [str(row) for row in roster.names[~pd.Index(roster.names).isin(single.obs_names)]]
    single = single[inside].copy() if not inside.all() else single
    return Member(given, single, assay.n_obs, len(inside), strays, absent, checks, flags)


def _ours(cohort: Cohort, name: str, given: anndata.AnnData, roster: Roster) -> np.ndarray:
    """Which samples the samples table knows, bool (n_samples,)."""
    setting, named = cohort.modalities[name], given.obs[keys.SUBJECT].astype(str).tolist()
    found = roster.rows(named, setting.ignore_case, f"modality {name}") if isinstance(setting, Assay) else [[row] for row in named]
    everybody = set(roster.names)
    return np.array([not everybody.isdisjoint(rows) for rows in found], dtype=bool)


def _looked(cohort: Cohort, name: str, assay: anndata.AnnData, samples: pd.DataFrame, corrected: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Checks and flags of a modality; a flagged sample is dropped only where the user says so."""
    found = components(assay)
    checks = quality.checks(name, assay, samples, cohort.batch, found, corrected=corrected)
    flags = quality.flags(name, assay, samples, found)
    drop = cohort.modalities[name].drop_flagged
    for flag in drop:
        quality.check_flag(flag, f"modalities.{name}")
    flags["dropped"] = flags["flag"].isin(drop)
    if len(flags):
        told = ", ".join(f"{flag}: {count}" for flag, count in flags["flag"].value_counts().items())
        log.info("%s: samples that look wrong (%s), %d left out", name, told, flags.loc[flags["dropped"], "sample"].nunique())
    return checks, flags


def _nothing(given: anndata.AnnData, dropped: pd.DataFrame, setting: Assay | Device) -> tuple[str, str]:
    if len(dropped):
        told = ", ".join(f"{flag}: {n}" for flag, n in dropped["flag"].value_counts().items())
        gone = f"`drop_flagged` leaves out {dropped['sample'].nunique()} of {count(given.n_obs, 'sample')} ({told})"
        return f"{gone}, and no other holds a value", "look at what is flagged, or take the flag out of `drop_flagged`"
    if records.STATUS[-1] in given.obs:
        reasons = given.obs[records.STATUS[-1]].value_counts()
        told = ", ".join(f"{reason}: {count}" for reason, count in reasons.items())
        partly = given.obs[(given.obs["coverage"] > 0) & (given.obs["minutes"] > 0)]
        if len(partly):
            recorded, asked = (_long(float(each.median())) for each in (partly["minutes"], partly["minutes"] / partly["coverage"]))
            told += f"; of {asked} that count, {recorded} were recorded and worn, by the median"
        clock = ", or `time_format`" if isinstance(setting, Device) and setting.time_format else ""
        return f"no record tells anything ({told})", f"mend `align` or `min_coverage`{clock}"
    return "holds no value at all", "mend its files, or take it out of `modalities`"


def _long(minutes: float) -> str:
    return f"{minutes / 60:.1f} h" if minutes < 2 * 1440 else f"{minutes / 1440:.1f} d"


def _no_overlap(assay: anndata.AnnData, samples: pd.DataFrame, subjects: set[str], setting: Assay | Device) -> tuple[str, str]:
    cure = "`ids` takes whose a sample is from the first column beside its row ids: `drop` others that stand before it"
    if not isinstance(setting, Assay) or setting.ids is None:
        cure = "set `subject_pattern`, or `samples.index` or `samples.subject`, so that they agree"
    if {name.casefold() for name in subjects}.intersection(name.casefold() for name in assay.obs_names):
        cure = "they differ in upper and lower case only: set `ignore_case: true`"
    cure = _without_zeros(assay.obs_names, subjects) or cure
    if subjects.intersection(assay.var_names):
        cure = "its features are subjects: mend `orientation`"
    example = next(iter(samples.index))
    alike = next((name for name in assay.obs_names if name.startswith(tuple(subjects))), assay.obs_names[0])
    return f"no subject is in the samples table (the assay has '{alike}', the table '{example}')", cure


def _without_zeros(names: Iterable[str], subjects: Iterable[str]) -> str | None:
    """What to do where ids agree but for zeros in front, or a decimal behind: a spreadsheet takes 001 for the number 1, or 1.0."""
    here, there = ({each: match[1] if (match := NUMBER.fullmatch(each)) else each for each in ids} for ids in (names, subjects))
    if not set(here.values()).intersection(there.values()):
        return None
    where = [place for place, ids in (("`samples`", there), ("this modality", here)) if any(each != plain for each, plain in ids.items())]
    numbers = all(NUMBER.fullmatch(each) for each in (*here, *there))
    pattern = r"^0*(\d+)(?:\.0+)?$" if numbers else r"^0*(.+?)(?:\.0+)?$"
    told = "ids differ in zeros in front or a decimal behind, as spreadsheets make them"
    return f"{told}: set `subject_pattern: '{pattern}'` in {' and in '.join(where)}"
