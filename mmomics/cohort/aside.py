"""Columns of an assay's table that say how, of whom or in which order was measured: told by their names, for no value tells them."""

from __future__ import annotations

import re
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


def batch(names: Iterable[str]) -> str | None:
    """The column that says what was measured together; None if none is called so."""
    return next((name for name in names if re.fullmatch(rf"{BATCH}{NUMBER}", _plain(name))), None)


def _plain(name: str) -> str:
    """A name in lower case, its words apart: Injection Order, InjectionOrder and injection_order are one."""
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))).strip().lower()
