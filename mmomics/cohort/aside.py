"""Columns of an assay's table that say how, of whom, in which order or how surely was measured: told by name, for no value tells them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

OF_PEOPLE = {"clinical", "device_summary", "generic"}  # kinds whose measurements may be those of a person, such as age
OF_A_LIST = re.compile(r"\d{3}|.{40}")  # names of probes, peaks or lineages, of which there may be 800,000: no words of ours are so
NUMBER = r"(?: (?:id|no|nr|num|number|index|position|pos|name|order|\d{1,2}))?"
TAKEN = r"(?:run|injection|inj|scan|acquisition|analysis|analytical|measurement|processing|extraction|preparation|hybridi[sz]ation)"
BATCH = rf"(?:(?:sample|technical|assay|ms|lc ms|{TAKEN}) )?(?:batch|plate|chip|slide|lane|array|sentrix)\d{{0,2}}"
TECHNICAL = re.compile(
    rf"{BATCH}{NUMBER}|run{NUMBER}|injection{NUMBER}|{TAKEN} (?:sequence|time|date|day|volume|id|no|nr|number|index|order)|order|sequence"
    rf"|(?:(?:sample )?well|tray|rack|vial|autosampler){NUMBER}|(?:sample|specimen) (?:type|class|group|order|weight|volume)"
    r"|qc(?: type| sample)?|dilution(?: factor)?|(?:technical )?replicate(?: no| number)?|instrument|operator|site|cent(?:re|er)"
)
PERSONAL = re.compile(
    r"age(?: (?:years?|yrs?|y|at \w+(?: \w+)?))?|sex|gender|(?:is )?(?:fe)?male|bmi|race|ethnicity|group|class|cohort|diagnosis"
)
QUANTITY = re.compile(
    r"\b(?:p ?val(?:ue)?s?|detection|q ?val(?:ue)?s?|fdr|std ?(?:dev|err)|stderr|n ?beads|flags?|scores?|peptides?|coverage|ratio|lfq|ibaq"
    r"|intensity|(?:avg )?beta|signal|counts?|unique|tpm|fpkm)\b"
)
OTHER = re.compile(  # of another tissue, or of another time
    r"\b(?:tumou?rs?|normals?|adjacent|healthy|metasta(?:sis|tic)|primary|recurren(?:t|ce)|relapsed?|remission|blood|baseline|screening"
    r"|follow ?up|pre|post|(?:day|week|month|year|visit|cycle|time ?point) ?-?\d+|t0)\b"
)
SHORT = re.compile(r"([dwmvt])(\d+)")  # days, weeks, months, visits, times; or wells, duplicates and markers
NORMAL = "10"  # codes of tissues from here on are no tumours
BARCODE = re.compile(r"[A-Z]+-[A-Z0-9]{2}-[A-Z0-9]{4,6}-(\d\d)[A-Z]?(?![A-Z0-9])")  # of the GDC: 01 primary tumour, 11 normal tissue


def aside(names: Iterable[str], kind: str) -> list[str]:
    """Those of a table's features that are called as what goes with a measurement, and is none: a batch, an order, a dilution, a sex.

    Parameters
    ----------
    names : iterable of str
        The features.
    kind : str
        Kind of assay: where people are measured, as by a clinic, an age is a measurement.
    """
    words = [name for name in names if not OF_A_LIST.search(name)]
    return [name for name in words if TECHNICAL.fullmatch(_plain(name)) or (kind not in OF_PEOPLE and PERSONAL.fullmatch(_plain(name)))]


def quantities(samples: Iterable[str], subjects: Iterable[str]) -> list[str]:
    """What the names of samples say beside their subject, where most have the same, and this is called as quantities are, no replicates.

    `S1.AVG_Beta` and `S1.Detection Pval` are two values of one sample, `S1_1` and `S1_2` two samples.
    """
    rests = Counter(_plain(sample.replace(subject, " ", 1)) for sample, subject in zip(samples, subjects, strict=True))
    alike = [rest for rest, n in rests.items() if n > 1 and n >= max(rests.values()) / 2]
    return alike if len(alike) > 1 and any(QUANTITY.search(rest) for rest in alike) else []


def others(samples: Iterable[str], subjects: Iterable[str]) -> list[str]:
    """What tells the samples of a subject apart by their names, where that is a tissue or a time: the commonest first, normal tissue last.

    `TCGA-OR-A5J1-01A` and `TCGA-OR-A5J1-11A` are a tumour and what lies beside it, `P01_baseline` and `P01_week 4` two times.
    """
    told: dict[str, set[str]] = {}
    often: Counter[str] = Counter()
    samples, subjects = list(samples), list(subjects)
    rests = [_plain(sample.replace(subject, " ", 1)) for sample, subject in zip(samples, subjects, strict=True)]
    times = _times(rests)
    for sample, subject, rest in zip(samples, subjects, rests, strict=True):
        found = code[1] if (code := BARCODE.match(sample)) else rest if rest in times else " ".join(OTHER.findall(rest))
        if found:
            told.setdefault(subject, set()).add(found)
            often[found] += 1
    apart = {each for own in told.values() if len(own) > 1 for each in own}
    return sorted((each for each, _ in often.most_common() if each in apart), key=lambda each: each.isdigit() and each >= NORMAL)


def only(code: str) -> str:
    """The `subject_pattern` of patients for barcodes of tissues that begin with a code; others stay whole, and so are of nobody."""
    return f"^(.{{12}}(?:-(?!{code}).*)?)"


def _times(rests: Iterable[str]) -> set[str]:
    """Which of `d0`, `d28`, ... are times: those of a letter whose numbers begin at nought or leave some out, as no count of wells does."""
    numbers: dict[str, set[str]] = {}
    for rest in set(rests):
        if short := SHORT.fullmatch(rest):
            numbers.setdefault(short[1], set()).add(short[2])
    return {
        f"{letter}{number}"
        for letter, found in numbers.items()
        if not any(number.startswith("0") and len(number) > 1 for number in found)
        and ("0" in found or {int(number) for number in found} != {*range(1, len(found) + 1)})
        for number in found
    }


def batch(names: Iterable[str]) -> str | None:
    """The column that says what was measured together; None if none is called so."""
    return next((name for name in names if re.fullmatch(rf"{BATCH}{NUMBER}", _plain(name))), None)


def _plain(name: str) -> str:
    """A name in lower case, its words apart: Injection Order, InjectionOrder and injection_order are one."""
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))).strip().lower()
