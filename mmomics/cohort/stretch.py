"""Which part of a subject's device records belongs to a specimen, in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmomics.config.duration import seconds
from mmomics.config.modality import Align
from mmomics.devices.record import SECOND, Record
from mmomics.errors import UserError, listed
from mmomics.signals._coverage import recorded

CLOSE = 1e-3  # seconds within which two readings are of one moment
SPARSE = 8  # a clock that records share may be this many times longer than what they recorded


@dataclass(frozen=True)
class Stretch:
    """What belongs to one specimen.

    Attributes
    ----------
    record : Record or None
        None where nothing was recorded in the window; `why` then says why.
    span : float
        Seconds of the window that was asked for: what coverage is a share of.
    source : str
        The files.
    why : str
    window : tuple of Timestamp or None
        Beginning and end of the window that was asked for; None where it is the whole of a record.
    """

    record: Record | None
    span: float = 0.0
    source: str = ""
    why: str = ""
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None


def cut(records: Sequence[Record], align: Align, time: pd.Timestamp | None, where: str) -> Stretch:
    """The stretch of a specimen.

    Parameters
    ----------
    records : sequence of Record
        All of one subject, with the same channels.
    align : Align
        Window, gap, tolerance, and what to do with several records.
    time : Timestamp or None
        When the specimen was taken.
    where : str
        Place of the modality, for messages.

    Raises
    ------
    UserError
        If a clock is needed and lacking, only one of the two clocks has a time zone, or records overlap or do not fit on one clock.
    """
    zoned = {record.start.tzinfo is not None for record in records if record.start is not None}
    if len(zoned) > 1:
        raise UserError(listed((record.source for record in records), 3), "only some name a time zone", f"set `{where}.time_zone`")
    if align.window == "whole":
        return _combined(list(records), align, time, where)
    if time is None or pd.isna(time):
        return Stretch(None, why="the specimen has no time")
    for record in records:
        if record.start is None:
            raise UserError(record.source, "has no clock, so it cannot be aligned with a specimen", "set `align.window: whole`")
        if (record.start.tzinfo is None) != (time.tzinfo is None):
            which, key = (record.source, f"{where}.time_zone") if record.start.tzinfo is None else ("samples.time", "samples.time_zone")
            raise UserError(which, "names no time zone, but the other clock does", f"set `{key}`")
    if align.window == "nearest":
        return _nearest(records, align, time)
    try:
        length, gap = seconds(align.length) * SECOND, seconds(align.gap) * SECOND
        low, high = {
            "before": (time - gap - length, time - gap),
            "after": (time + gap, time + gap + length),
            "around": (time - length / 2, time + length / 2),
        }[align.window]
    except (OverflowError, pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta) as error:
        raise UserError(
            f"{where}.align", f"`length: {align.length}` or `gap: {align.gap}` reaches beyond all clocks", "shorten it"
        ) from error
    inside = [
        record.between((low - record.start) / SECOND, (high - record.start) / SECOND) for record in records if record.start is not None
    ]
    inside = [record for record in inside if len(record) or len(record.annotations)]
    if not inside:
        return Stretch(None, why="nothing recorded in the window", window=(low, high))
    return replace(_combined(inside, align, time, where), span=length / SECOND, window=(low, high))


def distance(record: Record, time: pd.Timestamp) -> float:
    """Seconds between a moment and the nearest sample of a record that has a clock; 0 within it."""
    assert record.start is not None
    offset = (time - record.start) / SECOND
    return float(max(-offset, offset - record.duration, 0.0))


def _nearest(records: Sequence[Record], align: Align, time: pd.Timestamp) -> Stretch:
    best = min(records, key=lambda record: distance(record, time))
    if distance(best, time) > seconds(align.tolerance):
        return Stretch(None, why=f"the nearest record is more than {align.tolerance} away")
    return Stretch(best, best.duration, best.source)


def _combined(records: list[Record], align: Align, time: pd.Timestamp | None, where: str) -> Stretch:
    if len(records) > 1:
        first = records[0]
        if align.combine == "error":
            raise UserError(where, f"a subject has {len(records)} records, the first is {first.source}", "set `align.combine`")
        if align.combine == "longest":
            records = [max(records, key=_recorded)]
        elif align.combine == "nearest":
            if time is None or pd.isna(time) or any(record.start is None for record in records):
                return Stretch(None, why="no clock to tell the nearest of several records by")
            records = [min(records, key=lambda record: distance(record, time))]
        elif align.combine == "first":
            records = [min(records, key=lambda record: (record.start is None, record.start or pd.Timestamp(0), record.source))]
        else:
            records = [join(records, where)]
    return Stretch(records[0], records[0].duration, records[0].source)


def _recorded(record: Record) -> float:
    """Seconds of a record without its gaps; of one without samples, those that annotations last."""
    if len(record):
        return recorded(record)
    notes = record.annotations.dropna(subset=["duration"]).sort_values("onset")
    end = (notes["onset"] + notes["duration"]).cummax()
    return float((end - np.maximum(notes["onset"], end.shift(fill_value=-np.inf))).clip(lower=0).sum())


def join(records: Sequence[Record], where: str) -> Record:
    """Several records of one device on one clock; what lies between them is a gap, and what two exports both hold is there once.

    Raises
    ------
    UserError
        If one has no clock, their channels differ, they overlap and differ, or they lie so far apart that hardly anything is recorded.
    """
    cure = f"set `combine: longest`, `first` or `nearest` in `{where}.align`"
    for record in records:
        if record.start is None:
            raise UserError(record.source, "is one of several records of a subject and has no clock", cure)
    ordered: list[Record] = []
    for record in sorted(records, key=lambda record: record.start or pd.Timestamp(0)):
        rest = _onward(ordered[-1], record) if ordered else record
        ordered += [rest] if rest is not None else []
    first = ordered[0]
    assert first.start is not None
    offsets = [(record.start - first.start) / SECOND for record in ordered if record.start is not None]
    for before, after, begin, offset in zip(ordered[:-1], ordered[1:], offsets[:-1], offsets[1:], strict=True):
        if after.channels != before.channels:
            raise UserError(after.source, f"has other channels than {before.source}", "name them in `channels`")
        if len(before) and len(after) and begin + before.seconds[-1] >= offset + after.seconds[0] - 1e-6:
            told = f"overlaps in time with {before.source}, and holds other readings there"
            raise UserError(after.source, told, f"take one of them out, or {cure}")
    labels = pd.concat(
        [record.annotations.assign(onset=record.annotations["onset"] + offset) for record, offset in zip(ordered, offsets, strict=True)],
        ignore_index=True,
    )
    source = ", ".join(dict.fromkeys(record.source for record in ordered))
    impossible = sum(record.impossible * len(record) for record in ordered) / max(sum(map(len, ordered)), 1)
    worst = max(ordered, key=lambda record: np.nan_to_num(record.gravity[1], nan=-1.0)).gravity
    first = replace(first, annotations=labels, source=source, impossible=impossible, gravity=worst)
    if all(record.fs is not None and record.fs == first.fs for record in ordered) and first.fs:
        starts = [round(offset * first.fs) for offset in offsets]
        total = starts[-1] + len(ordered[-1])
        if total > SPARSE * sum(map(len, ordered)):
            raise UserError(where, f"records of a subject lie too far apart to join, the first is {first.source}", cure)
        signal = np.full((total, first.signal.shape[1]), np.nan, dtype=np.float32)
        for record, start in zip(ordered, starts, strict=True):
            signal[start : start + len(record)] = record.signal
        return replace(first, signal=signal)
    times = np.concatenate([record.seconds + offset for record, offset in zip(ordered, offsets, strict=True)])
    signal = np.concatenate([record.signal for record in ordered])
    return replace(first, signal=signal, fs=None, times=times)


def _onward(before: Record, after: Record) -> Record | None:
    """A later record without the readings at its begin that an earlier one holds as well, as exports that overlap do; None if it holds all.

    Where the two differ, the record as it is.
    """
    assert before.start is not None and after.start is not None
    if not len(before) or not len(after) or before.channels != after.channels:
        return after
    seconds = after.seconds + (after.start - before.start) / SECOND
    n_both = int((seconds <= before.seconds[-1] + CLOSE).sum())
    place = np.searchsorted(before.seconds, seconds[:n_both] - CLOSE)
    same = np.array_equal(before.signal[place], after.signal[:n_both], equal_nan=True)
    if not n_both or not same or np.abs(before.seconds[place] - seconds[:n_both]).max() > CLOSE:
        return after
    return after.between(float(after.seconds[n_both]), np.inf) if n_both < len(after) else None
