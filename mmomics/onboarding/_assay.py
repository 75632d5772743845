"""Tables of assays in the draft of a cohort file: a few lines for each."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from mmomics.assays import _names
from mmomics.cohort.aside import aside, batch
from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.onboarding import guess, melted, runs
from mmomics.onboarding._lines import files, keys, modality, quoted
from mmomics.onboarding._lines import kind as kind_of
from mmomics.onboarding.links import Sheets
from mmomics.onboarding.sniff import Sniffed
from mmomics.onboarding.whose import agree, in_front, owners
from mmomics.tables import contract


def assay(table: Sniffed, subjects: Sequence[str], sheets: Sheets) -> list[str]:
    """A table of samples x features, or the other way round."""
    rows = table.rows
    columns = [name for name in table.names if name in subjects or not guess.BESIDE.fullmatch(name)]
    columns = runs.columns(columns, subjects) or columns[len(in_front(columns, subjects)) :]
    genes = guess.kind("", rows) != "generic" and guess.kind("", columns) == "generic"  # whosever the samples are
    by_columns, by_rows = ((*agree(names, subjects), len(sheets.lines(names, subjects))) for names in (columns, rows))
    called = by_columns > by_rows
    in_columns = "pool" not in table.keys and (called or genes)
    why = "the columns are called as the samples" if called else "the rows are called as features"
    text = table.words
    if in_columns:
        text = [name for name in table.names if name in text or name not in columns]
    samples = [name for name in table.names if name not in text] if in_columns else rows
    kind, by = kind_of(table, rows, [str(table.cells.index.name), *text]) if in_columns else kind_of(table, table.names[:200])
    kind, by = ("single_cell", f"many rows for each '{table.keys['index']}': they are cells") if "pool" in table.keys else (kind, by)
    beside = [name for name in aside(table.names, kind) if not (in_columns and name in subjects)]
    text += [name for name in beside if name not in text]
    drop = [*table.dropped, *text]
    numeric = table.numbers.drop(columns=text, errors="ignore")
    numbers = numeric.to_numpy(dtype=float)
    scale, reason = guess.scale(kind, numbers.T if in_columns else numbers, table.name, lambda: _sums(table, drop, in_columns))
    lines = [f"  {modality(table)}:", f"    kind: {kind} # GUESS {by}"]
    lines += [f"    values: {scale} # GUESS: {reason}"] if scale else []
    lines += [f"    files: {files(table, sheets.folder)}"]
    lines += [f"    orientation: samples_in_columns # GUESS: {why}"] if in_columns else []
    lines += [each for each in keys(table, "    ") if not each.lstrip().startswith("drop:")]
    if drop:
        why = f"no {'samples' if in_columns else 'numbers, by their names no measurements'}, or several columns of one name"
        lines += [f"    drop: [{', '.join(map(quoted, drop))}] # {why}"]
    for each in _names.nested(kind, *((rows, numbers.T) if in_columns else (list(numeric.columns), numbers))):
        mark, why = ("# ", "if, as it may be,") if scale == "counts" else ("", "GUESS one level:")  # shares tell by what they add up to
        lines += [f"    {mark}feature_pattern: {json.dumps(each.pattern)} # {why} {quoted(each.whole)} is the sum of others"]
    if together := batch(beside):
        lines += [f"    # {quoted(together)} says what was measured together: with it in the table of samples, `batch` can name it"]
    return lines + owners(samples, subjects, sheets, numbered=bool(table.keys.get("number_rows")))


def long_assay(table: Sniffed, subjects: Sequence[str], sheets: Sheets) -> list[str]:
    """A table with a row per sample and feature."""
    return melted.lines(table, sheets.folder, modality(table), owners(melted.rows(table), subjects, sheets))


def _sums(table: Sniffed, drop: Sequence[str], in_columns: bool) -> np.ndarray | None:
    """What each sample of the first file adds up to; None if it cannot be read."""
    layout = {key: value for key, value in table.keys.items() if key in Table.model_fields}
    try:
        values = contract.read(table.path, Table.model_validate({**layout, "files": table.path.name, "drop": drop}), None, True)
    except UserError:
        return None
    return values.sum(axis=0 if in_columns else 1).to_numpy(dtype=float)
