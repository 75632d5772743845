"""Texts that must mean something before any job starts: regular expressions that find a subject, and time zones."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator


def _finds(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"expected a regular expression ({error})") from error
    if not groups:
        raise ValueError("expected a regular expression with a group around the subject, such as ^(.{12})")
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, OSError, ValueError) as error:  # KeyError of an unknown zone, the others of what looks like a path
        raise ValueError("expected a time zone such as Europe/Berlin or UTC") from error
    return text


SubjectPattern = Annotated[str, AfterValidator(_finds)]
TimeZone = Annotated[str, AfterValidator(_zone)]
