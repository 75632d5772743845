"""Annotation files of WFDB (annot(5)): pairs of bytes, each a code and a time, that are walked through to find where one is damaged."""

from __future__ import annotations

from pathlib import Path

from mmomics.errors import UserError

SKIP, AUX = 59, 63  # four bytes with a longer time follow; text of as many bytes as the time says follows, to an even number
LAST, EXTRA = 49, range(59, 64)  # the highest code of an annotation; those of its further fields


def refuse_damaged(path: Path) -> None:
    """Refuse a file with a code that means nothing, or without its end (two zeros): the package reads on over both.

    Raises
    ------
    UserError
        If it is damaged or cut short; it names the byte.
    """
    data = path.read_bytes()
    place = time = 0
    while place + 1 < len(data):
        code, step = data[place + 1] >> 2, (data[place + 1] & 3) << 8 | data[place]
        if not code and not step:
            return
        if code > LAST and code not in EXTRA:
            raise UserError(f"{path} byte {place}", f"{code} is no code of an annotation", "copy it anew")
        follow = 4 if code == SKIP else step + step % 2 if code == AUX else 0
        if code == SKIP and place + 6 <= len(data):  # two words, the higher one first
            high, low = (int.from_bytes(data[at : at + 2], "little") for at in (place + 2, place + 4))
            step = (high << 16 | low) - (1 << 32 if high >> 15 else 0)
        time += step if code <= SKIP else 0
        if time < 0:
            raise UserError(f"{path} byte {place}", "an annotation stands before the record begins", "copy it anew")
        place += 2 + follow
    raise UserError(path, f"is cut short at byte {len(data)}: the sign of its end is missing", "copy it anew")
