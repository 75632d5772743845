"""Lengths of time as people write them: `30 s`, `5 min`, `12 h`, `7 d`."""

from __future__ import annotations

PATTERN = r"^\d+(\.\d+)? ?(s|min|h|d)$"
EXPECTED = "a length of time such as 7 d, 12 h, 30 min or 10 s"
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str) -> float:
    """Seconds of a length of time that matches `PATTERN`."""
    unit = text.lstrip("0123456789. ")
    return float(text.removesuffix(unit)) * SECONDS[unit]


def positive(text: str | None) -> str | None:
    """The length of time itself, for validators.

    Raises
    ------
    ValueError
        If it is 0.
    """
    if text is not None and seconds(text) == 0:
        raise ValueError("expected a length of time above 0")
    return text
