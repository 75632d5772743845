"""Whose sample it is: from the ids in a file to the rows of the cohort."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.cohort import table
from mmomics.config.table import Table
from mmomics.errors import UserError, count, did_you_mean, listed

log = logging.getLogger(__name__)
FEW, MOST = 3, 20  # columns that may describe features, and ids for each of them
CONTROL = re.compile(  # pooled samples, blanks and reference materials of a laboratory; a control may be a person
    r"(?:^|[^a-z])(?:sample|study|process|system|solvent|extraction|pool(?:ed)?|s)?[-_. ]?"
    r"(?:qcs?|blanks?|blk|pool(?:ed)?s?|ntc|nist\w*|srm\d*)(?:[^a-z]|$)", re.I,
)  # fmt: skip


@dataclass(frozen=True)
class Roster:
    """Who is in the cohort.

    Attributes
    ----------
    names : array of str (n_rows,)
        The rows of the cohort: subjects, or visits where they are kept.
    subjects : array of str (n_rows,)
        The subject of each row.
    known : dict of str to list of str
        An id of the samples table, be it of a row or of a subject -> rows of the cohort.
    ambiguous : frozenset of str
        Ids that are a row of one subject and the name of another.
    """

    names: np.ndarray
    subjects: np.ndarray
    known: dict[str, list[str]]
    ambiguous: frozenset[str] = frozenset()

    def rows(self, ids: Sequence[str], ignore_case: bool = False, where: str = "ids") -> list[list[str]]:
        """Rows of the cohort for each id; an id that nobody knows stands for itself.

        Raises
        ------
        UserError
            If an id is a row of one subject and the name of another, or two ids differ in case only although case is to be ignored.
        """
        unclear = [name for name in ids if name in self.ambiguous]
        if unclear:
            raise UserError(
                where, f"{len(unclear)} ids are rows of one subject and names of another in the samples table, the first is '{unclear[0]}'",
                "set `samples.index` to the column whose ids the files have, or make the two differ",
            )  # fmt: skip
        if not ignore_case:
            return [self.known.get(name, [name]) for name in ids]
        folded: dict[str, list[str]] = {}
        for name, rows in self.known.items():
            if folded.setdefault(name.casefold(), rows) != rows:
                raise UserError("ignore_case", f"the samples table has ids that differ in case only ('{name}')", "leave `ignore_case` out")
        return [folded.get(name.casefold(), [name]) for name in ids]


def extract(
    pattern: str | None, ids: Iterable[str], where: str, others: Iterable[str] = (), *, controls: bool = False, columns: bool = False
) -> list[str]:
    """The first group of a pattern in every id; the ids themselves without a pattern.

    Parameters
    ----------
    pattern : str or None
        Regular expression whose first group is the subject.
    ids : iterable of str
        Ids of samples, records or rows.
    where : str
        Place of the pattern's owner, for messages.
    others : iterable of str
        The names on the table's other side: where all of them match instead, the orientation is wrong.
    controls : bool
        Whether ids that are called as pooled samples and blanks are may stand for themselves, and so for nobody, where others match.
    columns : bool
        Whether they are columns of a table, which `drop` can take out.

    Raises
    ------
    UserError
        If the pattern does not match an id.
    """
    ids = list(ids)
    if pattern is None:
        return ids
    compiled = re.compile(pattern)
    matches = [compiled.search(name) for name in ids]
    unmatched = [name for name, match in zip(ids, matches, strict=True) if not match or not match[1]]
    strange = [name for name in unmatched if not CONTROL.search(name)] if controls and len(unmatched) < len(ids) else unmatched
    if strange:
        unmatched, others = strange, list(others)
        swapped = len(unmatched) == len(ids) and bool(others) and all(compiled.search(name) for name in others)
        cure = "mend the pattern, or let it match what is of nobody: ids that the samples table lacks are left out"
        if columns and len(strange) <= FEW and len(strange) * MOST <= len(ids):
            cure = f"set `drop: [{', '.join(map(json.dumps, strange))}]` if no sample is called so, or {cure}"
        cure = "the features match it: change `orientation`" if swapped else cure
        raise UserError(where, f"{len(unmatched)} of {len(ids)} sample ids do not match `subject_pattern` ({listed(unmatched)})", cure)
    if unmatched:
        told = count(len(unmatched), "sample is", "samples are")
        log.info("%s: %s called as a laboratory's controls and of nobody", where.removeprefix("modality "), told)
    return [match[1] if match and match[1] else name for name, match in zip(ids, matches, strict=True)]


def mapped(mapping: Table | None, folder: str | Path, ids: Sequence[str], where: str) -> list[str]:
    """Ids through a mapping table: its row ids are the ids, its first other column says whose they are; an id that it lacks stays.

    Raises
    ------
    UserError
        If the table knows none of the ids, or gives nothing for one that it holds.
    """
    if mapping is None:
        return list(ids)
    frame, _ = table.read(mapping, folder, numeric=False)
    files = ", ".join(map(str, table.paths(mapping, folder).values()))
    frame = frame.drop(columns=mapping.made_of, errors="ignore")
    if not len(frame.columns):
        raise UserError(files, "has no column beside its sample ids, expected whose they are", "see `ids` in config/README.md")
    target = frame.iloc[:, 0]
    if target.isna().any():
        raise UserError(f"{files} row '{target.index[target.isna()][0]}'", "says not whose sample it is", "fill it in, or drop the row")
    found = pd.Index(ids).isin(target.index)
    if len(ids) and not found.any():
        raise UserError(where, f"none of its {len(ids)} sample ids is in {files}", did_you_mean(ids[0], target.index))
    return [str(target.get(name, name)) for name in ids]
