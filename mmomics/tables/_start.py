"""Which of the first lines of a text begins its table, and whether one of them is torn."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmomics.tables._arrow import MISSING
from mmomics.tables._split import split

COMMENT = "#"
AMONG = 5  # lines that may be the header, of which the first without a number is
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")
TORN = 4  # at most one line in so many is odd where the others are a table


def fit(first: Sequence[str], delimiter: str) -> bool:
    """Whether two lines may be a header and a row."""
    n_head, n_row = (len(split(line, delimiter)) for line in first)
    doubtful = n_head == 1 and not _numbers(first[1], delimiter)  # a title above a header, or a name above words
    return n_row > 1 and n_row - n_head in (0, 1) and not first[0].startswith(COMMENT) and not _title(first[0], delimiter) and not doubtful


def begins(found: Sequence[str], delimiter: str, header: bool) -> tuple[int, bool]:
    """Which of the first lines begins the table, and whether those above it are surely no part of it."""
    widths = [len(split(line, delimiter)) for line in found]
    # the last line may be cut short, and the one above it run into another
    n_columns, sure = max(widths[-2:], key=lambda width: (width > 1, widths.count(width), width)), True
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


def torn(found: Sequence[str], delimiter: str, place: int) -> tuple[int, int] | None:
    """The first line that is cut short, or runs into the next, and that of the header above it; None if there is none.

    Where the table seems to begin in a row of numbers (`place`) or nowhere (0), and a header of the rows' width stands further up, the
    line that parts the two is odd, and not all that stands above it.
    """
    widths = [len(split(line, delimiter)) for line in found]
    usual = max(set(widths), key=widths.count)
    if usual < 2 or (place and not _numbers(found[place], delimiter) and widths[place] > 1):
        return None
    rows = [at for at, line in enumerate(found) if widths[at] == usual and _numbers(line, delimiter) and not _title(line, delimiter)]
    above = enumerate(found[: rows[0]] if rows else [])
    names = [at for at, line in above if not (_title(line, delimiter) or _numbers(line, delimiter))]
    header = next((at for at in reversed(names) if widths[at] == usual), names[-1] if names else None)
    if header is None or usual - widths[header] not in (0, 1):  # R writes nothing above the names of rows
        return None
    odd = [at for at in range(header + 1, len(found)) if widths[at] != usual]
    return (odd[0], header) if odd and len(odd) * TORN <= len(found) - header - 1 else None


def _numbers(line: str, delimiter: str) -> bool:
    """Whether a line holds a number, or says that one is missing."""
    return any(NUMBER.fullmatch(cell.strip()) or cell.strip() in MISSING for cell in split(line, delimiter)[1:])


def _title(line: str, delimiter: str) -> bool:
    """Whether a line is a title, alone or with the delimiters of the other rows behind it, as spreadsheets write it."""
    cells = split(line, delimiter)
    return len(cells) > 2 and cells[0].strip() != "" and not any(cell.strip() for cell in cells[1:])
