"""A kind of signal as one device has it, and what is told of one stretch of a record: its status and its features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mmomics.cohort.records import FURTHER, STATUS
from mmomics.cohort.stretch import Stretch
from mmomics.config.modality import Device, Windows
from mmomics.devices import _cadence
from mmomics.devices.record import SECOND, Record
from mmomics.signals import _coverage, contract

OK, SHORT, FAILED = "ok", "too little coverage", "nothing to tell"


@dataclass(frozen=True)
class Signal:
    """A kind of signal as a device has it: its features, settings and channels."""

    kind: Any
    params: Any
    features: tuple[contract.Feature, ...]
    roles: dict[str, contract.Role]
    windowed: list[str]  # the channels of windows: those that the user names, or else all that are needed
    epoch: float

    @classmethod
    def of(cls, device: Device, where: str) -> Signal:
        roles = contract.roles_of(device, where)
        windowed = [role for role in roles if role in device.channels] or [role for role, about in roles.items() if about.needed]
        kind, params, features = contract.load(device, where), contract.params(device, where), contract.features_of(device, where)
        return cls(kind, params, features, roles, windowed, contract.epoch(device, where))

    @property
    def daily(self) -> bool:
        """Whether any feature looks at the time of day."""
        return bool(getattr(self.kind, "DAILY", False))

    @property
    def var(self) -> pd.DataFrame:
        columns = ("unit", "meaning", "reference")
        return pd.DataFrame({key: [getattr(each, key) for each in self.features] for key in columns}, [each.name for each in self.features])

    def told(self, stretch: Stretch, min_coverage: float) -> tuple[dict[str, Any], np.ndarray]:
        """What is said of one stretch: `STATUS`, and its features (n_features,), all NaN unless the status is ok."""
        nothing = np.full(len(self.features), np.nan, dtype=np.float32)
        record = stretch.record
        if record is None:
            return dict(zip(STATUS, ("", "", "", 0.0, 0.0, stretch.why), strict=True)), nothing
        if not self.roles and stretch.window is None:  # the kind looks at annotations, of the whole record
            stretch = replace(stretch, span=stretch.span - self.kind.between(record))
        even = self.kind.even(record) if hasattr(self.kind, "even") else record
        worn = self.kind.worn(even, self.params) if hasattr(self.kind, "worn") else None
        if self.roles:
            covered = _coverage.coverage(even, worn, stretch.span, self.epoch)
        else:
            covered = min(self.kind.recorded(record, self.params) / stretch.span, 1.0) if stretch.span > 0 else 0.0
        clock = (written(record.start), written(record.start and record.start + record.duration * SECOND))
        about = dict(zip(STATUS, (stretch.source, *clock, round(stretch.span * covered / 60, 3), round(covered, 4), OK), strict=True))
        if covered < min_coverage or not covered:
            return {**about, "status": SHORT}, nothing
        made = self.kind.features(record, self.params)
        values = np.array([made[each.name] for each in self.features], dtype=np.float32)
        values[np.isinf(values)] = np.nan
        return ({**about, "status": FAILED}, nothing) if np.isnan(values).all() else (about, values)

    def interpolated(self, records: list[Record]) -> list[float]:
        """How often the device has read (s), of the records that were interpolated to a finer grid."""
        if not getattr(self.kind, "SPARSE", False):
            return []
        found = [_cadence.interpolated(record.seconds, record.signal[:, 0]) for record in records]
        return [step for step in found if step is not None]

    def window(self, record: Record, windows: Windows) -> np.ndarray:
        """Windows of the signal, float32 (n_channels, n_times); a channel that a record lacks is all NaN."""
        from mmomics.signals import _windows

        there = [role for role in self.windowed if role in record.channels]
        found = _windows.cut(record.pick(there), windows)
        out = np.full((len(self.windowed), found.shape[1]), np.nan, dtype=np.float32)
        out[[self.windowed.index(role) for role in there]] = found
        return out


def asked(stretch: Stretch, time: pd.Timestamp | None, shift: float) -> dict[str, Any]:
    """`FURTHER` of one stretch."""
    low, high = stretch.window or (None, None)
    about = FURTHER | {"taken": written(time), "window_start": written(low), "window_stop": written(high), "clock_shift": shift}
    if stretch.record is not None:
        about["clock_shift"] = 0.0 if stretch.record.start is None else shift  # without a clock nothing was taken off
        before, left = stretch.record.gravity
        about |= {"impossible": round(stretch.record.impossible, 6), "gravity_error": round(before, 2), "gravity_left": round(left, 2)}
    return about


def written(time: pd.Timestamp | None) -> str:
    """A time to the millisecond, with its zone; "" for none."""
    if time is None or pd.isna(time):
        return ""
    if time.tzinfo is None:
        return time.round("ms").isoformat()
    return time.tz_convert("UTC").round("ms").tz_convert(time.tzinfo).isoformat()  # an hour that comes twice cannot be rounded
