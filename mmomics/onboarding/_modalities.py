"""The modalities in the draft of a cohort file: a few lines for each table of an assay and each family of records."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from mmomics import plugins
from mmomics.cohort.aside import aside, batch
from mmomics.devices import _fitabase, glucose, timeseries
from mmomics.devices._series import bare
from mmomics.devices.record import named
from mmomics.errors import listed
from mmomics.onboarding import clock, guess, melted, runs
from mmomics.onboarding._lines import files, folded, keys, meet, quoted
from mmomics.onboarding._lines import kind as kind_of
from mmomics.onboarding.files import PART, Family, ending
from mmomics.onboarding.sniff import Sniffed, sniff
from mmomics.tables import delimited

AT_REST = 8  # METs in tenths are 9 or 10 while somebody sleeps or sits, and METs themselves never so high for long
OF_DAYS = re.compile(r"(activity|sleep)[_ ]?(date|day)", re.IGNORECASE)


def assay(table: Sniffed, folder: Path, subjects: Sequence[str]) -> list[str]:
    """A table of samples x features, or the other way round."""
    rows = table.rows
    columns = [name for name in table.names if name in subjects or not guess.BESIDE.fullmatch(name)]
    columns = runs.columns(columns, subjects) or columns
    genes = guess.kind("", rows) != "generic" and guess.kind("", columns) == "generic"  # whosever the samples are
    called = _agree(columns, subjects) > _agree(rows, subjects)
    in_columns = "pool" not in table.keys and (called or genes)
    why = "the columns are called as the samples" if called else "the rows are called as features"
    text = table.words
    if in_columns:
        text = [name for name in table.names if name in text or name not in columns]
    samples = [name for name in table.names if name not in text] if in_columns else rows
    kind, by = kind_of(table, rows if in_columns else table.names[:200])
    kind, by = ("single_cell", f"many rows for each '{table.keys['index']}': they are cells") if "pool" in table.keys else (kind, by)
    beside = [name for name in aside(table.names, kind) if not (in_columns and name in subjects)]
    text += [name for name in beside if name not in text]
    numbers = table.numbers.drop(columns=text, errors="ignore")
    scale, reason = guess.scale(kind, numbers.to_numpy(dtype=float), table.name)
    lines = [f"  {_called(table)}:", f"    kind: {kind} # GUESS {by}"]
    lines += [f"    values: {scale} # GUESS: {reason}"] if scale else []
    lines += [f"    files: {files(table, folder)}"]
    lines += [f"    orientation: samples_in_columns # GUESS: {why}"] if in_columns else []
    drop = [*table.keys.get("drop", ()), *text]  # type: ignore[misc]
    lines += [each for each in keys(table, "    ") if not each.lstrip().startswith("drop:")]
    if drop:
        why = f"no {'samples' if in_columns else 'numbers, by their names no measurements'}, or several columns of one name"
        lines += [f"    drop: [{', '.join(map(quoted, drop))}] # {why}"]
    if together := batch(beside):
        lines += [f"    # {quoted(together)} says what was measured together: with it in the table of samples, `batch` can name it"]
    return lines + _owners(samples, subjects, numbered=bool(table.keys.get("number_rows")))


def _owners(samples: Sequence[str], subjects: Sequence[str], numbered: bool = False) -> list[str]:
    """What takes ids of samples, or of records, to those of the samples table; `numbered` ones are left alone."""
    if not subjects or not samples:
        return []
    pattern = guess.subject_pattern(samples, subjects)
    if pattern:
        return [f"    subject_pattern: {json.dumps(pattern)} # GUESS from '{samples[0]}'"]
    if set(samples) & set(subjects):
        return []
    if {each.casefold() for each in samples} & {each.casefold() for each in subjects}:
        return ["    ignore_case: true # GUESS: ids differ in upper and lower case only"]
    if set(map(folded, samples)) & set(map(folded, subjects)):
        return [f"    # CHOOSE: ids differ in their signs, '{samples[0]}' here, '{subjects[0]}' in the table of samples: see `ids`"]
    told = f"the samples are called like '{samples[0]}', the table of samples has '{subjects[0]}'"
    return [] if numbered else [f"    # CHOOSE a subject_pattern: {told}"]


def long_assay(table: Sniffed, folder: Path, subjects: Sequence[str]) -> list[str]:
    """A table with a row per sample and feature."""
    return melted.lines(table, folder, _called(table), _owners(melted.rows(table), subjects))


def _agree(names: Sequence[str], subjects: Sequence[str]) -> tuple[int, int, int]:
    """How well names are ids of subjects: as they are, by a usual pattern, and without signs."""
    if not subjects:
        return (0, 0, 0)
    by_pattern = len(names) if guess.subject_pattern(names, subjects) else 0
    return meet(names, subjects), by_pattern, len(set(map(folded, names)) & set(map(folded, subjects)))


def time(table: Sniffed) -> str | None:
    """The column of a long table that says when."""
    return next((name for name in table.names if guess.TIME.match(name)), None)


def long(table: Sniffed, folder: Path) -> list[list[str]]:
    """A table of many rows per subject: records of a device in one file, a modality per kind of signal that it holds."""
    path, moment, told = table.path.relative_to(folder), str(time(table)), _of_text(table)
    numbers = [name for name in map(str, table.cells.columns) if name != moment and name not in table.words]
    numbers = [each.name for each in _fitabase.hourly([moment, *numbers], [0])] or numbers
    common = [f"    subject: {quoted(table.cells.index.name)}"] if table.cells.index.name else []
    common += [*keys(replace(table, keys=told), "    "), f"    time: {quoted(moment)}"]
    if moment.lower() in ("day", "days"):
        common += ["    time_format: d # GUESS: there is no clock"]
    elif ending(table.path) in delimited.SUFFIXES:
        common += _form(table.path, told, moment)

    def head(signal: str) -> list[str]:
        told = [f"    signal: {signal} # GUESS: rows repeat the ids, so they are a series", f"    files: {quoted(path)}", *common]
        return [*told, *_tenths(signal, table, numbers)]

    return _each(_called(table), _signals(table.name, numbers, moment), numbers, head)


def _of_text(table: Sniffed) -> dict[str, object]:
    """What has to be said of a table for the reader of records."""
    return {key: value for key, value in table.keys.items() if key in ("skip_rows", "decimal", "encoding", "within")}


def device(family: Family, subjects: Sequence[str]) -> list[list[str]]:
    """Records that are a file each: a modality per kind of signal that they hold."""
    vendor = glucose.vendor(family.paths[0]) if ending(family.paths[0]) in delimited.SUFFIXES else None
    first = sniff({"row": family.paths[0]}) if not vendor and ending(family.paths[0]) in delimited.SUFFIXES else None
    names = list(named(_all_names(first))) if first else []
    times = [name for name in names if guess.TIME.match(name)]
    channels = [name for name in names if name not in times]
    channels = [each.name for each in _fitabase.hourly(names, list(map(names.index, times[:1])))] or channels
    whole = _whole_ids(family, subjects)
    common = [f"    format: glucose # an export of {vendor}"] if vendor else []
    told = _of_text(first) if first else {}
    common += keys(replace(first, keys=told), "    ") if first else []
    usual = {name for group in timeseries.USUAL for name in group}  # found unasked, however a file of the family spells it
    unusual = times[0] if times and re.sub(r"\W|_", "", times[0]).lower() not in usual else None
    common += [f"    time: {quoted(unusual)}"] if unusual else []
    common += _form(family.paths[0], told, unusual) if first else []

    def head(signal: str) -> list[str]:
        told = [f"    signal: {signal} # GUESS; {len(family.ids)} records", f"    files: {json.dumps(whole.pattern)}", *common]
        return [*told, *_tenths(signal, first, channels)]

    kinds = ["cgm"] if vendor else _signals(family.pattern, channels, *times[:1])
    words = first.words if first and first.names else []
    blocks = _each(_name(Path(whole.pattern.replace("{subject}", ""))), kinds, channels, head, words)
    return [[*block, *_owners(whole.ids, subjects)] for block in blocks]


def _form(path: Path, told: dict[str, object], column: str | None) -> list[str]:
    """How times are written, where that is not ISO 8601."""
    forms = clock.formats(path, told, column)
    doubt = f"CHOOSE, of: {listed(forms)}" if len(forms) > 1 else "GUESS: it fits the first file"
    return [f"    time_format: {json.dumps(forms[0])} # {doubt}"] if forms else []


def _signals(name: str, channels: Sequence[str], moment: str = "") -> list[str]:
    """The kinds of signal that a table holds: the one that its name or its channels tell of, and those whose channels lie beside it."""
    if OF_DAYS.fullmatch(moment):
        return ["series"]  # a number a day
    first = guess.signal(name, channels)
    beside = [kind for kind in plugins.names("signals") if kind != first and _found(kind, channels)]
    return beside if first == "series" and beside else [first, *beside]


def _each(
    name: str, kinds: Sequence[str], channels: Sequence[str], head: Callable[[str], list[str]], words: Collection[str] = ()
) -> list[list[str]]:
    """A modality for each kind of signal, the first by the plain name; the last one says which channels no kind takes."""
    names = [name, *(f"{name}_{kind}" for kind in kinds[1:])]
    blocks = [[f"  {each}:", *head(kind), *_channels(kind, channels)] for each, kind in zip(names, kinds, strict=True)]
    found = [_found(kind, channels) for kind in kinds]
    left = [each for each in channels if each not in words and not any(each in taken for taken in found)]
    if all(found) and left:
        blocks[-1].append(f"    # not used: {listed(left, 20)}; a modality of `signal: series` with the same files takes any column")
    return blocks


def _tenths(signal: str, table: Sniffed | None, channels: Sequence[str]) -> list[str]:
    """What has to be said of METs that are written as tenths, which at rest are 10."""
    if signal != "energy" or table is None:
        return []
    mets = [name for name in table.numbers if str(name).rstrip("0123456789") in _found("energy", channels)]
    middle = table.numbers[mets].stack().median() if mets else float("nan")
    if not middle >= AT_REST:
        return []
    return [f"    params: {{scale: 10}} # GUESS: half of the first are {middle:g} and more, so they are tenths"]


def _found(kind: str, channels: Sequence[str]) -> list[str]:
    """The channels of a table that a kind of signal knows by usual names; none unless all that it needs are there."""
    if plugins.constant("signals", kind, "PER_CHANNEL", default=False):
        return []
    roles = plugins.load("signals", kind).ROLES.values()
    found = [(about.needed, _usual(channels, about.names)) for about in roles]
    return [name for _, names in found for name in names] if all(names for needed, names in found if needed) else []


def _all_names(table: Sniffed) -> list[str]:
    """Names of the columns of a record, each as often as it stands there."""
    twice = [name for each in table.keys.get("drop", ()) for name in (each, each)]  # type: ignore[attr-defined]
    first = str(table.cells.index.name or "")
    return [name for name in [first, *table.names, *twice] if name and name != "None" and not name.startswith("Unnamed:")]


def _whole_ids(family: Family, subjects: Sequence[str]) -> Family:
    """The family with what all its ids begin with taken into them, where the samples table writes it so: SIM-0001, not 0001."""
    folder, slash, name = family.pattern.rpartition("/")
    head, _, tail = name.partition("{subject}")
    whole = tuple(head + each for each in family.ids)
    known = set(subjects)
    return replace(family, pattern=f"{folder}{slash}{{subject}}{tail}", ids=whole) if head and known.intersection(whole) else family


def _channels(signal: str, names: Sequence[str]) -> list[str]:
    """The channels of a table; one of them for a start where the kind of signal does not know usual names."""
    if not names:
        return []
    told = f"    # CHOOSE channels, of: {listed(names, 20)}"
    if signal != "series":
        found = {role: _usual(names, about.names) for role, about in plugins.load("signals", signal).ROLES.items() if about.needed}
        if len(found) == len(names) == 1 and not all(found.values()):
            return [f"    channels: {{{next(iter(found))}: {quoted(names[0])}}} # GUESS: there is no other"]
        if not found or not all(found.values()):
            return [told]
        several = [f"'{role}': {listed(each)}" for role, each in found.items() if len(each) > 1]
        chosen = ", ".join(f"{role}: {quoted(each[0])}" for role, each in found.items())
        return [f"    channels: {{{chosen}}} # CHOOSE {'; '.join(several)}"] if several else []  # one of usual names is found unasked
    role = re.sub(r"\W+", "_", names[0]).strip("_").lower() or "value"
    return [told, f"    channels: {{{role}: {quoted(names[0])}}}"]


def _usual(names: Sequence[str], usual: Sequence[str]) -> list[str]:
    """The names that a role's channel usually has, the best first: also with a unit, or the number of a repeated name, behind them."""
    plain = {name: {folded(name), folded(bare(name)), folded(re.sub(r" \(\d+\)$", "", name))} for name in names}
    found = [name for each in usual for name in names if folded(each) in plain[name]]
    return list(dict.fromkeys(found))


def _called(table: Sniffed) -> str:
    """Name of the modality of a table: of its sheet, of its file, or of the files whose parts it has."""
    if table.sheets:
        return _name(Path(str(table.keys["within"]).replace(".", "_")))
    return _name(table.path if len(table.files) == 1 else Path(PART.sub(r"\1", table.path.name.split(".")[0])))


def _name(path: Path) -> str:
    stem = re.sub(r"\W+", "_", path.name.split(".")[0]).strip("_").lower() or re.sub(r"\W+", "_", path.parent.name).lower() or "modality"
    return stem if stem[0].isalpha() else f"m_{stem}"


def distinct(lines: list[str]) -> list[str]:
    """Modality names made unique."""
    seen: dict[str, int] = {}
    out = []
    for line in lines:
        match = re.fullmatch(r"  (\w+):", line)
        if match:
            seen[match[1]] = seen.get(match[1], 0) + 1
            line = line if seen[match[1]] == 1 else f"  {match[1]}_{seen[match[1]]}:"
        out.append(line)
    return out
