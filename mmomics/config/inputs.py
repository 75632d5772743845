"""The user's files that a cohort is made from."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from mmomics.config.cohort import Cohort
from mmomics.config.modality import Device
from mmomics.config.recordings import FIELD, find, regex
from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean

SAMPLES = "samples"  # the name of the samples table among the modalities


def native_files(cohort: Cohort, folder: Path, cohort_file: str | Path) -> dict[str, list[str]]:
    """The user's files of every modality and of ``samples``: paths, all there.

    Raises
    ------
    UserError
        If one is not.
    """
    return {name: files_of(cohort, name, folder, cohort_file) for name in (SAMPLES, *cohort.modalities)}


def files_of(cohort: Cohort, name: str, folder: Path, cohort_file: str | Path) -> list[str]:
    """The files of one modality, or of ``samples``.

    Raises
    ------
    UserError
        If one is not there, or a pattern takes the samples table or a file of another modality for a record.
    """
    where = f"{cohort_file}: {SAMPLES if name == SAMPLES else f'modalities.{name}'}"
    if name == SAMPLES:
        joined = [path for place, table in enumerate(cohort.samples.join) for path in _table_files(table, folder, f"{where}.join.{place}")]
        return [*_table_files(cohort.samples, folder, where), *joined]
    modality = cohort.modalities[name]
    if isinstance(modality, Device):
        records = find(modality, folder, where)
        _alone(cohort, modality, {path: str(id) for id, paths in records.items() for path in paths}, folder, f"{where}.files")
        return [str(path) for paths in records.values() for path in paths]
    return [*_table_files(modality, folder, where), *(_table_files(modality.ids, folder, f"{where}.ids") if modality.ids else [])]


def _alone(cohort: Cohort, device: Device, records: dict[Path, str], folder: Path, where: str) -> None:
    """Check that what a pattern takes for records, path -> id, is nothing else of the cohort."""
    if not FIELD.search(device.files):
        return
    tables = [("the samples table", table) for table in (cohort.samples, *cohort.samples.join)]
    for name, assay in cohort.assays.items():
        tables += [(f"a file of modality {name}", table) for table in (assay, assay.ids) if table]
    other = {folder / file: whose for whose, table in tables for file in _names(table).values()}
    for name, each in cohort.devices.items():
        if not FIELD.search(each.files):
            other[folder / each.files] = f"a file of modality {name}"
        elif each.files != device.files and not each.subject_pattern and not device.subject_pattern:
            # two kinds of signals may lie in one file; but then it is of one subject
            named = re.compile(regex(each.files))
            for path, id in records.items():
                match = named.fullmatch(path.relative_to(folder).as_posix())
                if match and match["id"] != id and len(match["id"]) < len(id):
                    other[path] = f"a record of '{match['id']}' in modality {name}"
    for path in records:
        if path in other:
            raise UserError(
                where, f"'{device.files}' takes {path} for a record of '{records[path]}', but it is {other[path]}",
                "move the records to a folder of their own, or write more of their names in `files`",
            )  # fmt: skip


def inside(folder: str | Path, file: str, where: object) -> Path:
    """A file of the folder; a link that lies in it may lead out, as whoever put it there meant it.

    Raises
    ------
    UserError
        If the path leads out of the folder.
    """
    windows = PureWindowsPath(file)  # takes / and \\ for separators, on any machine
    if PurePosixPath(file).is_absolute() or windows.drive or windows.root or ".." in windows.parts:
        raise UserError(f"{where}: {file}", "leads out of `folder`", "give a path below `folder`, without '..'")
    return Path(folder) / file


def _names(table: Table) -> dict[str, str]:
    """The files that a table names: key -> path below the folder."""
    names = {"files": table.files} if isinstance(table.files, str) else {f"files.{label}": file for label, file in table.files.items()}
    return {**names, "columns": table.columns} if isinstance(table.columns, str) else names


def _table_files(table: Table, folder: Path, where: str) -> list[str]:
    names = _names(table)
    if not table.files:
        raise UserError(f"{where}.files", "names no file", "name one, or `{label: file}` for several to stack")
    for key, name in names.items():
        if not inside(folder, name, f"{where}.{key}").is_file():
            near = did_you_mean(name, [path.name for path in folder.iterdir() if path.is_file()])
            raise UserError(f"{where}.{key}", f"there is no file {folder / name}", near)
    return [str(folder / name) for name in names.values()]
