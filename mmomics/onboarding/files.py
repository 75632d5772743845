"""What lies in a folder: tables, and families of device records whose names differ in an id only."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from mmomics import plugins
from mmomics.devices import glucose
from mmomics.tables.contract import COMPRESSIONS

SERIES = 3  # so many text tables whose names differ in an id only are records, one per subject
HIDDEN = (".", "_", "~$")  # the last are locks of an office program
PART = re.compile(r"^(.+?)[_.-](train|training|validation|valid|val|test|tr|te)$", re.IGNORECASE)
EXPORTS = (".csv", ".txt", ".tsv")  # of glucose monitors
WHAT = re.compile(r"[-_](hypnogram|psg)$", re.IGNORECASE)  # what a record of a night is, behind the id
PROSE = re.compile(r"(read.?me|licen[cs]e|copying|notice|changelog|changes|authors|citation|contributing)", re.IGNORECASE)
COMPANIONS = (".dat", ".mat", ".atr", ".xyz")  # opened by the reader of the .hea beside them


@dataclass(frozen=True)
class Family:
    """Files whose names differ in one id only.

    Attributes
    ----------
    pattern : str
        Their path below the folder, with ``{subject}`` where the id stands.
    ids : tuple of str
    paths : tuple of Path
    """

    pattern: str
    ids: tuple[str, ...]
    paths: tuple[Path, ...]


def below(folder: Path) -> list[Path]:
    """All files of a folder but hidden ones, prose, and those that the reader of another one opens."""
    paths = [Path(root, name) for root, _, names in os.walk(folder) for name in names if not name.startswith(HIDDEN)]
    paths = [path for path in paths if path.suffix not in COMPANIONS or not path.with_suffix(".hea").exists()]
    paths = [path for path in paths if not (ending(path) == ".txt" and PROSE.match(path.name))]
    return sorted(path for path in paths if not any(part.startswith(HIDDEN) for part in path.relative_to(folder).parts[:-1]))


def look(folder: Path, paths: Sequence[Path]) -> tuple[list[Path], list[Family]]:
    """Tables among files of the folder, and families of records; files of no known format are left out."""
    tables = _suffixes("tables")
    single = [path for path in paths if not PART.match(_stem(path.name))]
    families = [family for family in _families(folder, single) if len(family.ids) >= SERIES or recorded(family.paths[0])]
    taken = {path for family in families for path in family.paths}
    lone: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        if path not in taken and recorded(path):
            lone[_single(path.relative_to(folder))].append(path)
            taken.add(path)
    families += [Family(pattern, tuple(WHAT.sub("", _stem(path.name)) for path in found), tuple(found)) for pattern, found in lone.items()]
    return [path for path in paths if path not in taken and ending(path) in tables], families


def recorded(path: Path) -> bool:
    """Whether a file is of a device's format, and of none of tables."""
    # companions (.dat beside .hea) are opened by the reader of their header
    return ending(path) in _suffixes("devices") - _suffixes("tables") or (ending(path) in EXPORTS and glucose.vendor(path) is not None)


def stacked(paths: Sequence[Path]) -> list[dict[str, Path]]:
    """Tables as a cohort file names them, label -> file: those that differ in `train`, `test` or the like are parts of one."""
    groups: dict[tuple[Path, str], dict[str, Path]] = defaultdict(dict)
    for path in paths:
        part = PART.match(_stem(path.name))
        key = (path.parent, part[1]) if part else (path, "")
        groups[key][part[2].lower() if part else "row"] = path
    found = []
    for group in groups.values():
        order = sorted(group, key=lambda label: not label.startswith("tr"))
        found += [{label: group[label] for label in order}] if len(group) > 1 else [{"row": path} for path in group.values()]
    return found


def ending(path: Path) -> str:
    """End of a name that says the format: ``.csv`` of ``a.csv.gz``."""
    return next((suffix.lower() for suffix in reversed(path.suffixes) if suffix.lower() not in COMPRESSIONS), "")


@cache
def _suffixes(package: str) -> set[str]:
    return {suffix for name in plugins.names(package) for suffix in plugins.load(package, name).SUFFIXES}


def _families(folder: Path, paths: Sequence[Path]) -> list[Family]:
    """Files of one folder and ending whose names agree before and behind an id."""
    groups: dict[tuple[Path, str, str], list[Path]] = defaultdict(list)
    for path in paths:
        # scored nights lie beside the signals that were scored, and exports of monitors beside tables
        kind = "hypnogram" if "hypnogram" in path.name.lower() else glucose.vendor(path) or "" if ending(path) in EXPORTS else ""
        groups[path.parent, "".join(path.suffixes).lower(), kind].append(path)
    found = []
    for group in groups.values():
        if len(group) < 2 or len({path.name for path in group}) < 2:
            continue
        names = [path.name for path in group]
        head = re.sub(r"[^\W_]+$", "", shared(names))  # an id is not cut within a word
        tail = re.sub(r"^[^\W_]+", "", shared([name[::-1] for name in names])[::-1])
        ids = tuple(name[len(head) : len(name) - len(tail)] for name in names)
        if all(ids) and len(set(ids)) == len(ids) and alike(ids):
            parent = group[0].parent.relative_to(folder).as_posix()
            found.append(Family(f"{'' if parent == '.' else parent + '/'}{head}{{subject}}{tail}", ids, tuple(group)))
    return found


def shared(names: Sequence[str]) -> str:
    """What all names begin with."""
    return "".join(signs[0] for signs in takewhile(lambda signs: len(set(signs)) == 1, zip(*names, strict=False)))


def alike(ids: Sequence[str]) -> bool:
    """Whether ids look like ids: each with a digit, or all of one length, as words that name assays are not."""
    return all(any(sign.isdigit() for sign in each) for each in ids) or (len({len(each) for each in ids}) == 1 and len(ids) > SERIES)


def _stem(name: str) -> str:
    return name.split(".", 1)[0]


def _single(path: Path) -> str:
    parent = path.parent.as_posix()
    what = WHAT.search(_stem(path.name))
    return f"{'' if parent == '.' else parent + '/'}{{subject}}{what[0] if what else ''}{path.name[len(_stem(path.name)) :]}"
