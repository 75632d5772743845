"""The user's files that a cohort is made from."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

from mmomics.config.cohort import Cohort
from mmomics.config.modality import Device
from mmomics.config.recordings import find
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
        If one is not there.
    """
    where = f"{cohort_file}: {SAMPLES if name == SAMPLES else f'modalities.{name}'}"
    if name == SAMPLES:
        joined = [path for place, table in enumerate(cohort.samples.join) for path in _table_files(table, folder, f"{where}.join.{place}")]
        return [*_table_files(cohort.samples, folder, where), *joined]
    modality = cohort.modalities[name]
    if isinstance(modality, Device):
        return [str(path) for paths in find(modality, folder, where).values() for path in paths]
    return [*_table_files(modality, folder, where), *(_table_files(modality.ids, folder, f"{where}.ids") if modality.ids else [])]


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


def _table_files(table: Table, folder: Path, where: str) -> list[str]:
    names = {"files": table.files} if isinstance(table.files, str) else {f"files.{label}": file for label, file in table.files.items()}
    if isinstance(table.columns, str):
        names["columns"] = table.columns
    if not table.files:
        raise UserError(f"{where}.files", "names no file", "name one, or `{label: file}` for several to stack")
    for key, name in names.items():
        if not inside(folder, name, f"{where}.{key}").is_file():
            near = did_you_mean(name, [path.name for path in folder.iterdir() if path.is_file()])
            raise UserError(f"{where}.{key}", f"there is no file {folder / name}", near)
    return [str(folder / name) for name in names.values()]
