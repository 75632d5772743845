"""The samples table: which subject a sample is of, and one row per subject."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mmomics import keys
from mmomics.cohort import ids, table
from mmomics.cohort.columns import WITH_COMMA, column, place
from mmomics.cohort.derive import derive
from mmomics.config.samples import Samples
from mmomics.config.table import Table
from mmomics.errors import UserError, count, listed
from mmomics.tables import _grouped


def read(samples: Samples, folder: str | Path) -> pd.DataFrame:
    """The samples table as text (missing = NaN), index = row ids, with what is joined to it and derived from it.

    Stacked files get the column ``part`` unless they have one; ``attrs["files"]`` names the files, for messages.

    Raises
    ------
    UserError
        If a file cannot be read, a joined table shares no row or repeats a column, or an expression is wrong.
    """
    frame, part = _text(samples, folder)
    if part is not None and keys.PART not in frame:
        frame[keys.PART] = part
    files = [str(path) for path in table.paths(samples, folder).values()]
    for position, further in enumerate(samples.join):
        more, _ = _text(further, folder)
        own = ", ".join(map(str, table.paths(further, folder).values()))
        twice = more.columns.intersection(frame.columns)
        if len(twice):
            raise UserError(f"samples.join.{position}", f"{own} repeats columns ({listed(twice)})", "`drop` them there")
        if not more.index.isin(frame.index).any():
            raise UserError(f"samples.join.{position}", f"no row of {own} is in the samples table", "mend `index`")
        frame = frame.join(more)
        files.append(own)
    frame.attrs["files"] = ", ".join(files)
    return derive(frame, samples.derive)


def _text(settings: Table, folder: str | Path) -> tuple[pd.DataFrame, pd.Series | None]:
    """A table whose cells are text without space around it, numbers with a decimal point, empty ones missing."""
    frame, part = table.read(settings, folder, numeric=False)
    for name in frame.select_dtypes(object).columns:
        cells = frame[name].map(str.strip, na_action="ignore")
        cells = cells.mask(cells == "")
        if name != getattr(settings, "subject", None):
            cells = _grouped.written_out(cells, settings.decimal_sign, settings.thousands_sign)
        if settings.decimal_sign == ",":
            cells = cells.where(~cells.str.fullmatch(WITH_COMMA).eq(True), cells.str.replace(",", "."))
        frame[name] = cells
    return frame, part


def subjects(samples: Samples, frame: pd.DataFrame) -> pd.Series:
    """The subject of each row: the `subject` column, the part of the row id that `subject_pattern` finds, or the row id.

    Raises
    ------
    UserError
        If a row has no subject, or both are given.
    """
    if samples.subject is None:
        found = ids.extract(samples.subject_pattern, frame.index, place(frame, "samples"))
        return pd.Series(found, index=frame.index, dtype=object)
    if samples.subject_pattern is not None:
        raise UserError("samples", "`subject` and `subject_pattern` both say who a row is of", "leave one of them out")
    named = column(frame, samples.subject, "samples.subject")
    if named.isna().any():
        raise UserError(
            place(frame, "samples.subject"),
            f"{count(int(named.isna().sum()), 'row has', 'rows have')} no subject, the first is '{named.index[named.isna()][0]}'",
            "fill it in",
        )
    return named


def roster(samples: Samples, frame: pd.DataFrame) -> ids.Roster:
    """Who is in the cohort, and by which ids they are known."""
    owner = subjects(samples, frame)
    known: dict[str, list[str]] = {}
    named = set(owner)
    unclear = frozenset(str(row) for row, subject in owner.items() if str(row) in named and str(row) != subject)
    if samples.visits == "keep":
        for row, subject in owner.items():
            known.setdefault(subject, []).append(str(row))
        known |= {str(row): [str(row)] for row in frame.index}
        return ids.Roster(frame.index.to_numpy(dtype=object), owner.to_numpy(dtype=object), known, unclear)
    names = owner.drop_duplicates().to_numpy(dtype=object)
    known |= {subject: [subject] for subject in names}
    known |= {str(row): [subject] for row, subject in owner.items()}
    return ids.Roster(names, names, known, unclear)


def by_subject(samples: Samples, frame: pd.DataFrame, unique: list[str]) -> pd.DataFrame:
    """One row per subject, or per visit where they are kept, in the table's order.

    Of several rows of a subject that are merged, the first value that is not missing.

    Parameters
    ----------
    samples : Samples
        Says which column holds the subject.
    frame : DataFrame
        The samples table.
    unique : list of str
        Columns (the outcome's) in which the rows of one subject must agree.

    Raises
    ------
    UserError
        If rows of one subject disagree in such a column.
    """
    owner = subjects(samples, frame).to_numpy()
    if samples.visits == "keep" or (len(set(owner)) == len(frame) and (owner == frame.index).all()):
        return frame
    groups = frame.groupby(owner, sort=False)
    for name in unique:
        differing = groups[name].nunique()
        if (differing > 1).any():
            raise UserError(
                place(frame, f"samples, column '{name}'"),
                f"{(differing > 1).sum()} subjects have rows that disagree, the first is '{differing.idxmax()}'",
                "set `samples.visits: keep` to predict each sample by itself",
            )  # fmt: skip
    rows = groups.first()
    rows.attrs = frame.attrs
    return rows


def differing(samples: Samples, frame: pd.DataFrame, values: pd.DataFrame) -> dict[str, int]:
    """Columns in which rows that are merged differ, and of how many subjects: the first counts, be it of before or after an outcome.

    Parameters
    ----------
    samples : Samples
        Says which column holds the subject.
    frame : DataFrame
        The samples table.
    values : DataFrame
        Some of its columns, numbers as numbers.
    """
    owner = subjects(samples, frame).to_numpy()
    if samples.visits == "keep" or len(set(owner)) == len(frame):
        return {}
    several = (values.groupby(owner).nunique() > 1).sum()
    return {str(name): int(n) for name, n in several.items() if n}
