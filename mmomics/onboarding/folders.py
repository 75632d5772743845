"""Records that have one name in a folder for each person: P01/HR.csv, P02/HR.csv."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from mmomics.devices import empatica
from mmomics.onboarding import guess
from mmomics.onboarding.files import SERIES, Family, alike, ending, recorded
from mmomics.onboarding.sniff import sniff
from mmomics.tables import delimited


def look(folder: Path, paths: Sequence[Path]) -> tuple[list[Path], list[Family], list[Family]]:
    """Files that are none of it, families of records, and families whose rows have no time: the first line says when they begin."""
    groups: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    for path in paths:
        *parents, name = path.relative_to(folder).parts
        for place, parent in enumerate(parents):
            groups["/".join([*parents[:place], "{subject}", *parents[place + 1 :], name])].append((parent, path))
    timed: list[Family] = []
    begun: list[Family] = []
    taken: set[Path] = set()
    for pattern, found in sorted(groups.items(), key=lambda group: -len(group[1])):
        found = [(name, path) for name, path in found if path not in taken]
        if len(found) < SERIES or not alike([name for name, _ in found]):
            continue
        family = Family(pattern, tuple(name for name, _ in found), tuple(path for _, path in found))
        kept = timed if _timed(family.paths[0]) else begun if all(map(_begins, family.paths)) else None
        if kept is not None:
            kept.append(family)
            taken.update(family.paths)
    return [path for path in paths if path not in taken], timed, begun


def _timed(path: Path) -> bool:
    """Whether a file is a record: of a device's format, or a table with a time."""
    if recorded(path) or ending(path) not in delimited.SUFFIXES:
        return recorded(path)
    table = sniff({"row": path})
    return any(guess.TIME.match(name) for name in [str(table.cells.index.name), *table.names])


def _begins(path: Path) -> bool:
    return ending(path) in delimited.SUFFIXES and empatica.begun(path)
