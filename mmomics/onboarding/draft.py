"""A commented draft of a cohort file from what lies in a folder. Every guess says what it rests on."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from mmomics.cohort.columns import canonical
from mmomics.devices import glucose, timeseries
from mmomics.errors import UserError, listed
from mmomics.onboarding import guess
from mmomics.onboarding.files import PART, Family, ending, look, stacked
from mmomics.onboarding.sniff import Sniffed, sniff
from mmomics.tables import delimited

FEATURES = re.compile(r"featname|features?(?:[_.]|$)|annotation", re.IGNORECASE)
IDS = re.compile(r"^(id|.*[_. ]id|subject|patient|woman|person)$", re.IGNORECASE)
ABOUT = re.compile(r"clin|days_to|outcome|sample|pheno|metadata|subject|patient|participant|demograph|label|bio\b|bio\.", re.IGNORECASE)
TIME = re.compile(
    r"^(os|pfs|dfs|rfs|efs|ttt|surv\w*|follow\w*)?[_. ]?(time|days|months|years)([_. ](?!to_)\w+)?$|^(os|pfs|ttt)$", re.IGNORECASE
)
EVENT = re.compile(r"(event|died|death|dead|treatedafter)|^(os|pfs)[_. ]?status$|^status$", re.IGNORECASE)
LABEL = re.compile(r"label|class|outcome|group|diagnosis|status|response|case|subtype|pam50|target", re.IGNORECASE)
COVARIATE = re.compile(r"^(age|sex|gender|bmi|stage|pathologic_stage|years_to_birth|smok\w*)$", re.IGNORECASE)
MOST_LEVELS = 8


def draft(folder: str | Path, name: str) -> str:
    """Text of a cohort file.

    Parameters
    ----------
    folder : path
        Where the files lie.
    name : str
        The cohort, for the title.

    Raises
    ------
    UserError
        If there is no folder, or nothing in it can be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(folder, "is no folder", "give the folder of the cohort's files")
    paths, families = look(folder)
    tables = [sniff(files) for files in stacked(paths)]
    readable = [each for each in tables if not each.problem and each.names]
    long = [each for each in readable if each.repeated]
    wide = [each for each in readable if not each.repeated]
    lists = [each for each in wide if _lists_features(each, wide)]
    alone = [each for each in wide if len(each.names) == 1 and IDS.search(each.names[0])]
    wide = [each for each in wide if not any(each is one for one in [*lists, *alone])]
    families = [family for family in families if not FEATURES.search(family.pattern)]
    if not readable and not families:
        raise UserError(folder, "holds no file of a known format", "`mmomics methods tables` and `mmomics methods devices` list them")
    about = max(wide, key=lambda each: _about(each, wide), default=None)
    head = [
        "# yaml-language-server: $schema=../../workflow/schemas/cohort.schema.json",
        "# A draft by `mmomics init`: go through the lines marked GUESS and CHOOSE, then run `mmomics check` on this file.",
        f"title: {json.dumps(name)}",
        f"folder: {json.dumps(str(folder.resolve()))} # `{{data_dir}}/...` if it is to run elsewhere",
    ]
    body = _samples(about, folder) if about else ["samples: # CHOOSE: no table of samples was found", "  files: samples.csv"]
    body += _outcome(about)
    subjects = about.rows if about else []
    modalities = [line for each in wide if each is not about for line in _assay(each, folder, subjects)]
    aligned = ["    # align: {window: before, length: 1 d} # this part of a record alone, counted from `samples.time`"]
    aligned = aligned if about and guess.moments(about.cells) else []
    modalities += [line for each in long if _time(each) for line in [*_long(each, folder), *aligned]]
    modalities += [line for family in families for line in [*_device(family, subjects), *aligned]]
    notes = [f"# not used, describes features: {each.path.relative_to(folder)}" for each in lists]
    notes += [f"# not used, ids alone (see `samples.join` and `samples.subject`): {each.path.relative_to(folder)}" for each in alone]
    notes += [f"# not used, its ids repeat and it has no time: {each.path.relative_to(folder)}" for each in long if not _time(each)]
    notes += [f"# not read: {each.problem}" for each in tables if each.problem]
    if not modalities:
        notes = ["  # CHOOSE: no table of an assay and no record of a device was found", *notes]
    return "\n".join([*head, *body, "modalities:", *_distinct(modalities), *notes]) + "\n"


def _lists_features(table: Sniffed, tables: Sequence[Sniffed]) -> bool:
    """Whether the rows of a table are the features of another one."""
    if FEATURES.search(table.path.name):
        return True
    return table.text_share > 0.3 and any(_within(table.rows, other.names) for other in tables if other is not table)


def _within(names: Sequence[str], others: Sequence[str]) -> bool:
    return len(set(names) & set(others)) > len(names) / 2


def _about(table: Sniffed, tables: Sequence[Sniffed]) -> float:
    """How much a table looks like the table of samples: ids that others have, text cells, few columns, usual names."""
    telling = sum(bool(pattern.search(name)) for pattern in (TIME, EVENT, LABEL, COVARIATE) for name in table.names[:200])
    rows = table.rows
    others = [other for other in tables if other is not table]
    shared = sum(max(_meet(other.rows, rows), _meet(other.names, rows)) > len(rows) / 4 for other in others)
    return (
        3 * bool(ABOUT.search(table.path.name)) + min(telling, 4) + 2 * (table.text_share > 0.05) - 4 * (len(table.names) > 150)
        + (len(table.names) < 50) + 3 * shared / max(len(others), 1)
    )  # fmt: skip


def _files(table: Sniffed, folder: Path) -> str:
    if len(table.files) == 1:
        return _quoted(table.path.relative_to(folder))
    return "{" + ", ".join(f"{label}: {_quoted(path.relative_to(folder))}" for label, path in table.files.items()) + "}"


def _samples(table: Sniffed, folder: Path) -> list[str]:
    lines = ["samples: # GUESS: the table that looks like it", f"  files: {_files(table, folder)}"]
    if not table.keys.get("number_rows"):
        lines += [f"  index: {_quoted(table.cells.index.name)}"] if table.cells.index.name else []
    moments = guess.moments(table.cells)
    if moments:
        lines += [f"  time: {_quoted(moments[0])} # GUESS, of {listed(moments)}: when the specimen was taken, to `align` records with"]
    return lines + _keys(table, "  ")


def _keys(table: Sniffed, indent: str) -> list[str]:
    """What the file needs said, with the reason for what is dropped."""
    why = {"drop": " # several columns of this name", "within": f" # CHOOSE the sheet, of: {listed(table.sheets, MOST_LEVELS)}"}
    return [f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}{why.get(key, '')}" for key, value in table.keys.items()]


def _outcome(table: Sniffed | None) -> list[str]:
    """The outcome, and covariates, from the columns of the samples table."""
    if table is None:
        return ["outcome: {task: binary, column: CHOOSE, positive: CHOOSE}"]
    dates = guess.moments(table.cells)
    names = [str(column) for column in table.cells.columns if str(column) not in dates]
    times = [name for name in names if TIME.search(name) and pd.to_numeric(table.cells[name], errors="coerce").notna().mean() > 0.5]
    events = [name for name in names if EVENT.search(name) and table.cells[name].nunique() == 2]
    levels = {name: sorted(canonical(table.cells[name].dropna()).astype(str).unique()) for name in names}
    labels = [name for name in names if LABEL.search(name) and 2 <= len(levels[name]) <= MOST_LEVELS]
    few = [name for name in names if 2 <= len(levels[name]) <= MOST_LEVELS and not COVARIATE.search(name)]
    word = "GUESS" if labels else "CHOOSE"
    if times and events:
        lines = [f"outcome: # GUESS, of {listed(times)} and {listed(events)}", "  task: survival"]
        lines += [f"  time: {_quoted(times[0])}", f"  event: {_quoted(events[0])}"]
        taken = {times[0], events[0]}
    elif labels or few:
        column = (labels or few)[0]
        found = levels[column]
        lines = [f"outcome: # {word} the column, of {listed(labels or few)}; these rows have {listed(found, MOST_LEVELS)}"]
        task = "binary" if len(found) == 2 else "multiclass"
        lines += [f"  task: {task}", f"  column: {_quoted(column)}"] + (
            [f"  positive: {_quoted(guess.positive(found))}"] if len(found) == 2 else []
        )
        taken = {column}
    else:
        lines = [
            f"outcome: # CHOOSE the column, of {listed(names, 12)}",
            "  task: regression",
            f"  column: {_quoted((names or dates)[-1])}",
        ]
        taken = {(names or dates)[-1]}
    covariates = [name for name in names if COVARIATE.search(name) and name not in taken]
    further = [name for name in names if name not in taken and name not in covariates]
    others = f" # GUESS, further columns: {listed(further, 6)}" if further else ""
    return [*lines, f"covariates: [{', '.join(map(_quoted, covariates))}]{others}"]


def _assay(table: Sniffed, folder: Path, subjects: Sequence[str]) -> list[str]:
    rows = table.rows
    in_columns = _meet(table.names, subjects) > _meet(rows, subjects)
    samples = table.names if in_columns else rows
    kind = guess.kind(table.path.name)
    text = [] if in_columns else [name for name in map(str, table.cells.columns) if _is_text(table, name)]
    numbers = table.numbers.drop(columns=text)
    scale, reason = guess.scale(kind, numbers.to_numpy(dtype=float), table.path.name)
    pattern = guess.subject_pattern(samples, subjects) if subjects else None
    path = table.path if len(table.files) == 1 else Path(PART.sub(r"\1", table.path.name.split(".")[0]))
    lines = [f"  {_name(path)}:", f"    kind: {kind} # GUESS by the file's name"]
    lines += [f"    values: {scale} # GUESS: {reason}"] if scale else []
    lines += [f"    files: {_files(table, folder)}"]
    lines += ["    orientation: samples_in_columns # GUESS: the columns are called as the samples"] if in_columns else []
    drop = [*table.keys.get("drop", ()), *text]  # type: ignore[misc]
    lines += [each for each in _keys(table, "    ") if not each.lstrip().startswith("drop:")]
    if drop:
        lines += [f"    drop: [{', '.join(map(_quoted, drop))}] # no numbers, or several columns of one name"]
    if pattern:
        lines += [f"    subject_pattern: {json.dumps(pattern)} # GUESS from '{samples[0]}'"]
    elif subjects and not set(samples) & set(subjects) and not table.keys.get("number_rows"):
        lines += [f"    # CHOOSE a subject_pattern: the samples are called like '{samples[0]}', the table of samples has '{subjects[0]}'"]
    return lines


def _time(table: Sniffed) -> str | None:
    return next((name for name in table.names if guess.TIME.match(name)), None)


def _long(table: Sniffed, folder: Path) -> list[str]:
    """A table of many rows per subject: records of a device in one file."""
    path, time = table.path.relative_to(folder), str(_time(table))
    numbers = [str(name) for name in table.cells.columns if name != time and not _is_text(table, str(name))]
    signal = guess.signal(path.name, numbers)
    lines = [f"  {_name(path)}:", f"    signal: {signal} # GUESS: rows repeat the ids, so they are a series", f"    files: {_quoted(path)}"]
    lines += [f"    subject: {_quoted(table.cells.index.name)}"] if table.cells.index.name else []
    lines += [f"    time: {_quoted(time)}"]
    lines += ["    time_format: d # GUESS: there is no clock"] if time.lower().startswith("day") else []
    return [*lines, *_channels(signal, numbers)]


def _device(family: Family, subjects: Sequence[str]) -> list[str]:
    vendor = glucose.vendor(family.paths[0]) if ending(family.paths[0]) in delimited.SUFFIXES else None
    first = sniff({"row": family.paths[0]}) if not vendor and ending(family.paths[0]) in delimited.SUFFIXES else None
    names = (
        [name for name in [*first.names, str(first.cells.index.name or "")] if name and name != "None" and not name.startswith("Unnamed:")]
        if first
        else []
    )
    signal = "cgm" if vendor else guess.signal(family.pattern, names)
    family = _whole_ids(family, subjects)
    lines = [f"  {_name(Path(family.pattern.replace('{subject}', '')))}:"]
    lines += [f"    signal: {signal} # GUESS; {len(family.ids)} records", f"    files: {json.dumps(family.pattern)}"]
    lines += [f"    format: glucose # an export of {vendor}"] if vendor else []
    times = [name for name in names if guess.TIME.match(name)]
    usual = {name for group in timeseries.USUAL for name in group}  # found unasked, however a file of the family spells it
    lines += [f"    time: {_quoted(times[0])}"] if times and re.sub(r"\W|_", "", times[0]).lower() not in usual else []
    lines += _channels(signal, [name for name in names if name not in times])
    pattern = guess.subject_pattern(family.ids, subjects) if subjects else None
    return lines + ([f"    subject_pattern: {json.dumps(pattern)} # GUESS from '{family.ids[0]}'"] if pattern else [])


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
        return [told]
    role = re.sub(r"\W+", "_", names[0]).strip("_").lower() or "value"
    return [told, f"    channels: {{{role}: {_quoted(names[0])}}}"]


def _meet(names: Sequence[str], subjects: Sequence[str]) -> int:
    """How many names are, or begin with, a subject."""
    known = set(subjects)
    lengths = {len(subject) for subject in known}
    return sum(any(name[:length] in known for length in lengths) for name in names)


def _is_text(table: Sniffed, name: str) -> bool:
    cells = table.cells[name].dropna()
    return bool(len(cells)) and bool(pd.to_numeric(cells, errors="coerce").isna().mean() > 0.5)


def _name(path: Path) -> str:
    stem = re.sub(r"\W+", "_", path.name.split(".")[0]).strip("_").lower() or re.sub(r"\W+", "_", path.parent.name).lower() or "modality"
    return stem if stem[0].isalpha() else f"m_{stem}"


def _distinct(lines: list[str]) -> list[str]:
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


def _quoted(text: object) -> str:
    """A word as YAML reads it back as this very text."""
    plain = str(text)
    safe = re.fullmatch(r"[A-Za-z_./][\w./ -]*[\w]", plain) and plain.lower() not in ("yes", "no", "true", "false", "null", "on", "off")
    return plain if safe else json.dumps(plain)
