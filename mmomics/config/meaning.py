"""Texts that must mean something before any job starts: regular expressions that find a subject, and time zones."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"expected a regular expression ({error})") from error
    return text


def _finds(text: str) -> str:
    if not re.compile(_expression(text)).groups:
        raise ValueError("expected a regular expression with a group around the subject, such as ^(.{12})")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, OSError, ValueError) as error:  # KeyError of an unknown zone, the others of what looks like a path
        raise ValueError("expected a time zone such as Europe/Berlin or UTC") from error
    return text


Pattern = Annotated[str, AfterValidator(_expression)]
SubjectPattern = Annotated[str, AfterValidator(_finds)]
TimeZone = Annotated[str, AfterValidator(_zone)]
