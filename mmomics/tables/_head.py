"""Where a table begins in a text file, and what separates its cells: exports put titles and comments above the header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import TextIO, cast

from mmomics.config.modality import Device
from mmomics.config.table import Table
from mmomics.errors import UserError, count
from mmomics.tables._split import DELIMITERS, RARE, guess, split
from mmomics.tables._start import begins, fit, torn
from mmomics.tables._text import text
from mmomics.tables.contract import readable

OPEN = 20  # lines that one quoted cell may span in the header
LAST = 6  # lines, of those that are looked at, that tell the delimiter
DATA = re.compile(r'"?\[(\w+_)?data\]', re.I)  # stands above the rows of a sheet of samples for a sequencer or a scanner
SECTIONS = 400  # lines in which it must stand
LOOK = 40  # lines in which the header must stand, and at least two rows


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
    sections = _below_sections(path, settings)
    first = sections or _found(path, settings, 2)
    delimiter = _delimiter([line for _, line in first], settings)
    if sections or settings.skip_rows or len(first) < 2 or (delimiter not in RARE and fit([line for _, line in first], delimiter)):
        return Head(first[0][0], [line for _, line in first], delimiter)
    more = _found(path, settings, LOOK)
    lines = [line for _, line in more]
    likely = _usual(lines, settings)
    if likely == delimiter and fit(lines[:2], delimiter):  # by blanks, words of two remarks may fit
        return Head(first[0][0], [line for _, line in first], delimiter)
    place, sure = begins(lines, likely, getattr(settings, "header", True))
    if odd := None if place and sure else torn(lines, likely, place):
        raise _odd(path, [more[at] for at in odd], likely)
    if not place:
        return Head(first[0][0], [line for _, line in first], delimiter)
    if not sure:
        skip, marks = more[place][0], {line[0] for line in lines[:place]}
        cure = f"set `skip_rows: {skip}`, or mend the lines above it"
        if len(marks) == 1 and marks <= {"!", "%"}:
            cure = f'set `comment: "{marks.pop()}"`'
        told = f"the table seems to begin in line {skip + 1}, below {len(split(lines[place], likely))} names of columns"
        raise UserError(path, told, cure)
    return Head(more[place][0], lines[place : place + 2], likely)


def _below_sections(path: Path, settings: Table | Device) -> list[tuple[int, str]]:
    """The header and first row of a sheet of samples as Illumina's programs write it, [Header] ... [Data]; none of other files."""
    if settings.skip_rows or not _found(path, settings, 1)[0][1].lstrip('"').lower().startswith("[header]"):
        return []
    more = _found(path, settings, SECTIONS)
    place = next((place for place, (_, line) in enumerate(more) if DATA.match(line)), len(more))
    return more[place + 1 : place + 3]


def guessed_skip(path: Path, settings: Table | Device) -> int:
    """Lines above what looks like a table, where that is not sure enough to be taken; 0 if there are none."""
    found = _found(path, settings, LOOK)
    lines = [line for _, line in found]
    likely = _usual(lines, settings)
    place, sure = begins(lines, likely, getattr(settings, "header", True))
    return 0 if sure or torn(lines, likely, place) else found[place][0]


def _usual(lines: Sequence[str], settings: Table | Device) -> str:
    """The delimiter by which most of the last lines go together: one of them may be torn."""
    found = [_delimiter(pair, settings) for pair in pairwise(lines[-LAST:])]
    return max(found, key=lambda sign: (found.count(sign), sign == found[-1]))


def _odd(path: Path, of: Sequence[tuple[int, str]], delimiter: str) -> UserError:
    """The complaint about a line and the header above it."""
    (number, line), (above, header) = of
    told = f"has {count(len(split(line, delimiter)), 'cell')}, and the header in line {above + 1} has {len(split(header, delimiter))}"
    return UserError(f"{path} line {number + 1}", told, "copy the file anew if it was cut short, or mend the line")


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


def _delimiter(first: Sequence[str], settings: Table | Device) -> str:
    if settings.delimiter != "auto":
        return DELIMITERS[settings.delimiter]
    return guess(first, settings.decimal if isinstance(settings, Table) else "point")
