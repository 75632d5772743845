"""Columns called by the runs of an instrument, with the subject somewhere within: `[3] 20240401_QEx_S-003_DIA.raw.PG.Quantity`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from mmomics.cohort.ids import CONTROL
from mmomics.onboarding.files import shared

LIKELY = re.compile(r"lfq|quantity|maxlfq|abundance|intensity", re.IGNORECASE)  # of several columns of a run, those that are compared


def pattern(names: Sequence[str], subjects: Sequence[str]) -> str | None:
    """A pattern that finds subjects, all of one form, between other signs within the names of runs; None unless most are found.

    Names that it does not find are those of a laboratory's controls, or there is none.
    """
    found = _form(subjects)
    if found is None:
        return None
    matches = [match[1] for name in names if (match := found.search(name))]
    odd = [name for name in names if not found.search(name) and not CONTROL.search(name)]
    known = set(subjects).intersection(matches)
    return found.pattern if not odd and 2 * len(matches) > len(names) and 3 * len(known) > len(set(matches)) else None


def meet(names: Sequence[str], subjects: Sequence[str]) -> list[str]:
    """Names within which a subject stands."""
    found, known = _form(subjects), set(subjects)
    return [name for name in names if found and (match := found.search(name)) and match[1] in known]


def columns(names: Sequence[str], subjects: Sequence[str]) -> list[str] | None:
    """Of a table's columns those of one value of each run; None if they are not called so.

    Parameters
    ----------
    names : sequence of str
        All columns, those that describe the features and several values of each run, as of MaxQuant, among them.
    subjects : sequence of str
        Who is in the samples table.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    seen: Counter[str] = Counter()
    found, known = _form(subjects), set(subjects)
    if found is None:
        return None
    for name in names:
        if match := found.search(name):
            rest = re.sub(r"\d+", "#", name.replace(match[1], ""))
            groups[rest].append(name)
            seen[rest] += match[1] in known  # of a long table, the first subjects were seen
    groups = {rest: each for rest, each in groups.items() if LIKELY.search(rest) and seen[rest] > 2 and 3 * seen[rest] > len(each)}
    if not groups:
        return None
    best = max(groups, key=lambda rest: ("lfq" in rest.lower(), len(groups[rest])))
    spans = [match.span(1) for match in map(found.search, groups[best]) if match]
    head = shared([name[:start] for name, (start, _) in zip(groups[best], spans, strict=True)])
    tail = shared([name[end:][::-1] for name, (_, end) in zip(groups[best], spans, strict=True)])[::-1]
    return [name for name in names if name.startswith(head) and name.endswith(tail)]  # controls, too


def _form(subjects: Sequence[str]) -> re.Pattern[str] | None:
    """What finds subjects between other signs; None where they are not all of one form, or numbers alone, as dates and counts are."""
    forms = {re.sub(r"\d+", r"\\d+", re.sub(r"([^\w-])", r"\\\1", subject)) for subject in subjects}
    form = next(iter(forms), "")
    alike = len(forms) == 1 and r"\d" in form and re.search(r"[A-Za-z]", form.replace(r"\d", ""))
    return re.compile(rf"(?:^|[^A-Za-z0-9])({form})(?:[^A-Za-z0-9]|$)") if alike else None
