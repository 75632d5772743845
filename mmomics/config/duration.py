"""Lengths of time as people write them: `30 s`, `5 min`, `12 h`, `7 d`."""

from __future__ import annotations

PATTERN = r"^\d+(\.\d+)? ?(s|min|h|d)$"
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str) -> float:
    """Seconds of a length of time that matches `PATTERN`."""
    unit = text.lstrip("0123456789. ")
    return float(text.removesuffix(unit)) * SECONDS[unit]
