"""All that is wrong or suspicious with a cohort file and the files that it names, before any long job."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import anndata
import pandas as pd

from mmomics import plugins
from mmomics.cohort import device, samples, specimens
from mmomics.cohort.align import align
from mmomics.cohort.columns import column
from mmomics.cohort.data import from_mudata
from mmomics.cohort.ingest import ingest
from mmomics.cohort.normalize import normalize
from mmomics.cohort.outcome import keys_of, read_outcome
from mmomics.cohort.split import split
from mmomics.config.check import problems
from mmomics.config.cohort import Cohort
from mmomics.config.cohort_file import read_content
from mmomics.config.inputs import SAMPLES, files_of
from mmomics.config.modality import Assay
from mmomics.errors import UserError, listed
from mmomics.onboarding.suspicion import suspicions

T = TypeVar("T")
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
    cohort = Cohort.model_validate(content)
    folder = Path(cohort.folder.replace("{data_dir}", data_dir)).expanduser()
    if not folder.is_dir():
        found.errors.append(str(UserError(f"{path}: folder", f"there is no folder {folder}", "mend it, or give --data-dir")))
        return found
    there = {name: found.tried(lambda name=name: files_of(cohort, name, folder, path)) for name in (SAMPLES, *cohort.modalities)}  # type: ignore[misc]
    with _warnings_into(found):
        frame = found.tried(lambda: samples.read(cohort.samples, folder)) if there[SAMPLES] else None
        sound = frame is not None and _columns(found, cohort, frame, path)
        assays = {name: found.tried(lambda name=name: _read(cohort, name, folder, frame)) for name in cohort.modalities if there[name]}  # type: ignore[misc]
        if frame is not None and sound:
            _together(found, cohort, frame, {name: assay for name, assay in assays.items() if assay is not None})
    return found


def _columns(found: Findings, cohort: Cohort, frame: pd.DataFrame, path: str | Path) -> bool:
    """Whether every column that is named is there, and holds what it should."""
    before = len(found.errors)
    named: list[tuple[str, str | None]] = [(f"outcome.{key}", name) for key, name in keys_of(cohort.outcome).items()]
    named += [("covariates", name) for name in cohort.covariates]
    named += [("batch", cohort.batch), ("split.column", cohort.split.column), ("split.group", cohort.split.group)]
    named += [(f"modalities.{name}.clock_shift", each.clock_shift) for name, each in cohort.devices.items()]
    for key, name in named:
        if name is not None:
            found.tried(lambda name=name, key=key: column(frame, name, f"{path}: {key}"))  # type: ignore[misc]
    found.tried(lambda: samples.roster(cohort.samples, frame))
    found.tried(lambda: specimens.times(cohort.samples, frame))
    if len(found.errors) == before:
        found.tried(lambda: read_outcome(cohort.outcome, samples.by_subject(cohort.samples, frame, unique=[])))
    return len(found.errors) == before


def _read(cohort: Cohort, name: str, folder: Path, frame: pd.DataFrame | None) -> anndata.AnnData:
    log.info("reading %s", name)
    modality = cohort.modalities[name]
    if isinstance(modality, Assay):
        plugins.load("assays", modality.kind, f"modalities.{name}.kind")
        return normalize(ingest(name, modality, folder), modality.normalize)
    return normalize(device.ingest(name, modality, folder, cohort.samples, frame))


def _together(found: Findings, cohort: Cohort, frame: pd.DataFrame, assays: dict[str, anndata.AnnData]) -> None:
    """What shows only when all is joined; the modalities that could be read are enough."""
    if not assays:
        return
    part = cohort.model_copy(update={"modalities": {name: cohort.modalities[name] for name in assays}})
    aligned = found.tried(lambda: align(part, part.split, assays, frame))
    if aligned is None:
        return
    strays = aligned.unmatched[aligned.unmatched["found"] == "in the modality only"]
    for name, rows in strays.groupby("modality", sort=False):
        found.warnings.append(f"modality {name}: {len(rows)} ids are not in the samples table ({listed(rows['id'])})")
    for name, rows in aligned.records.groupby("modality", sort=False):
        told = rows["status"].value_counts()
        short = told.drop("ok", errors="ignore")
        if len(short):
            reasons = ", ".join(f"{reason}: {count}" for reason, count in short.items())
            found.warnings.append(f"modality {name}: {told.get('ok', 0)} of {len(rows)} specimens have a record that tells ({reasons})")
    data = from_mudata(aligned.cohort)
    found.tried(lambda: split(data.obs, part.split, 0))
    found.warnings += list(suspicions(data))


@contextmanager
def _warnings_into(found: Findings) -> Iterator[None]:
    """Warnings that the stages log are findings here."""

    class Into(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno == logging.WARNING and record.getMessage() not in found.warnings:
                found.warnings.append(record.getMessage())

    handler = Into()
    logger: Any = logging.getLogger("mmomics.cohort")
    logger.addHandler(handler)
    propagate, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
