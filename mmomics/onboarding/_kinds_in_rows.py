"""Records of a device in a long table, a row per reading of any kind, as phones export them: a modality per known kind of signal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmomics import plugins
from mmomics.config.table import Table
from mmomics.errors import UserError, listed
from mmomics.onboarding._lines import quoted
from mmomics.onboarding.files import ending
from mmomics.onboarding.sniff import Sniffed
from mmomics.tables import delimited
from mmomics.tables._head import head

WHAT = re.compile(r"(data|record|sample|measure(ment)?)?[_. ]?(type|metric|variable|parameter|channel|signal|quantity)", re.IGNORECASE)
VALUE = re.compile(r"(numeric)?[_. ]?value|quantity", re.IGNORECASE)
KNOWN = {  # names of kinds of readings -> kind of signal; what a day or a walk adds up to is none
    "heart_rate": r"(?<!resting)(?<!walking)heart_?rate|pulse|bpm", "activity": r"steps?(_?counts?)?", "cgm": r"(blood)?_?glucose",
}  # fmt: skip
LINES = 100_000  # of a file in which kinds of readings are looked for


def look(table: Sniffed) -> tuple[str, str] | None:
    """The column of words that names what a row holds, and that of the numbers; None if the table is not long."""
    what = next((name for name in table.spoken if WHAT.fullmatch(name)), None)
    value = next((str(name) for name in table.cells.columns if VALUE.fullmatch(str(name)) and str(name) not in table.spoken), None)
    return (what, value) if what and value else None


def blocks(table: Sniffed, name: str, common: Sequence[str]) -> list[list[str]]:
    """A modality for each kind of signal that is known, or of the first kind of reading; `common` are the lines that all have."""
    found = look(table)
    assert found is not None
    what, value = found
    kinds = _kinds(table, what)
    known = {signal: [kind for kind in kinds if re.search(rf"({form})$", kind, re.IGNORECASE)][:1] for signal, form in KNOWN.items()}
    chosen = {signal: some[0] for signal, some in known.items() if some} or {"series": kinds[0]}
    out = []
    for signal, kind in chosen.items():
        roles = plugins.load("signals", signal).ROLES if signal != "series" else {}
        role = next((role for role, about in roles.items() if about.needed), "value")
        lines = [f"  {name}_{signal}:", f"    signal: {signal} # GUESS: '{what}' says what a row holds", *common]
        lines += [f"    channel: {quoted(what)}", f"    value: {quoted(value)}", f"    channels: {{{role}: {quoted(kind)}}}"]
        out.append(lines)
    if left := [kind for kind in kinds if kind not in chosen.values()]:
        out[-1].append(f"    # not used: {listed(left, 20)}; a modality of `signal: series` with the same files takes any of them")
    return out


def _kinds(table: Sniffed, what: str) -> list[str]:
    """What the column names, in a text among its first lines."""
    seen = table.cells[what].dropna().astype(str).unique().tolist()
    if ending(table.path) not in delimited.SUFFIXES:
        return seen
    keys = {key: value for key, value in table.keys.items() if key in ("encoding", "skip_rows", "comment")}
    settings = Table.model_validate({"files": table.path.name, **keys})
    try:
        top = head(table.path, settings)
        place = delimited.split(top.lines[0], top.delimiter).index(what)
        lines = delimited.lines(table.path, LINES, settings.encoding, top.skip)[1:]
    except (UserError, ValueError):
        return seen
    cells = (delimited.split(line, top.delimiter) if '"' in line else line.split(top.delimiter, place + 1) for line in lines)
    return list(dict.fromkeys([*seen, *(row[place].strip() for row in cells if place < len(row) and row[place].strip())]))
