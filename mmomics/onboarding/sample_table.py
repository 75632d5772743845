"""Which table of a folder is the one of samples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmomics.cohort.aside import aside
from mmomics.onboarding import _study, runs
from mmomics.onboarding.sniff import Sniffed
from mmomics.onboarding.whose import folded, meet

CALLED = re.compile(r"clin|days_to|outcome|sample|pheno|metadata|subject|patient|participant|demograph|label|bio\b|bio\.", re.IGNORECASE)


def possible(table: Sniffed, tables: Sequence[Sniffed], others: Sequence[Sequence[str]]) -> bool:
    """Whether a table is called as one of samples, or shares an id with anything else in the folder, if there is anything.

    Parameters
    ----------
    table : Sniffed
        It may be among `tables`.
    tables : sequence of Sniffed
        All that were read.
    others : sequence of sequence of str
        Further ids: of records, of long tables, and the names of files and folders.
    """
    rows = table.rows
    signless = {*map(folded, rows)}
    elsewhere = [*(names for other in tables if other.path != table.path or other.part != table.part for names in _ids(other)), *others]
    return not elsewhere or bool(CALLED.search(table.name)) or any(
        meet(names, rows) or runs.meet(names, rows) or not signless.isdisjoint(map(folded, names)) for names in elsewhere
    )  # fmt: skip


def telling(table: Sniffed) -> bool:
    """Whether columns are called as those of people: covariates, or a good part of them outcomes; a class may be one of lipids."""
    names = table.names[:200]
    called = [name for name in names if _study.LABEL.search(name) or _study.EVENT.search(name)]
    return any(map(_study.COVARIATE.search, names)) or 3 * len(called) > len(names)


def _ids(table: Sniffed) -> Iterator[list[str]]:
    """What may be ids of a table: of its rows and columns, and in its columns of words."""
    yield from (*([] if _counted(table) else [table.rows]), table.names)
    yield from (table.cells[name].dropna().astype(str).tolist() for name in table.words)


def _counted(table: Sniffed) -> bool:
    """Whether its rows have no ids."""
    return bool(table.keys.get("number_rows")) and "subject" not in table.keys


def placed(tables: Sequence[Sniffed], folder: Path) -> list[str]:
    """What the files of several tables, and the folders that they lie in, are called: as samples, perhaps."""
    parts = [table.path.relative_to(folder).parts for table in tables]
    return list(dict.fromkeys(name for *parents, file in parts for name in (*parents, file.partition(".")[0])))


def likely(table: Sniffed, tables: Sequence[Sniffed], others: Sequence[Sequence[str]] = ()) -> float:
    """How much a table looks like the table of samples: ids that others have, text cells, few columns, usual names, few plates."""
    usual = sum(
        bool(pattern.search(name)) for pattern in (_study.TIME, _study.EVENT, _study.LABEL, _study.COVARIATE) for name in table.names[:200]
    )
    rows = table.rows
    beside = [other for other in tables if other is not table and not _counted(other)]
    shared: float = sum(max(meet(other.rows, rows), meet(other.names, rows)) > len(rows) / 4 for other in beside)
    known = any(meet(names, rows) > len(rows) / 4 for names in others)
    shared = 1 if known else shared / max(len(beside), 1)
    return (
        3 * bool(CALLED.search(table.name)) + min(usual, 4) + 2 * (table.text_share > 0.05) - 4 * (len(table.names) > 150)
        - 4 * (2 * len(aside(table.names, "clinical")) > len(table.names)) + (len(table.names) < 50) + 3 * shared
    )  # fmt: skip
