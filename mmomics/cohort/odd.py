"""What is odd about the records of a device that are taken all the same."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mmomics.cohort.quality import GRAVITY, IMPOSSIBLE
from mmomics.cohort.told import Signal
from mmomics.config.modality import Device
from mmomics.devices.record import DAY, Record
from mmomics.errors import count

log = logging.getLogger(__name__)
SPREAD = 4  # times as many days as a record has by another reading of its dates are a sign that the other one is meant


@dataclass
class Odd:
    """Gathered record by record, and told once for all of them."""

    name: str
    device: Device
    signal: Signal
    impossible: list[float] = field(default_factory=list)  # shares of readings that cannot be, of records with many
    gravity: list[float] = field(default_factory=list)  # errors (mg) that calibration did not take away
    steps: list[float] = field(default_factory=list)  # how often (s) the device of an interpolated record has read
    utc: bool = False
    clockless: int = 0  # subjects whose clock is said to be off, and whose records have none
    swapped: list[tuple[int, int]] = field(default_factory=list)  # days that records span, and with day and month swapped

    def add(self, records: list[Record], shifted: bool = False) -> None:
        """Look at the records of one subject; `shifted`: whether the device's clock is said to be off."""
        self.steps += self.signal.interpolated(records) if self.device.step is None else []
        self.impossible += [record.impossible for record in records if record.impossible > IMPOSSIBLE]
        self.gravity += [record.gravity[1] for record in records if record.gravity[1] > GRAVITY]
        self.clockless += shifted and bool(records) and all(record.start is None for record in records)
        self.swapped += [days for record in records if (days := _swapped(record)) is not None]
        self.utc = self.utc or (self.device.time_zone is None and self.signal.daily and any(map(_in_utc, records)))

    def tell(self) -> None:
        """Warn of what was found."""
        name = self.name
        if self.impossible:
            told, most = count(len(self.impossible), "record holds", "records hold"), f"up to {max(self.impossible):.2%} of them"
            log.warning("%s: %s readings that cannot be, %s: they are gaps, told as `impossible` in records.tsv", name, told, most)
        if self.gravity:
            told, most = count(len(self.gravity), "record shows", "records show"), f"{max(self.gravity):.0f} mg"
            log.warning("%s: %s gravity off by up to %s, uncalibrated: told as `gravity_left` in records.tsv", name, told, most)
        if self.swapped:
            told, (span, short) = count(len(self.swapped), "record spans", "records span"), max(self.swapped)
            log.warning(
                "%s: %s up to %d days with hardly any of them recorded, and %d days if day and month are swapped: %s `time_format` if so",
                name, told, span, short, "mend" if self.device.time_format else "set",
            )  # fmt: skip
        if self.utc:
            log.warning(
                "%s: times are in UTC, and so are day and night: set `time_zone` to where the device was (UTC if it was there)", name
            )
        if self.clockless:
            told = count(self.clockless, "subject")
            log.warning("%s: `clock_shift` takes nothing off the records of %s, which have no clock", name, told)
        if self.steps:
            told = count(len(self.steps), "record looks", "records look")
            every = f"{max(round(float(np.median(self.steps)) / 60), 1)} min"
            log.warning("%s: %s interpolated between readings %s apart: set `step: %s`", name, told, every, every)


def _in_utc(record: Record) -> bool:
    """Whether the clock of a record is that of UTC, and not of a zone."""
    return record.start is not None and str(record.start.tzinfo).rpartition("/")[2] in ("UTC", "UTC+00:00")


def _swapped(record: Record) -> tuple[int, int] | None:
    """Days that a record spans, and those with day and month swapped, where only the latter leaves no gaps."""
    if record.start is None or not len(record) or not {"%d", "%m"} <= set(re.findall("%.", record.time_format or "")):
        return None
    midnight = record.start.tz_localize(None).normalize()
    since = (record.start.tz_localize(None) - midnight).total_seconds()
    days = midnight + pd.to_timedelta(np.unique((record.seconds + since) // DAY), unit="D")
    if len(days) < 2 or days.day.max() > 12:
        return None
    other = pd.to_datetime({"year": days.year, "month": days.day, "day": days.month})
    span, short = ((each.max() - each.min()).days + 1 for each in (days, other))
    return (span, short) if short <= 2 * len(days) and span >= SPREAD * short else None
