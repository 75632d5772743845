"""Matrices of cells as Cell Ranger writes them, one per donor or several: a folder each, or a name in front of `matrix.mtx`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mmomics.onboarding import guess
from mmomics.onboarding._lines import quoted
from mmomics.onboarding.files import ending

MATRIX = re.compile(r"[-_.]?(?:(?:filtered|raw)_)?(?:(?:feature|gene)_bc_)?matri(?:x|ces)[^/]*$", re.IGNORECASE)
BESIDE = re.compile(r"(barcodes|features|genes)[^/]*\.tsv(\.gz)?$", re.IGNORECASE)
FORMATS = (".mtx", ".h5")


def split(paths: Sequence[Path]) -> tuple[list[list[Path]], list[Path]]:
    """Matrices by format, those before calling cells left out where the called ones are there, and all files that are none of it."""
    found = [path for path in paths if ending(path) in FORMATS and MATRIX.search(path.name)]
    called = [path for path in found if not _raw(path, found)]
    neighbours = {path.parent for path in found if ending(path) == ".mtx"}
    rest = [path for path in paths if path not in found and not (path.parent in neighbours and BESIDE.search(path.name))]
    groups = [[path for path in called if ending(path) == form] for form in FORMATS]
    return [group for group in groups if group], rest


def lines(paths: Sequence[Path], folder: Path, subjects: Sequence[str]) -> list[str]:
    """The modality: cells are numbered behind the name of their matrix, and summed by whose it is."""
    places = [path.relative_to(folder) for path in paths]
    labels = _labels(places)
    out = ["  cells:", "    kind: single_cell # GUESS: counts of cells as Cell Ranger writes them"]
    if not labels:
        return [
            *out, f"    files: {quoted(places[0])}", "    pool: sum",
            "    # CHOOSE whose each barcode is: `subject_pattern` if its end tells (\"-(\\\\d+)$\"), with `ids` for a table of libraries",
        ]  # fmt: skip
    out += [f"    files: {{{', '.join(f'{quoted(label)}: {quoted(place)}' for label, place in zip(labels, places, strict=True))}}}"]
    out += ["    number_rows: true # cells are told apart by number: barcodes repeat from matrix to matrix"]
    cells = [f"{label}_0001" for label in labels]
    plain = len(set(labels) & set(subjects)) == len(labels)
    pattern = None if plain else guess.subject_pattern(cells, subjects)
    told = "" if plain else f" # GUESS from '{cells[0]}'" if pattern else ""
    out += [f"    subject_pattern: {quoted(pattern or '^(.+)_' + chr(92) + 'd+$')}{told}", "    pool: sum"]
    if not plain and not pattern and subjects and not set(labels) & set(subjects):
        out += [f"    # CHOOSE a subject_pattern: the matrices are called like '{labels[0]}', the table of samples has '{subjects[0]}'"]
    return out


def _raw(path: Path, found: Sequence[Path]) -> bool:
    """Whether the same cells are there called: filtered_feature_bc_matrix beside raw_feature_bc_matrix."""
    return "raw_" in str(path) and Path(str(path).replace("raw_", "filtered_")) in found


def _labels(places: Sequence[Path]) -> list[str]:
    """What tells the matrices apart in their paths; of a single one nothing does."""
    parts = [[*place.parts[:-1], MATRIX.sub("", place.name)] for place in places]
    if len(places) < 2:
        return []
    if len({len(each) for each in parts}) == 1:
        varied = [len(set(column)) > 1 for column in zip(*parts, strict=True)]
        parts = [[part for part, keep in zip(each, varied, strict=True) if keep] for each in parts]
    return ["_".join(part for part in each if part) or "cells" for each in parts]
