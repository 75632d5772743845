"""All that is wrong or suspicious with a cohort file and the files that it names, before any long job."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anndata
import pandas as pd

from mmomics.cohort import clinical, device, named, samples, specimens
from mmomics.cohort.columns import column
from mmomics.cohort.ingest import ingest
from mmomics.cohort.member import Member, member
from mmomics.cohort.normalize import normalize
from mmomics.cohort.outcome import columns, read_outcome
from mmomics.config import prepared
from mmomics.config.check import problems
from mmomics.config.cohort import Cohort
from mmomics.config.cohort_file import read_content
from mmomics.config.inputs import SAMPLES, files_of
from mmomics.config.load import read_study
from mmomics.config.modality import Assay
from mmomics.config.protocol import Split
from mmomics.config.run import Run
from mmomics.errors import UserError, listed
from mmomics.onboarding import every, joined
from mmomics.onboarding.findings import Findings, heard

CHOOSE = "CHOOSE"  # the mark of `mmomics init`
log = logging.getLogger(__name__)


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
    with heard(found):
        frame = found.tried(lambda: _samples(found, cohort, folder)) if there[SAMPLES] else None
        sound = frame is not None and _columns(found, cohort, rules, frame, path)
        members = {name: _member(found, cohort, name, folder, frame) for name in cohort.modalities if there[name]}
        known = {name: one for name, one in members.items() if one is not None}
        if sound and frame is not None and known:
            joined.tell(found, cohort, study, frame, known)
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
        found.tried(partial(column, frame, name, f"{path}: {key}"))
    found.tried(lambda: samples.roster(cohort.samples, frame))
    found.tried(lambda: specimens.times(cohort.samples, frame))
    found.tried(lambda: clinical.raw(frame, [name for name in cohort.covariates if name in frame]))
    if len(found.errors) == before:
        rows = found.tried(lambda: samples.by_subject(cohort.samples, frame, unique=columns(cohort.outcome)))
        found.tried(lambda: read_outcome(cohort.outcome, samples.by_subject(cohort.samples, frame, unique=[]) if rows is None else rows))
    return len(found.errors) == before


def _member(found: Findings, cohort: Cohort, name: str, folder: Path, frame: pd.DataFrame | None) -> Member | None:
    """What the joint checks need of a modality; nothing where it cannot be read, or its ids are not those of the samples table.

    One modality is in memory at a time. What columns of the samples table hold does not matter.
    """
    assay = _read(found, cohort, name, folder, frame)
    if assay is None or frame is None:
        return None
    known = cohort if cohort.batch in frame else cohort.model_copy(update={"batch": None})
    one = found.tried(lambda: member(known, name, assay, frame))
    return None if one is None else joined.brief(one)


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
