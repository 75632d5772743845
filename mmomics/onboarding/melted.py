"""Long tables of an assay in the draft of a cohort file: a row per sample and feature, found by what their columns are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmomics.onboarding import guess
from mmomics.onboarding._lines import files, keys, quoted
from mmomics.onboarding._lines import kind as kind_of
from mmomics.onboarding.sniff import Sniffed
from mmomics.tables import _marks

OLINK = ("OlinkID", "NPX")  # the id of an assay is of one panel, its name of several
SAMPLE = re.compile(r"(sample|subject|patient|donor|participant|specimen|person)s?[_. ]?(ids?|names?)?", re.IGNORECASE)
FEATURE = re.compile(
    r"(assay|analyte|protein|gene|feature|metabolite|compound|lipid|(bio)?marker|taxon|species|test|parameter)s?"
    r"[_. ]?(ids?|names?|symbol)?",
    re.IGNORECASE,
)
VALUE = re.compile(
    r"value|abundance|intensity|concentration|conc|result|quantity|level|expression|counts?|measurement|tpm|amount", re.IGNORECASE
)


@dataclass(frozen=True)
class Melted:
    """Columns of a long table."""

    sample: str
    feature: str
    value: str


def look(table: Sniffed) -> Melted | None:
    """Which columns of a table hold samples, features and values; None if it is not long, or has a time."""
    first = str(table.cells.index.name or "")
    names = [name for name in [first, *map(str, table.cells.columns)] if name]
    if any(guess.TIME.match(name) for name in names):
        return None
    sample = next((name for name in names if SAMPLE.fullmatch(name)), None)
    if sample and set(OLINK) <= set(names):
        return Melted(sample, *OLINK)
    feature = next((name for name in names if FEATURE.fullmatch(name) and name in (first, *table.words)), None)
    value = next((name for name in names if VALUE.fullmatch(name) and name not in (first, *table.words)), None)
    if not (sample and feature and value) or sample == feature:
        return None
    cells = table.cells.reset_index() if first else table.cells
    repeated = not cells[sample].is_unique and not cells[[sample, feature]].duplicated().any()
    return Melted(sample, feature, value) if repeated else None


def rows(table: Sniffed) -> list[str]:
    """The first samples."""
    found = look(table)
    cells = table.cells.reset_index() if table.cells.index.name else table.cells
    return [] if found is None else list(dict.fromkeys(cells[found.sample].dropna().astype(str)))


def lines(table: Sniffed, folder: Path, name: str, owners: Sequence[str]) -> list[str]:
    """The modality; `owners` takes its ids to those of the samples table."""
    found = look(table)
    assert found is not None
    olink = found.value == OLINK[1]
    kind, by = kind_of(table, table.cells.reset_index()[found.feature].astype(str).tolist())
    kind, by = ("protein", "by the names of its columns") if olink else (kind, by)
    scale, reason = (
        ("npx", "the values are called so") if olink
        else guess.scale(kind, table.numbers[found.value].to_numpy(dtype=float), table.name)
    )  # fmt: skip
    out = [f"  {name}:", f"    kind: {kind} # GUESS {by}"]
    out += [f"    values: {scale} # GUESS: {reason}"] if scale else []
    out += [f"    files: {files(table, folder)}"]
    out += [f"    index: {quoted(found.sample)}"] if table.cells.index.name != found.sample else []
    out += [f"    long: {{feature: {quoted(found.feature)}, value: {quoted(found.value)}}} # GUESS: a row per sample and feature"]
    out += _doubts(table, found)
    out += [each for each in keys(table, "    ") if not each.lstrip().startswith(("drop:", "index:"))]
    return [*out, *owners]


def _doubts(table: Sniffed, found: Melted) -> list[str]:
    """Remarks on columns that mark values: what is marked stays, unless the reader says otherwise."""
    cells = table.cells.reset_index() if table.cells.index.name else table.cells
    out = []
    for name in _marks.marks([str(name) for name in cells.columns if name not in (found.sample, found.feature, found.value)]):
        words = cells[name].dropna().astype(str).str.strip().unique().tolist()
        told = "marks values, which are told and kept; those marked otherwise become missing by this, in `long`:"
        out += [f"    # {name} {told} {_marks.setting(name, words)}"]
    return out
