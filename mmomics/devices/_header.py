"""The header of a WFDB record (header(5)), looked at line by line: the package stumbles over what is wrong with one, or drops it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from mmomics.errors import UserError, count, listed

# name/segments signals rate/counter(base) length time date
RECORD = re.compile(r"\S+\s+\d+(\s+\d+\.?\d*(/\d+\.?\d*(\(\d+\.?\d*\))?)?(\s+\d+(\s+\d+(:\d+){0,2}(\.\d+)?(\s+\d+/\d+/\d+)?)?)?)?\s*")
FORMATS = ("8", "16", "24", "32", "61", "80", "160", "212", "310", "311", "508", "516", "524")  # of signals, those that the package reads
CLOCK = ("%S", "%M:%S", "%H:%M:%S")  # by the number of its colons


def refuse_damaged(path: Path) -> None:
    """Refuse a header whose lines do not describe a record.

    Raises
    ------
    UserError
        If the record's line is none, or has no such time, date or length, or signals or segments lack a line or have an unknown format;
        it names the line.
    """
    lines = [(number, line.decode("utf-8", errors="replace").strip()) for number, line in enumerate(path.read_bytes().splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if not lines:
        raise UserError(path, "has no line that describes a record", "copy it anew")
    number, written = lines[0]
    where = f"{path} line {number}"
    if not RECORD.fullmatch(written):
        expected = "is not a record's name, number of signals, sampling rate (Hz), length, time and date"
        raise UserError(where, f"'{written[:60]}' {expected}", "mend the header")
    name, n_signals, _, length, time, date = [*written.split(), *[None] * 6][:6]
    if int(str(n_signals)) and length is not None and not int(length):
        raise UserError(where, "has a length of 0 samples", "write how many there are, or end the line behind the sampling rate")
    if time and not _is(time, CLOCK[time.count(":")] + ".%f" * ("." in time)):
        raise UserError(where, f"'{time}' is not a time, hours:minutes:seconds", "mend the header, or take time and date out")
    if date and not _is(date, "%d/%m/%Y"):
        raise UserError(where, f"'{date}' is not a date, day/month/year", "mend the header, or take time and date out")
    segments = str(name).partition("/")[2]
    promised = int(segments) if segments.isdigit() else int(str(n_signals))
    if len(lines) - 1 < promised:
        what = "segment" if segments else "signal"
        raise UserError(where, f"promises {count(promised, what)}, and {len(lines) - 1} of them have a line below", "copy it anew")
    for number, line in [] if segments else lines[1 : promised + 1]:
        form = re.match(r"\S+\s+(\d+)", line)
        if form and form[1] not in FORMATS:
            raise UserError(
                f"{path} line {number}", f"there is no format {form[1]} of signals", f"it may be {listed(FORMATS, len(FORMATS))}"
            )


def _is(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True
