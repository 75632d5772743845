"""Records of devices in the draft of a cohort file: those of many people in one table, and families of files of one person each."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mmomics.devices import _fitabase, empatica, glucose, timeseries
from mmomics.devices.record import named
from mmomics.errors import listed
from mmomics.onboarding import _channels, _kinds_in_rows, clock, guess
from mmomics.onboarding._lines import called, keys, modality, quoted
from mmomics.onboarding.files import Family, ending
from mmomics.onboarding.sniff import Sniffed, sniff
from mmomics.onboarding.whose import owners
from mmomics.tables import delimited

SIGNALS = {"HR": "heart_rate", "ACC": "accelerometer", "BVP": "ppg"}  # of what an Empatica exports


def time(table: Sniffed) -> str | None:
    """The column of a long table that says when."""
    return next((name for name in table.names if guess.TIME.match(name)), None)


def long(table: Sniffed, folder: Path) -> list[list[str]]:
    """A table of many rows per subject: records of a device in one file, a modality per kind of signal that it holds."""
    path, moment, told = table.path.relative_to(folder), str(time(table)), _of_text(table)
    numbers = [name for name in map(str, table.cells.columns) if name != moment and name not in table.spoken]
    numbers = [each.name for each in _fitabase.hourly([moment, *numbers], [0])] or numbers
    common = [f"    subject: {quoted(table.cells.index.name)}"] if table.cells.index.name else []
    common += [*keys(replace(table, keys=told), "    "), f"    time: {quoted(moment)}"]
    if moment.lower() in ("day", "days"):
        common += ["    time_format: d # GUESS: there is no clock"]
    elif ending(table.path) in delimited.SUFFIXES:
        common += _form(table.path, told, moment)

    if _kinds_in_rows.look(table):
        return _kinds_in_rows.blocks(table, modality(table), [f"    files: {quoted(path)}", *common])

    def head(signal: str) -> list[str]:
        told = [f"    signal: {signal} # GUESS: rows repeat the ids, so they are a series", f"    files: {quoted(path)}", *common]
        return [*told, *_channels.tenths(signal, table, numbers)]

    return _channels.blocks(modality(table), _channels.kinds(table.name, numbers, moment), numbers, head)


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
        return [*told, *_channels.tenths(signal, first, channels)]

    kinds = ["cgm"] if vendor else _channels.kinds(family.pattern, channels, *times[:1])
    words = first.spoken if first and first.names else []
    blocks = _channels.blocks(called(Path(whole.pattern.replace("{subject}", ""))), kinds, channels, head, words)
    return [[*block, *owners(whole.ids, subjects)] for block in blocks]


def begun(family: Family, subjects: Sequence[str]) -> list[str]:
    """Records of one kind that an Empatica E4 exports; nothing of other files that begin so."""
    what = empatica.kind(family.paths[0])
    if what is None:
        return []
    signal = SIGNALS.get(what, "series")
    name = called(Path(family.pattern.replace("{subject}", "")))
    lines = [f"  {name}:", f"    signal: {signal} # GUESS; {len(family.ids)} records", f"    files: {json.dumps(family.pattern)}"]
    lines += ["    format: empatica # exports of an Empatica E4"]
    lines += [f"    channels: {{{what.lower()}: {next(iter(empatica.CHANNELS[what]))}}}"] if signal == "series" else []
    return [*lines, *owners(family.ids, subjects)]


def _of_text(table: Sniffed) -> dict[str, object]:
    """What has to be said of a table for the reader of records."""
    return {key: value for key, value in table.keys.items() if key in ("skip_rows", "decimal", "encoding", "within")}


def _form(path: Path, told: dict[str, object], column: str | None) -> list[str]:
    """How times are written, where that is not ISO 8601."""
    forms = clock.formats(path, told, column)
    doubt = f"CHOOSE, of: {listed(forms)}" if len(forms) > 1 else "GUESS: it fits the first file"
    return [f"    time_format: {json.dumps(forms[0])} # {doubt}"] if forms else []


def _all_names(table: Sniffed) -> list[str]:
    """Names of the columns of a record, each as often as it stands there."""
    twice = [name for each in table.dropped for name in (each, each)]
    first = str(table.cells.index.name or "")
    return [name for name in [first, *table.names, *twice] if name and name != "None" and not name.startswith("Unnamed:")]


def _whole_ids(family: Family, subjects: Sequence[str]) -> Family:
    """The family with what all its ids begin with taken into them, where the samples table writes it so: SIM-0001, not 0001."""
    folder, slash, name = family.pattern.rpartition("/")
    head, _, tail = name.partition("{subject}")
    whole = tuple(head + each for each in family.ids)
    known = set(subjects)
    return replace(family, pattern=f"{folder}{slash}{{subject}}{tail}", ids=whole) if head and known.intersection(whole) else family
