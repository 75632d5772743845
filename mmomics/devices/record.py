"""A record: what one device wrote on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

SECOND = pd.Timedelta("1s")
DAY = 86400.0  # seconds


def no_annotations() -> pd.DataFrame:
    """An empty table of annotations."""
    return pd.DataFrame({"onset": pd.Series(dtype=float), "duration": pd.Series(dtype=float), "label": pd.Series(dtype=object)})


def named(names: Sequence[str | None]) -> tuple[str, ...]:
    """Names of channels, each once: a nameless one is called by its place, a repeated one gets a number.

    >>> named(["EEG", None, "EEG"])
    ('EEG', 'channel_2', 'EEG (2)')
    """
    given = [(name or "").strip() or f"channel_{place}" for place, name in enumerate(names, 1)]
    used: set[str] = set()
    for place, name in enumerate(given):
        number = 1
        while given[place] in used:
            number += 1
            given[place] = f"{name} ({number})"
        used.add(given[place])
    return tuple(given)


def _whole(seconds: Any) -> Any:
    """Seconds as time, to a microsecond: a step of 1 / fs adds up to a hair before noon, which is another hour and another day part."""
    return pd.to_timedelta(np.round(np.asarray(seconds) * 1e6).astype(np.int64), unit="us")


@dataclass(frozen=True)
class Record:
    """Channels of one device that share a clock.

    Attributes
    ----------
    signal : array, float32 (n_times, n_channels)
        In the units given; NaN is a gap.
    channels, units : tuple of str (n_channels,)
        Names as in the file, and units ("" = not said).
    fs : float or None
        Sampling rate (Hz); None where steps are irregular and `times` says when.
    times : array, float64 (n_times,) or None
        Seconds since `start`, strictly increasing; None where `fs` says it.
    start : Timestamp or None
        Of the first sample, with time zone where known; None where the file has no clock.
    subject : str or None
        Where the file itself says whose record it is.
    annotations : DataFrame
        onset, duration (seconds since `start`) and label. A record of a file that holds nothing else has no channels.
    source : str
        The file, for messages.
    impossible : float
        Share of the readings in the file that cannot be and are gaps (0..1), of the channel with the most.
    time_format : str or None
        The format of `strptime` by which its times were read, be it the user's or one that the reader knows.
    gravity : tuple of float
        Mean error of gravity at rest (mg) as recorded and as calibrated; NaN where it cannot be told.
    """

    signal: np.ndarray
    channels: tuple[str, ...]
    units: tuple[str, ...]
    fs: float | None = None
    times: np.ndarray | None = None
    start: pd.Timestamp | None = None
    subject: str | None = None
    annotations: pd.DataFrame = field(default_factory=no_annotations)
    source: str = ""
    impossible: float = 0.0
    time_format: str | None = None
    gravity: tuple[float, float] = (np.nan, np.nan)

    def __len__(self) -> int:
        return len(self.signal)

    @property
    def seconds(self) -> np.ndarray:
        """Time of every sample: float64 (n_times,), seconds since `start`."""
        return self.times if self.times is not None else np.arange(len(self)) / self.rate

    @property
    def rate(self) -> float:
        """Sampling rate (Hz); of an irregular record one over the median step."""
        if self.fs is not None:
            return self.fs
        steps = np.diff(self.seconds)
        return float(1 / np.median(steps)) if len(steps) else 1.0

    @property
    def duration(self) -> float:
        """Seconds from the first sample to one step behind the last; of a record without samples to the end of its last annotation."""
        if len(self):
            return float(self.seconds[-1] - self.seconds[0] + 1 / self.rate)
        end = self.annotations["onset"] + self.annotations["duration"].fillna(0)
        return max(float(end.max()), 0.0) if len(end) else 0.0

    @property
    def clock(self) -> pd.DatetimeIndex:
        """Wall-clock time of every sample; for a record without clock, as if it began at midnight of 1970-01-01."""
        start = self.start if self.start is not None else pd.Timestamp(0)
        return start + _whole(self.seconds)

    def pick(self, names: Sequence[str]) -> Record:
        """Only these channels, in this order."""
        columns = [self.channels.index(name) for name in names]
        return replace(self, signal=self.signal[:, columns], channels=tuple(names), units=tuple(self.units[column] for column in columns))

    def between(self, low: float, high: float) -> Record:
        """The samples at `low` <= seconds < `high`; `start` moves along, so that seconds count from the first sample kept.

        Annotations are cut to the same time; a moment, or one whose duration is not known, stays if it begins there.
        """
        seconds = self.seconds
        first, last = np.searchsorted(seconds, [low - 1e-9, high - 1e-9])
        offset = float(seconds[first]) if first < len(seconds) else low
        onset, duration = self.annotations["onset"], self.annotations["duration"]
        begin, end = onset.clip(lower=low), (onset + duration).clip(upper=high)
        lasting = duration > 0
        inside = (lasting & (end - begin > 1e-9)) | (~lasting & (onset >= low - 1e-9) & (onset < high - 1e-9))
        notes = self.annotations.assign(onset=begin - offset, duration=duration.where(~lasting, end - begin))
        return replace(
            self,
            signal=self.signal[first:last],
            times=None if self.times is None else self.times[first:last] - offset,
            start=None if self.start is None else self.start + _whole(offset),
            annotations=notes[inside].reset_index(drop=True),
        )
