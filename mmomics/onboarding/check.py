"""All that is wrong or suspicious with a cohort file and the files that it names, before any long job."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import anndata
import pandas as pd

from mmomics import keys
from mmomics.cohort import clinical, device, named, samples, specimens
from mmomics.cohort.align import together
from mmomics.cohort.columns import column
from mmomics.cohort.data import from_mudata
from mmomics.cohort.ingest import ingest
from mmomics.cohort.member import STRAY, Member, member
from mmomics.cohort.normalize import normalize
from mmomics.cohort.outcome import columns, read_outcome
from mmomics.cohort.quality import FLAGS, SEX
from mmomics.cohort.split import split
from mmomics.config import prepared
from mmomics.config.check import problems
from mmomics.config.cohort import Cohort
from mmomics.config.cohort_file import read_content
from mmomics.config.inputs import SAMPLES, files_of
from mmomics.config.load import read_study
from mmomics.config.modality import Assay
from mmomics.config.protocol import Split
from mmomics.config.run import Run, Study
from mmomics.errors import UserError, count, listed
from mmomics.onboarding import every
from mmomics.onboarding.suspicion import suspicions

T = TypeVar("T")
CHOOSE = "CHOOSE"  # the mark of `mmomics init`
HEARD = ("assays", "cohort", "devices", "normalization", "signals", "tables")  # packages whose warnings are findings
log = logging.getLogger(__name__)


@dataclass
class Findings:
    """Errors, which stop a run, and warnings, which should be looked at; both in the order found."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def tried(self, step: Callable[[], T]) -> T | None:
        """What a step gives; its complaint is kept, once, and None given."""
        try:
            return step()
        except UserError as error:
            if str(error) not in self.errors:
                self.errors.append(str(error))
            return None


def check(path: str | Path, data_dir: str = "data") -> Findings:
    """Everything that can be said of a cohort before it is run.

    Parameters
    ----------
    path : path
        The cohort file.
    data_dir : str
        Folder that ``{data_dir}`` stands for.

    Returns
    -------
    Findings
        Empty lists where nothing was found.
    """
    found = Findings()
    content = found.tried(lambda: read_content(path))
    if content is None:
        return found
    found.errors += [str(problem) for problem in problems(Cohort, content, path)]
    if found.errors:
        return found  # what the keys mean is not known
    _open_choices(found, content, path)
    cohort = Cohort.model_validate(content)
    folder = Path(cohort.folder.replace("{data_dir}", data_dir)).expanduser()
    if not folder.is_dir():
        found.errors.append(str(UserError(f"{path}: folder", f"there is no folder {folder}", "mend it, or give --data-dir")))
        return found
    there = {name: _there(found, cohort, name, folder, path) for name in (SAMPLES, *cohort.modalities)}
    found.errors += [str(problem) for problem in prepared.unknown(cohort.prepare, f"{path}: prepare")]
    for name, modality in cohort.modalities.items():
        found.errors += [str(problem) for problem in prepared.unknown(modality.prepare, f"{path}: modalities.{name}.prepare")]
    study = found.tried(lambda: read_study(Path(path).stem, Run(models={}, imputers=[], data_dir=data_dir), path))
    rules = study.split if study else cohort.split
    with _warnings_into(found):
        frame = found.tried(lambda: _samples(found, cohort, folder)) if there[SAMPLES] else None
        sound = frame is not None and _columns(found, cohort, rules, frame, path)
        assays = {name: _read(found, cohort, name, folder, frame) for name in cohort.modalities if there[name]}
        members = _members(found, cohort, frame, {name: assay for name, assay in assays.items() if assay is not None})
        if sound and members:
            _together(found, cohort, study, frame, members)
    found.errors = [error for error in found.errors if f"'{CHOOSE}'" not in error]  # said once
    return found


def _open_choices(found: Findings, content: object, path: str | Path) -> None:
    """What the draft of `mmomics init` left open: an error where it is a value, a warning where it is a remark."""
    lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    left = [number for number, line in enumerate(lines, 1) if re.search(rf"[#:,[{{]\s*{CHOOSE}\b", line)]
    if left:
        where = f"{path} {'line' if len(left) == 1 else 'lines'} {listed(left, 20)}"
        cure = f"go through {'it' if len(left) == 1 else 'them'}, and take the word out"
        line = str(UserError(where, f"the draft left a choice open ({CHOOSE})", cure))
        (found.errors if CHOOSE in _values(content) else found.warnings).append(line)


def _values(content: object) -> Iterator[object]:
    if isinstance(content, dict | list):
        for each in content.values() if isinstance(content, dict) else content:
            yield from _values(each)
    else:
        yield content


def _there(found: Findings, cohort: Cohort, name: str, folder: Path, path: str | Path) -> bool:
    """Whether the files of a modality are there, and what it names is known."""
    before = len(found.errors)
    found.tried(lambda: files_of(cohort, name, folder, path))
    if name in cohort.modalities:
        found.errors += [str(problem) for problem in named.unknown(cohort.modalities[name], f"{path}: modalities.{name}")]
    return len(found.errors) == before


def _samples(found: Findings, cohort: Cohort, folder: Path) -> pd.DataFrame:
    """The samples table; a column whose expression is wrong holds no value."""
    frame, wrong = every.expressions(samples.read(cohort.samples.model_copy(update={"derive": {}}), folder), cohort.samples.derive)
    found.errors += [str(error) for error in wrong]
    return frame


def _columns(found: Findings, cohort: Cohort, rules: Split, frame: pd.DataFrame, path: str | Path) -> bool:
    """Whether every column that is named is there, and holds what it should."""
    before = len(found.errors)
    for key, name in named.columns(cohort, rules):
        found.tried(lambda name=name, key=key: column(frame, name, f"{path}: {key}"))  # type: ignore[misc]
    found.tried(lambda: samples.roster(cohort.samples, frame))
    found.tried(lambda: specimens.times(cohort.samples, frame))
    found.tried(lambda: clinical.raw(frame, [name for name in cohort.covariates if name in frame]))
    if len(found.errors) == before:
        rows = found.tried(lambda: samples.by_subject(cohort.samples, frame, unique=columns(cohort.outcome)))
        found.tried(lambda: read_outcome(cohort.outcome, samples.by_subject(cohort.samples, frame, unique=[]) if rows is None else rows))
    return len(found.errors) == before


def _read(found: Findings, cohort: Cohort, name: str, folder: Path, frame: pd.DataFrame | None) -> anndata.AnnData | None:
    log.info("reading %s", name)
    modality = cohort.modalities[name]
    if isinstance(modality, Assay):
        return found.tried(lambda: normalize(ingest(name, modality, folder), modality.normalize, f"modality {name}"))
    try:
        return normalize(device.ingest(name, modality, folder, cohort.samples, frame))
    except UserError as error:
        said = [str(each) for each in every.files(name, modality, folder, error)]
        found.errors += [line for line in said if line not in found.errors]
        return None


def _members(found: Findings, cohort: Cohort, frame: pd.DataFrame | None, assays: dict[str, anndata.AnnData]) -> dict[str, Member]:
    """The modalities whose ids are those of the samples table, whatever its columns hold."""
    if frame is None:
        return {}
    known = cohort if cohort.batch in frame else cohort.model_copy(update={"batch": None})
    each = {name: found.tried(lambda name=name, assay=assay: member(known, name, assay, frame)) for name, assay in assays.items()}  # type: ignore[misc]
    return {name: one for name, one in each.items() if one is not None}


def _together(found: Findings, cohort: Cohort, study: Study | None, frame: pd.DataFrame, members: dict[str, Member]) -> None:
    """What shows only when all is joined; the modalities that could be read are enough."""
    rules = study.split if study else cohort.split
    part = cohort.model_copy(update={"modalities": {name: cohort.modalities[name] for name in members}})
    aligned = found.tried(lambda: together(part, rules, members, frame))
    if aligned is None:
        return
    strays = aligned.unmatched[aligned.unmatched["found"] == STRAY]
    for name, rows in strays.groupby("modality", sort=False):
        found.warnings.append(
            f"modality {name}: {count(len(rows), 'id is', 'ids are')} not in the samples table and left out ({listed(rows['id'])})"
        )
    for name, rows in aligned.records.groupby("modality", sort=False):
        told = rows["status"].value_counts()
        short = told.drop("ok", errors="ignore")
        if len(short):
            reasons = ", ".join(f"{reason}: {n}" for reason, n in short.items())
            found.warnings.append(
                f"modality {name}: {told.get('ok', 0)} of {count(len(rows), 'specimen')} with a record that tells ({reasons})"
            )
    found.warnings += [*_structure(aligned.quality, part, study), *_flagged(aligned.flags)]
    data = from_mudata(aligned.cohort)
    found.tried(lambda: split(data.obs, rules, 0))
    found.warnings += list(suspicions(data))


def _structure(checks: pd.DataFrame, cohort: Cohort, study: Study | None) -> Iterator[str]:
    """Flagged checks of whole modalities, but for what the cohort file has seen to."""
    covariates = {re.sub(r"[\W_]", "", name).lower() for name in cohort.covariates}
    for row in checks[checks["flagged"]].itertuples():
        prepare = study.prepare_of(row.modality) if study and row.modality in study.prepare_each else cohort.prepare
        seen_to = {
            "sex": bool(covariates & SEX), "batch": prepare.batch is not None and f"'{keys.PART}'" not in row.explanation,
            "heavy_tails": prepare.transform == "rank", "constant_features": row.modality in cohort.devices,
        }  # fmt: skip
        if not seen_to.get(row.check, False):
            yield f"modality {row.modality}: {row.check.replace('_', ' ')} {row.value:.3g}: {row.explanation}"


def _flagged(flags: pd.DataFrame) -> Iterator[str]:
    """One line per flag: which modalities, and which samples."""
    for flag, rows in flags.groupby("flag", sort=False):
        where = ", ".join(f"{name} ({listed(samples, 3)})" for name, samples in rows.groupby("modality", sort=False)["sample"])
        many = count(len(rows), "sample is", "samples are")
        left_out = int(rows["dropped"].sum())
        all_of = "they are" if left_out == len(rows) else f"{left_out} of them {'is' if left_out == 1 else 'are'}"
        cure = f"{all_of} left out by `drop_flagged`" if left_out else "look at them, `drop_flagged` leaves them out"
        yield f"{many} flagged `{flag}`, {FLAGS[str(flag)]}: {where}; {cure}"


@contextmanager
def _warnings_into(found: Findings) -> Iterator[None]:
    """Warnings that the stages and the readers of files log are findings here."""

    class Into(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said = record.getMessage()
            # who is not in the samples table is said with the ids, which logs do not hold
            if record.levelno == logging.WARNING and said not in found.warnings and "not in the samples table" not in said:
                found.warnings.append(said)

    handler, loggers = Into(), [logging.getLogger(f"mmomics.{package}") for package in HEARD]
    propagated = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, before in zip(loggers, propagated, strict=True):
            logger.removeHandler(handler)
            logger.propagate = before
