"""Raw acceleration on three axes: movement beyond gravity, posture, activity classes, wear and the daily rhythm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmomics.config.modality import Device
from mmomics.devices.record import Record
from mmomics.signals import _gravity, _nights, _rhythm, _turns, contract
from mmomics.signals.contract import Feature, Role

_ENMO = "doi:10.1371/journal.pone.0061691"  # van Hees et al. 2013: Euclidean norm minus one g, negative values are 0
_CLASSES = "doi:10.1249/MSS.0000000000000289"  # Hildebrand et al. 2014: thresholds of adults at the wrist
ROLES = {
    "x": Role(("x", "acc x", "accel x", "acceleration x", "axis x", "ax", "acc_x (g)", "accelerometer x"), "g", -32, 32),
    "y": Role(("y", "acc y", "accel y", "acceleration y", "axis y", "ay", "acc_y (g)", "accelerometer y"), "g", -32, 32),
    "z": Role(("z", "acc z", "accel z", "acceleration z", "axis z", "az", "acc_z (g)", "accelerometer z"), "g", -32, 32),
}
EPOCH = 5.0  # s
DAILY = True  # some features look at the time of day
FEATURES = (
    Feature("enmo", "mg", "Mean acceleration beyond gravity", _ENMO),
    Feature("enmo_sd", "mg", "Standard deviation of minutes", _ENMO),
    Feature("enmo_high", "mg", "95 % quantile of minutes", _ENMO),
    Feature("inactive", "", "Share of the epochs below 44.8 mg (0..1)", "doi:10.1111/sms.12795"),
    Feature("light", "", "Share from 44.8 to below 100.6 mg", _CLASSES),
    Feature("moderate", "", "Share from 100.6 to below 428.8 mg", _CLASSES),
    Feature("vigorous", "", "Share from 428.8 mg on", _CLASSES),
    Feature("angle_sd", "deg", "Standard deviation of the angle of the z axis to the horizontal", "doi:10.1371/journal.pone.0142533"),
    Feature("m10", "mg", "Mean of the ten most active hours of the average day", _rhythm.WITTING),
    Feature("l5", "mg", "Mean of its five least active hours", _rhythm.WITTING),
    Feature("m10_onset", "h", "Clock time at which the ten hours begin (0..24); missing without a clock", _rhythm.WITTING),
    Feature("l5_onset", "h", "When the five hours begin, from midnight (-12..12); missing without a clock", _rhythm.WITTING),
    Feature("relative_amplitude", "", "(m10 - l5) / (m10 + l5) (0..1)", _rhythm.WITTING),
    Feature("interdaily_stability", "", "How alike the days are (0..1)", _rhythm.WITTING),
    Feature("intradaily_variability", "", "How broken up the day is (0 smooth .. 2 noise)", _rhythm.WITTING),
    *_nights.features(_nights.HEES, _turns.ASLEEP),
)
BLOCK = 1 << 18  # samples looked at together, so that a week at 100 Hz needs the memory of minutes
QUARTER = 900.0  # s
AXES = ("x", "y", "z")


@dataclass
class Params(contract.Params):
    """How to look at acceleration.

    Attributes
    ----------
    shortest : float
        Minutes of readings below which nothing is said.
    still_sd, still_range : float
        An hour in which at least two axes vary by less than this (g) was not worn; 0 = always worn.
    night_known : float
        Hours from noon to noon that must have been recorded and worn for the sleep of that night to count.
    calibrate : bool
        Whether the axes are calibrated by gravity at rest, where a record shows it on all sides.
    """

    shortest: float = 1.0
    still_sd: float = 0.013
    still_range: float = 0.05
    night_known: float = 16.0
    calibrate: bool = True


def settled(record: Record, said: Mapping[str, str], device: Device, params: Params) -> Record:
    """The record with its axes calibrated by gravity; see `_gravity.settled`."""
    return _gravity.settled(record, said, bool(set(AXES) & set(device.units)), params.calibrate)


def worn(record: Record, params: Params) -> np.ndarray:
    """Samples at which the device was worn, bool (n_times,).

    A quarter of an hour was not worn if it is part of an hour in which the standard deviation of at least two axes, or the range of at
    least two axes, stays below the limits (van Hees et al. 2013, doi:10.1371/journal.pone.0061691). Less than an hour is taken as worn,
    and so is what comes more rarely than once an epoch.
    """
    length = max(round(QUARTER * record.rate), 1)
    firsts = range(0, len(record), length)
    if not set(AXES) <= set(record.channels) or len(firsts) < 4 or record.rate * EPOCH < 1:
        return np.ones(len(record), dtype=bool)
    columns = [record.channels.index(axis) for axis in AXES]
    n, total, squares = (np.zeros((len(firsts), 3)) for _ in range(3))
    low, high = np.full((len(firsts), 3), np.inf), np.full((len(firsts), 3), -np.inf)
    for quarter, first in enumerate(firsts):
        part = record.signal[first : first + length, columns].astype(np.float64)
        seen = np.isfinite(part)
        part[:, 2] -= 1  # sums of squares are exact only near 0
        known = np.where(seen, part, 0.0)
        n[quarter], total[quarter], squares[quarter] = seen.sum(axis=0), known.sum(axis=0), (known**2).sum(axis=0)
        low[quarter], high[quarter] = np.where(seen, part, np.inf).min(axis=0), np.where(seen, part, -np.inf).max(axis=0)
    hours = np.lib.stride_tricks.sliding_window_view
    count = np.maximum(hours(n, 4, axis=0).sum(axis=-1), 1)
    mean = hours(total, 4, axis=0).sum(axis=-1) / count
    sd = np.sqrt(np.maximum(hours(squares, 4, axis=0).sum(axis=-1) / count - mean**2, 0))
    spread = hours(high, 4, axis=0).max(axis=-1) - hours(low, 4, axis=0).min(axis=-1)
    still = ((sd < params.still_sd).sum(axis=-1) >= 2) | ((spread < params.still_range).sum(axis=-1) >= 2)
    off = np.zeros(len(firsts), dtype=bool)
    for shift in range(4):
        off[shift : shift + len(still)] |= still
    return ~np.repeat(off, length)[: len(record)]


def features(record: Record, params: Params) -> dict[str, float]:
    """Features of a record whose channels are `x`, `y` and `z`, in g."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    if not set(AXES) <= set(record.channels) or not len(record):
        return out
    at, enmo, angle = _epochs(record, worn(record, params))
    if len(at) < max(1.0, params.shortest * 60 / EPOCH):
        return out
    classes = np.bincount(np.digitize(enmo, [44.8, 100.6, 428.8]), minlength=4) / len(enmo)
    out |= dict(zip(("inactive", "light", "moderate", "vigorous"), classes, strict=True))
    out |= {"enmo": enmo.mean(), "angle_sd": angle.std(ddof=1) if len(angle) > 1 else np.nan}
    epochs = Record(enmo[:, None].astype(np.float32), ("enmo",), ("mg",), None, at * EPOCH, record.start)
    values, minute = _rhythm.minutes(epochs, enmo)
    x = values[~np.isnan(values)]
    out |= {"enmo_sd": x.std(ddof=1) if len(x) > 1 else np.nan, "enmo_high": np.quantile(x, 0.95)}
    out |= _rhythm.regularity(values, minute)
    rhythm = _rhythm.daily(record, values, minute)
    out |= {name: rhythm[name] for name in ("m10", "l5", "m10_onset", "l5_onset", "relative_amplitude")}
    if record.start is not None and (~np.isnan(values)).sum() >= params.night_known * 60:
        out |= _turns.nights(epochs, at, angle, params.night_known)
    return {name: float(value) for name, value in out.items()}


def _epochs(record: Record, used: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Epochs in which the device was worn.

    Returns
    -------
    place : array, int64 (n_epochs,)
        Epochs since the start of the record.
    movement, angle : array, float64 (n_epochs,)
        Mean acceleration beyond gravity (mg), and of the angle of the z axis to the horizontal (degrees).
    """
    columns = [record.channels.index(axis) for axis in AXES]
    found: list[np.ndarray] = [np.empty((0, 4))]
    for first in range(0, len(record), BLOCK):
        part = slice(first, min(first + BLOCK, len(record)))
        x, y, z = record.signal[part][:, columns].astype(np.float64).T
        good = used[part] & np.isfinite(x) & np.isfinite(y) & np.isfinite(z)
        if not good.any():
            continue
        x, y, z = x[good], y[good], z[good]
        seconds = record.times[part] if record.times is not None else np.arange(part.start, part.stop) / record.rate
        place, index = np.unique((seconds[good] / EPOCH + 1e-9) // 1, return_inverse=True)
        movement = np.maximum(np.sqrt(x**2 + y**2 + z**2) - 1, 0) * 1000
        angle = np.degrees(np.arctan2(z, np.hypot(x, y)))
        sums = [np.bincount(index, weights=of, minlength=len(place)) for of in (np.ones(len(x)), movement, angle)]
        found.append(np.column_stack([place, *sums]))
    rows = np.concatenate(found)
    place, index = np.unique(rows[:, 0], return_inverse=True)  # an epoch may begin in one block and end in the next
    count, movement, angle = (np.bincount(index, weights=rows[:, column], minlength=len(place)) for column in (1, 2, 3))
    return place.astype(np.int64), movement / count, angle / count
