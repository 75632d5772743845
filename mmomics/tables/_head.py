"""Where a table begins in a text file, and what separates its cells: exports put titles and comments above the header."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO, cast

from mmomics.config.modality import Device
from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables._arrow import MISSING
from mmomics.tables._text import text
from mmomics.tables.contract import readable

DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
RARE = ("|", " ")  # taken only where no other one fits: they stand in names, too
OPEN = 20  # lines that one quoted cell may span in the header
LOOK = 40  # lines in which the header must stand, and at least two rows
COMMENT = "#"
AMONG = 5  # lines that may be the header, of which the first without a number is
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Head:
    """The beginning of a table.

    Attributes
    ----------
    skip : int
        Lines of the file above it, blank ones too.
    lines : list of str
        The header and the row below it; of a table without header the first two rows.
    delimiter : str
    """

    skip: int
    lines: list[str]
    delimiter: str


def head(path: Path, settings: Table | Device) -> Head:
    """Where a table begins: behind `skip_rows`, or else behind lines that are surely no part of it.

    Sure are lines that begin with `#`, and titles (one cell), if they have another number of cells than the rows. Where other lines stand
    above what looks like a table, it is asked.

    Raises
    ------
    UserError
        If the file is empty or damaged, or it is not clear where the table begins.
    """
    first = _found(path, settings, 2)
    delimiter = _delimiter([line for _, line in first], settings)
    if settings.skip_rows or len(first) < 2 or _fit([line for _, line in first], delimiter):
        return Head(first[0][0], [line for _, line in first], delimiter)
    more = _found(path, settings, LOOK)
    lines = [line for _, line in more]
    likely = _delimiter(lines[-2:], settings)
    place, sure = _begins(lines, likely, getattr(settings, "header", True))
    if not place:
        return Head(first[0][0], [line for _, line in first], delimiter)
    if not sure:
        skip = more[place][0]
        raise UserError(
            path, f"the table seems to begin in line {skip + 1}, below {len(split(lines[place], likely))} names of columns",
            f"set `skip_rows: {skip}`, or mend the lines above it",
        )  # fmt: skip
    return Head(more[place][0], lines[place : place + 2], likely)


def guessed_skip(path: Path, settings: Table | Device) -> int:
    """Lines above what looks like a table, where that is not sure enough to be taken; 0 if there are none."""
    found = _found(path, settings, LOOK)
    lines = [line for _, line in found]
    place, sure = _begins(lines, _delimiter(lines[-2:], settings), getattr(settings, "header", True))
    return 0 if sure else found[place][0]


@contextmanager
def below(path: Path, encoding: str, skip: int, comment: str | None = None, left: str = "") -> Iterator[TextIO]:
    """The text of a file from a table's first line on; of lines that begin with `comment` only `left` stays."""
    with text(path, encoding) as stream:
        for _ in range(skip):
            stream.readline()
        yield cast(TextIO, Uncommented(stream, comment, left)) if comment else stream


class Uncommented:
    """A text stream without the lines that begin with a sign, or with `left` in their place: an empty line keeps the count of lines."""

    def __init__(self, stream: TextIO, sign: str, left: str = "") -> None:
        self.stream, self.sign, self.left = stream, sign, left

    def __iter__(self) -> Iterator[str]:
        return (line for each in self.stream if (line := self._kept(each)))

    def _kept(self, line: str) -> str:
        return self.left if line.startswith(self.sign) else line

    def readline(self, _: int = -1) -> str:
        """The next line; "" at the end."""
        while line := self.stream.readline():
            if kept := self._kept(line):
                return kept
        return ""

    def read(self, size: int = -1) -> str:
        """About so many characters, whole lines; "" at the end."""
        block = self.stream.read(size)
        block += self.stream.readline() if block else ""
        kept = "".join(map(self._kept, block.splitlines(keepends=True)))
        return kept or (self.read(size) if block else "")


def lines(path: Path, most: int | None = None, encoding: str = "utf-8", skip: int = 0, comment: str | None = None) -> list[str]:
    """The first lines of a text file, blank ones left out; with `most`, a line goes on while a quotation mark is open.

    Raises
    ------
    UserError
        If the file is empty, damaged or not of the encoding.
    """
    return [line for _, line in _numbered(path, most, encoding, (skip, comment))]


def _found(path: Path, settings: Table | Device, most: int) -> list[tuple[int, str]]:
    return _numbered(path, most, settings.encoding, (settings.skip_rows, settings.comment))


def _numbered(path: Path, most: int | None, encoding: str, left_out: tuple[int, str | None]) -> list[tuple[int, str]]:
    """Lines that are not blank, each with how many stand above it."""
    with readable(path, encoding=encoding), text(path, encoding) as stream:
        found = _plain(stream, *left_out)
        told = list(islice(_records(found), most)) if most else list(found)
    if not told:
        raise UserError(path, "is empty" if not left_out[0] else "has no line below those of `skip_rows`", "give a file with values")
    return told


def _plain(stream: Iterator[str], skip: int, comment: str | None) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(stream):
        if "\0" in line:
            raise ValueError("NUL bytes")
        if number >= skip and line.strip() and not (comment and line.startswith(comment)):
            yield number, line.rstrip("\r\n")


def _records(found: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for number, line in found:
        if line.count('"') % 2 == 0:
            yield number, line
            continue
        more = [(number, line)]
        for each in islice(found, OPEN):
            more.append(each)
            if each[1].count('"') % 2:
                break
        else:  # it never closes: a mark that is part of a name
            yield from more
            continue
        yield number, "\n".join(each for _, each in more)


def split(line: str, delimiter: str) -> list[str]:
    """The cells of a line."""
    if '"' not in line:  # also faster, and no limit to the length of a cell
        return line.split() if delimiter == " " else line.split(delimiter)
    return next(csv.reader(line.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=delimiter == " "))


def guess(first: Sequence[str], decimal: str = "point") -> str:
    """The delimiter of a text, by its header and the line below it.

    The one that gives both the most columns, equally many (or one more below an R header); `|` and a space only where no other one does.
    Where none fits both, the one that gives the header the most.
    """
    signs = [sign for sign in DELIMITERS.values() if sign not in RARE and not (sign == "," and decimal == "comma")]
    n_head, n_row = ({sign: len(split(line, sign)) for sign in (*signs, *RARE)} for line in (first[0], first[-1]))
    fitting = [sign for sign in (*signs, *RARE) if n_head[sign] > 1 and n_row[sign] - n_head[sign] in (0, 1)]
    several = (
        [sign for sign in fitting if sign not in RARE] or [sign for sign in fitting if sign == "|"] or fitting
        or [sign for sign in signs if n_head[sign] > 1]
    )  # fmt: skip
    return max(several, key=n_head.__getitem__, default=";" if decimal == "comma" else ",")


def _delimiter(first: Sequence[str], settings: Table | Device) -> str:
    if settings.delimiter != "auto":
        return DELIMITERS[settings.delimiter]
    return guess(first, settings.decimal if isinstance(settings, Table) else "point")


def _fit(first: Sequence[str], delimiter: str) -> bool:
    """Whether two lines may be a header and a row."""
    n_head, n_row = (len(split(line, delimiter)) for line in first)
    doubtful = n_head == 1 and not _numbers(first[1], delimiter)  # a title above a header, or a name above words
    return n_row > 1 and n_row - n_head in (0, 1) and not first[0].startswith(COMMENT) and not _title(first[0], delimiter) and not doubtful


def _numbers(line: str, delimiter: str) -> bool:
    """Whether a line holds a number, or says that one is missing."""
    return any(NUMBER.fullmatch(cell.strip()) or cell.strip() in MISSING for cell in split(line, delimiter)[1:])


def _title(line: str, delimiter: str) -> bool:
    """Whether a line is a title, alone or with the delimiters of the other rows behind it, as spreadsheets write it."""
    cells = split(line, delimiter)
    return len(cells) > 2 and cells[0].strip() != "" and not any(cell.strip() for cell in cells[1:])


def _begins(found: Sequence[str], delimiter: str, header: bool) -> tuple[int, bool]:
    """Which of the first lines begins the table, and whether those above it are surely no part of it."""
    widths = [len(split(line, delimiter)) for line in found]
    n_columns, sure = max(widths[-2:]), True  # the last line may be cut short
    if n_columns < 2:
        return 0, True
    places = []
    for place, line in enumerate(found[:-1]):
        marked, followed, title = line.startswith(COMMENT), found[place + 1].startswith(COMMENT), _title(line, delimiter)
        # a comment above an R header of one name looks like that header, so a marked line must have a name for every column
        fitting = widths[place] == n_columns or (header and widths[place] == n_columns - 1 and not marked)
        # words below a remark, or below one name alone, and numbers below these: they are the header
        above = (marked or widths[place] == 1) and place + 2 < len(found) and not _numbers(found[place + 1], delimiter)
        above = above and _numbers(found[place + 2], delimiter)
        if (
            fitting
            and not (marked and followed)
            and not title
            and not above
            and all(width == n_columns for width in widths[place + 1 : -1])
        ):
            places.append((place, sure))
        sure &= marked or title or widths[place] == 1
    for place, known in places[: AMONG if header else 0]:  # a line with a number is rather a remark, or a row
        if not any(NUMBER.fullmatch(cell.strip()) for cell in split(found[place], delimiter)):
            return place, known
    if places:
        return places[0]
    return (len(found) - 1, True) if sure and widths[-1] > 1 else (0, True)  # a header alone
