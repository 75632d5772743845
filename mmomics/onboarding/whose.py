"""Whose a sample is: how far names agree with the ids of the samples table, and what takes them there."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile

from mmomics.cohort import aside
from mmomics.errors import listed
from mmomics.onboarding import guess, runs
from mmomics.onboarding.links import Sheets


def owners(samples: Sequence[str], subjects: Sequence[str], sheets: Sheets | None = None, numbered: bool = False) -> list[str]:
    """What takes ids of samples, or of records, to those of the samples table; `numbered` ones are left alone."""
    if not subjects or not samples:
        return []
    pattern = guess.subject_pattern(samples, subjects)
    if pattern:
        pattern, told = _tumours(samples) if pattern == guess.PATIENT else (pattern, "")
        return [f"    subject_pattern: {json.dumps(pattern)} # GUESS from '{samples[0]}'{told}"]
    if set(samples) & set(subjects):
        return []
    if {each.casefold() for each in samples} & {each.casefold() for each in subjects}:
        return ["    ignore_case: true # GUESS: ids differ in upper and lower case only"]
    if sheets and (found := sheets.lines(samples, subjects)):
        return found
    if set(map(folded, samples)) & set(map(folded, subjects)):
        return [f"    # CHOOSE: ids differ in their signs, '{samples[0]}' here, '{subjects[0]}' in the table of samples: see `ids`"]
    told = f"the samples are called like '{samples[0]}', the table of samples has '{subjects[0]}'"
    return [] if numbered else [f"    # CHOOSE a subject_pattern: {told}"]


def _tumours(samples: Sequence[str]) -> tuple[str, str]:
    """The pattern of patients in barcodes of the GDC, and what it leaves out: normal tissue, and all but the commonest of two tumours."""
    codes = Counter(match[1] for name in samples if (match := aside.BARCODE.match(name)))
    tumours = [code for code, _ in codes.most_common() if code[0] == "0"]
    several = [code for code in aside.others(samples, [name[:12] for name in samples]) if code in tumours]
    kept = several[0] if len(several) > 1 else tumours[0] if len(tumours) == 1 else "0"
    left = sorted(code for code in codes if not code.startswith(kept))
    if not tumours or not left:
        return guess.PATIENT, ""
    told = f": -{kept} alone, without {listed([f'-{code}' for code in left])}, which are other tissues"
    return aside.only(kept), told


def agree(names: Sequence[str], subjects: Sequence[str]) -> tuple[int, int, int]:
    """How well names are ids of subjects: as they are, by a usual pattern, and without signs."""
    if not subjects:
        return (0, 0, 0)
    by_pattern = len(names) if guess.subject_pattern(names, subjects) else 0
    return meet(names, subjects), by_pattern, len(set(map(folded, names)) & set(map(folded, subjects)))


def meet(names: Sequence[str], subjects: Sequence[str]) -> int:
    """How many names are a subject, or begin with one and go on with a sign or, behind letters, anything: 7-01A is of 7, and 71 is not."""
    known = set(subjects)
    lengths = {len(subject) for subject in known}
    return sum(name in known or any(name[:length] in known and _ends(name, length) for length in lengths) for name in names)


def in_front(columns: Sequence[str], subjects: Sequence[str]) -> list[str]:
    """Columns before the first sample that describe the features, whatever they are called: signs and numbers make none of them an id."""
    known = {_shape(name) for name in columns if meet([name], subjects)} or {*map(_shape, runs.meet(columns, subjects))}
    return list(takewhile(lambda name: _shape(name) not in known, columns)) if known else []


def _shape(name: str) -> str:
    """What a name is made of, without its very letters and digits."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", name))


def _ends(name: str, length: int) -> bool:
    return length < len(name) and not (name[length].isdigit() and name[length - 1].isdigit())


def folded(name: str) -> str:
    """An id without its signs, case and zeros in front."""
    return re.sub(r"[\W_]+", "", name).casefold().lstrip("0")
