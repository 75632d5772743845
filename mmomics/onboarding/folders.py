"""Records that have one name in a folder for each person: P01/HR.csv, P02/HR.csv."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mmomics.devices import empatica
from mmomics.onboarding import guess, links
from mmomics.onboarding.files import SERIES, Family, alike, ending, recorded
from mmomics.onboarding.sniff import Sniffed, sniff
from mmomics.onboarding.whose import folded
from mmomics.tables import delimited


def look(folder: Path, paths: Sequence[Path]) -> tuple[list[Path], list[Family], list[Family]]:
    """Files that are none of it, families of records, and families whose rows have no time: the first line says when they begin."""
    timed: list[Family] = []
    begun: list[Family] = []
    taken: set[Path] = set()
    for family in _of_one_name(folder, paths, taken):
        kept = timed if _timed(family.paths[0]) else begun if all(map(_begins, family.paths)) else None
        if kept is not None:
            kept.append(family)
            taken.update(family.paths)
    return [path for path in paths if path not in taken], timed, begun


def apart(folder: Path, tables: Sequence[Sniffed], ids: Iterable[Sequence[str]]) -> tuple[list[Sniffed], list[Family]]:
    """Tables but those that have one name in a folder for each person, as other tables or `ids` of records name them; and these."""
    whole = [table for table in tables if len(table.files) == 1]
    families = list(_of_one_name(folder, list(dict.fromkeys(table.path for table in whole)), set()))
    within = {path for family in families for path in family.paths}
    others = [table for table in tables if not table.problem and table.path not in within]
    known = [*ids, *(names for table in others for names in (table.rows, table.names, *links.single(table.cells).values()))]
    people = [{*map(folded, names)} for names in known]
    found: list[Family] = []
    for family in families:
        new = not any({*family.paths} & {*other.paths} for other in found)
        if new and any(2 * len(names.intersection(map(folded, family.ids))) > len(family.ids) for names in people):
            found.append(family)
    left = {path for family in found for path in family.paths}
    return [table for table in tables if table.path not in left], found


def _of_one_name(folder: Path, paths: Sequence[Path], taken: set[Path]) -> Iterator[Family]:
    """Files of one name in folders that differ in an id, but for those that were `taken` until then; the most files first."""
    groups: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    for path in paths:
        *parents, name = path.relative_to(folder).parts
        for place, parent in enumerate(parents):
            groups["/".join([*parents[:place], "{subject}", *parents[place + 1 :], name])].append((parent, path))
    for pattern, found in sorted(groups.items(), key=lambda group: -len(group[1])):
        found = [(name, path) for name, path in found if path not in taken]
        if len(found) >= SERIES and alike([name for name, _ in found]):
            yield Family(pattern, tuple(name for name, _ in found), tuple(path for _, path in found))


def _timed(path: Path) -> bool:
    """Whether a file is a record: of a device's format, or a table with a time."""
    if recorded(path) or ending(path) not in delimited.SUFFIXES:
        return recorded(path)
    table = sniff({"row": path})
    return any(guess.TIME.match(name) for name in [str(table.cells.index.name), *table.names])


def _begins(path: Path) -> bool:
    return ending(path) in delimited.SUFFIXES and empatica.begun(path)
