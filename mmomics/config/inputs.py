"""The user's files that a cohort is made from."""

from __future__ import annotations

from pathlib import Path

from mmomics.config.cohort import Cohort
from mmomics.config.recordings import find
from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean


def native_files(cohort: Cohort, folder: Path, cohort_file: str | Path) -> dict[str, list[str]]:
    """The user's files of every modality and of ``samples``: paths, all there.

    Raises
    ------
    UserError
        If one is not.
    """
    tables: dict[str, list[tuple[str, Table]]] = {"samples": [("samples", cohort.samples)]}
    tables["samples"] += [(f"samples.join.{place}", table) for place, table in enumerate(cohort.samples.join)]
    for key, assay in cohort.assays.items():
        tables[key] = [(f"modalities.{key}", assay), *([(f"modalities.{key}.ids", assay.ids)] if assay.ids else [])]
    found = {
        name: [path for place, table in of for path in _table_files(table, folder, f"{cohort_file}: {place}")]
        for name, of in tables.items()
    }
    for key, device in cohort.devices.items():
        matched = find(device, folder, f"{cohort_file}: modalities.{key}")
        found[key] = [str(path) for paths in matched.values() for path in paths]
    return found


def _table_files(table: Table, folder: Path, where: str) -> list[str]:
    names = {"files": table.files} if isinstance(table.files, str) else {f"files.{label}": file for label, file in table.files.items()}
    if isinstance(table.columns, str):
        names["columns"] = table.columns
    for key, name in names.items():
        if not (folder / name).is_file():
            near = did_you_mean(name, [path.name for path in folder.iterdir() if path.is_file()])
            raise UserError(f"{where}.{key}", f"there is no file {folder / name}", near)
    return [str(folder / name) for name in names.values()]
