"""The table of samples and the outcome in the draft of a cohort file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from mmomics.cohort.aside import batch
from mmomics.cohort.columns import canonical
from mmomics.cohort.outcome import CODED, EVENT_WORDS
from mmomics.errors import listed
from mmomics.onboarding import guess
from mmomics.onboarding._lines import MOST_LEVELS, files, keys, quoted
from mmomics.onboarding.sniff import Sniffed

TIME = re.compile(
    r"^(os|pfs|pfi|dss|dfi|dfs|rfs|efs|ttt|surv\w*|follow\w*)?[_. ]?(time|days|months|years)([_. ](?!to_)\w+)?$|^(os|pfs|ttt)$"
    r"|^(os|pfs|dfs|rfs|efs|(overall )?survival|follow[-_. ]?up|time to \w+)[-_. ]*(time)?[-_. ]*"
    r"[(\[](d|days?|w|weeks?|m|mo|months?|y|yrs?|years?)[)\]]$",
    re.IGNORECASE,
)
ENDPOINT = re.compile(r"(os|pfs|pfi|dss|dfi|dfs|rfs|efs)(?=[_. ]|$)", re.IGNORECASE)  # by itself a state, as TCGA's OS beside OS.time
EVENT = re.compile(r"(event|died|death|dead|treatedafter)|^(os|pfs|pfi|dss|dfi|dfs|rfs|efs|vital)[_. ]?status$|^status$", re.IGNORECASE)
LABEL = re.compile(r"label|class|outcome|group|diagnosis|status|response|case|subtype|pam50|target", re.IGNORECASE)
ANSWERS = {"yes", "no", "y", "n", "true", "false", "ja", "nein", "case", "control", "positive", "negative", "pos", "neg"}
COVARIATE = re.compile(
    r"^(age([_. ]at[_. ]\w+)?|sex|gender|bmi|((ajcc|clinical|pathologic|tumou?r)[_. ])*stage|years_to_birth|smok\w*)$", re.IGNORECASE
)


def samples(table: Sniffed, folder: Path) -> list[str]:
    """The table of samples."""
    lines = ["samples: # GUESS: the table that looks like it", f"  files: {files(table, folder)}"]
    if not table.keys.get("number_rows") and "index" not in table.keys:
        lines += [f"  index: {quoted(table.cells.index.name)}"] if table.cells.index.name else []
    moments = guess.moments(table.cells)
    for name, forms in list(moments.items())[:1]:
        lines += [f"  time: {quoted(name)} # GUESS, of {listed([*moments])}: when the specimen was taken, to `align` records with"]
        doubt = f"CHOOSE, of: {listed(forms)}" if len(forms) > 1 and "." not in forms[0][:5] else "GUESS: it fits the first rows"
        lines += [f"  time_format: {json.dumps(forms[0])} # {doubt}"] if forms else []
    return lines + keys(table, "  ")


def _numbered(levels: Sequence[str]) -> bool:
    """Whether classes are more than two numbers."""
    return len(levels) > 2 and bool(pd.to_numeric(pd.Series(levels), errors="coerce").notna().all())


def _classes(levels: Sequence[str]) -> bool:
    """Whether levels may be classes: numbers that are not whole are measurements."""
    numbers = pd.to_numeric(pd.Series(levels), errors="coerce")
    return not bool(numbers.notna().all() and (numbers % 1 != 0).any())


def _survival(names: Sequence[str], levels: Mapping[str, Sequence[str]], cells: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Columns with times and with states of what is waited for, those of one endpoint in front."""
    states = [name for name in names if ENDPOINT.fullmatch(name) and {*levels[name]} <= {"0", "1"}]
    times = [name for name in names if TIME.search(name) and name not in states]
    times = [name for name in times if pd.to_numeric(cells[name], errors="coerce").notna().mean() > 0.5]
    events = [name for name in names if name in states or (EVENT.search(name) and cells[name].nunique() == 2)]
    pairs = [(time, event) for time in times for event in events if (end := _endpoint(time)) and end == _endpoint(event)]
    return [name for name, _ in pairs[:1]] + times, [name for _, name in pairs[:1]] + events


def _endpoint(name: str) -> str | None:
    """OS of OS_MONTHS."""
    found = ENDPOINT.match(name)
    return found[1].lower() if found else None


def _answers(names: Sequence[str], levels: Mapping[str, Sequence[str]]) -> bool:
    """Whether a column that is no covariate answers yes or no."""
    return any({each.lower() for each in levels[name]} <= ANSWERS for name in names if not COVARIATE.search(name))


def _states(levels: Sequence[str]) -> list[str]:
    """What two values of an event mean, where they are no usual words for it: 2 rather than 1 is one."""
    if all(CODED.fullmatch(each) or each.lower() in EVENT_WORDS for each in levels):
        return []
    event = guess.positive(levels)
    told = ", ".join(f"{json.dumps(each, ensure_ascii=False)}: {'event' if each == event else 'censored'}" for each in levels)
    return [f"  labels: {{{told}}} # GUESS which of them is the event"]


def outcome(table: Sniffed | None) -> list[str]:
    """The outcome, and covariates, from the columns of the samples table."""
    if table is None:
        return ["outcome: {task: binary, column: CHOOSE, positive: CHOOSE}"]
    dates = list(guess.moments(table.cells))
    names = [str(column) for column in table.cells.columns if str(column) not in dates]
    levels = {name: sorted(canonical(table.cells[name].dropna()).astype(str).unique()) for name in names}
    times, events = (list(dict.fromkeys(each)) for each in _survival(names, levels, table.cells))
    few = [name for name in names if 2 <= len(levels[name]) <= MOST_LEVELS and _classes(levels[name])]
    few = sorted(few, key=lambda name: _numbered(levels[name]))  # a yes or no, and words, before the levels of a number
    labels = [name for name in few if LABEL.search(name) and not (_numbered(levels[name]) and _answers(few, levels))]
    few = [name for name in few if not COVARIATE.search(name)]
    word = "GUESS" if labels else "CHOOSE"
    if times and events:
        lines = [f"outcome: # GUESS, of {listed(times)} and {listed(events)}", "  task: survival"]
        lines += [f"  time: {quoted(times[0])}", f"  event: {quoted(events[0])}", *_states(levels[events[0]])]
        taken = {*times, *events, *(name for name in names if _endpoint(name))}  # the others would give it away
    elif labels or few:
        column = (labels or few)[0]
        found = levels[column]
        lines = [f"outcome: # {word} the column, of {listed(labels or few)}; these rows have {listed(found, MOST_LEVELS)}"]
        task = "binary" if len(found) == 2 else "multiclass"
        lines += [f"  task: {task}", f"  column: {quoted(column)}"] + (
            [f"  positive: {quoted(guess.positive(found))}"] if len(found) == 2 else []
        )
        taken = {column}
    else:
        lines = [
            f"outcome: # CHOOSE the column, of {listed(names, 12)}",
            "  task: regression",
            f"  column: {quoted((names or dates)[-1])}",
        ]
        taken = {(names or dates)[-1]}
    covariates = [name for name in names if COVARIATE.search(name) and name not in taken]
    further = [name for name in names if name not in taken and name not in covariates]
    others = f" # GUESS, further columns: {listed(further, 6)}" if further else ""
    together = batch(further)
    technical = [f"# batch: {quoted(together)} # what was measured together; `prepare: {{batch: combat}}` takes it out"] if together else []
    return [*lines, f"covariates: [{', '.join(map(quoted, covariates))}]{others}", *technical]
