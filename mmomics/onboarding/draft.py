"""A commented draft of a cohort file from what lies in a folder. Every guess says what it rests on."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mmomics.errors import UserError, listed
from mmomics.onboarding import guess
from mmomics.onboarding.files import Family, look
from mmomics.onboarding.sniff import Sniffed, sniff

ABOUT = re.compile(r"clin|sample|pheno|meta|subject|patient|participant|demograph|label|bio\b|bio\.", re.IGNORECASE)
TIME = re.compile(r"^(os|pfs|dfs|rfs|efs|ttt|surv\w*|follow\w*)?[_. ]?(time|days|months|years)([_. ]\w+)?$|^(os|pfs|ttt)$", re.IGNORECASE)
EVENT = re.compile(r"(event|died|death|dead|censor|treatedafter)|^(os|pfs)[_. ]?status$|^status$", re.IGNORECASE)
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
    tables = [sniff(path) for path in paths]
    readable = [each for each in tables if not each.problem and len(each.cells.columns)]
    if not readable and not families:
        raise UserError(folder, "holds no file of a known format", "`mmomics methods tables` and `mmomics methods devices` list them")
    about = max(readable, key=_about, default=None)
    head = [
        "# yaml-language-server: $schema=../../workflow/schemas/cohort.schema.json",
        "# A draft by `mmomics init`: go through the lines marked GUESS and CHOOSE, then run `mmomics check` on this file.",
        f"title: {json.dumps(name)}",
        f"folder: {json.dumps(str(folder.resolve()))} # `{{data_dir}}/...` if it is to run elsewhere",
    ]
    body = _samples(about, folder) if about else ["# CHOOSE: no table of samples was found", "samples:", "  files: samples.csv"]
    body += _outcome(about)
    subjects = [str(row) for row in about.cells.index] if about else []
    modalities = [line for each in readable if each is not about for line in _assay(each, folder, subjects)]
    modalities += [line for family in families for line in _device(family, subjects)]
    notes = [f"# not read: {each.problem}" for each in tables if each.problem]
    return "\n".join([*head, *body, "modalities:", *_distinct(modalities), *notes]) + "\n"


def _about(table: Sniffed) -> float:
    """How much a table looks like the table of samples: text cells, few columns, usual names."""
    names = [str(column) for column in table.cells.columns]
    telling = sum(bool(pattern.search(name)) for pattern in (TIME, EVENT, LABEL, COVARIATE) for name in names[:200])
    return (
        3 * bool(ABOUT.search(table.path.name))
        + min(telling, 4)
        + 2 * (table.text_share > 0.05)
        - 4 * (len(names) > 150)
        + (len(names) < 50)
    )


def _samples(table: Sniffed, folder: Path) -> list[str]:
    lines = ["samples: # GUESS: the table that looks like it", f"  files: {_quoted(table.path.relative_to(folder))}"]
    if not table.keys.get("number_rows"):
        lines += [f"  index: {_quoted(table.cells.index.name)}"] if table.cells.index.name else []
    return lines + [f"  {key}: {json.dumps(value)}" for key, value in table.keys.items()]


def _outcome(table: Sniffed | None) -> list[str]:
    """The outcome, and covariates, from the columns of the samples table."""
    if table is None:
        return ["outcome: {task: binary, column: CHOOSE, positive: CHOOSE}"]
    names = [str(column) for column in table.cells.columns]
    times = [name for name in names if TIME.search(name) and pd.to_numeric(table.cells[name], errors="coerce").notna().mean() > 0.5]
    events = [name for name in names if EVENT.search(name) and table.cells[name].nunique() == 2]
    levels = {name: sorted(table.cells[name].dropna().astype(str).unique()) for name in names}
    labels = [name for name in names if LABEL.search(name) and 2 <= len(levels[name]) <= MOST_LEVELS]
    few = [name for name in names if 2 <= len(levels[name]) <= MOST_LEVELS and not COVARIATE.search(name)]
    if times and events:
        lines = [f"outcome: # GUESS, of {listed(times)} and {listed(events)}", "  task: survival"]
        lines += [f"  time: {_quoted(times[0])}", f"  event: {_quoted(events[0])}"]
        taken = {times[0], events[0]}
    elif labels or few:
        column = (labels or few)[0]
        found = levels[column]
        lines = [f"outcome: # GUESS, of {listed(labels or few)}; these rows have {listed(found, MOST_LEVELS)}"]
        task = "binary" if len(found) == 2 else "multiclass"
        lines += [f"  task: {task}", f"  column: {_quoted(column)}"] + ([f"  positive: {_quoted(found[1])}"] if len(found) == 2 else [])
        taken = {column}
    else:
        lines = [f"outcome: # CHOOSE the column, of {listed(names, 12)}", "  task: regression", f"  column: {_quoted(names[-1])}"]
        taken = {names[-1]}
    covariates = [name for name in names if COVARIATE.search(name) and name not in taken]
    others = f" # GUESS; further columns: {listed([name for name in names if name not in taken and name not in covariates], 12)}"
    return [*lines, f"covariates: [{', '.join(map(_quoted, covariates))}]{others}"]


def _assay(table: Sniffed, folder: Path, subjects: Sequence[str]) -> list[str]:
    rows, columns = [str(row) for row in table.cells.index], [str(column) for column in table.cells.columns]
    in_columns = _meet(columns, subjects) > _meet(rows, subjects)
    samples = columns if in_columns else rows
    kind = guess.kind(table.path.name)
    text = [] if in_columns else [name for name in columns if _is_text(table, name)]
    numbers = table.numbers.drop(columns=text)
    scale, reason = guess.scale(kind, numbers.to_numpy(dtype=float), table.path.name)
    pattern = guess.subject_pattern(samples, subjects) if subjects else None
    lines = [f"  {_name(table.path)}:", f"    kind: {kind} # GUESS by the file's name"]
    lines += [f"    values: {scale} # GUESS: {reason}"] if scale else []
    lines += [f"    files: {_quoted(table.path.relative_to(folder))}"]
    lines += ["    orientation: samples_in_columns # GUESS: the columns are called as the samples"] if in_columns else []
    lines += [f"    {key}: {json.dumps(value)}" for key, value in table.keys.items()]
    if text:
        lines += [f"    drop: [{', '.join(map(_quoted, text))}] # no numbers"]
    if pattern:
        lines += [f"    subject_pattern: {json.dumps(pattern)} # GUESS from '{samples[0]}'"]
    elif subjects and not set(samples) & set(subjects) and not table.keys.get("number_rows"):
        lines += [f"    # CHOOSE a subject_pattern: the samples are called like '{samples[0]}', the table of samples has '{subjects[0]}'"]
    return lines


def _device(family: Family, subjects: Sequence[str]) -> list[str]:
    first = sniff(family.paths[0]) if family.paths[0].suffix.lower() not in (".edf", ".bdf", ".hea", ".agd", ".awd") else None
    names = [str(name) for name in first.cells.columns] + [str(first.cells.index.name)] if first else []
    lines = [f"  {_name(Path(family.pattern.replace('{subject}', '')))}:"]
    lines += [f"    signal: {guess.signal(family.pattern, names)} # GUESS; {len(family.ids)} records"]
    lines += [f"    files: {json.dumps(family.pattern)}"]
    times = [name for name in names if guess.TIME.match(name)]
    lines += [f"    time: {_quoted(times[0])} # CHOOSE channels: of {listed(names, 20)}"] if times else []
    pattern = guess.subject_pattern(family.ids, subjects) if subjects else None
    lines += [f"    subject_pattern: {json.dumps(pattern)} # GUESS from '{family.ids[0]}'"] if pattern else []
    return lines


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
