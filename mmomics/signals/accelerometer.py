"""Raw acceleration on three axes: movement beyond gravity, posture, activity classes, wear and the daily rhythm."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals import _rhythm, contract
from mmomics.signals.contract import Feature, Role

_ENMO = "doi:10.1371/journal.pone.0061691"  # van Hees et al. 2013: Euclidean norm minus one g, negative values rounded to 0
_CLASSES = "doi:10.1249/MSS.0000000000000289"  # Hildebrand et al. 2014: thresholds of adults at the wrist
_WEAR = "doi:10.1371/journal.pone.0022922"  # van Hees et al. 2011: not worn where all axes are still
ROLES = {
    "x": Role(("x", "acc x", "accel x", "acceleration x", "axis x", "ax", "acc_x (g)", "accelerometer x"), "g", -32, 32),
    "y": Role(("y", "acc y", "accel y", "acceleration y", "axis y", "ay", "acc_y (g)", "accelerometer y"), "g", -32, 32),
    "z": Role(("z", "acc z", "accel z", "acceleration z", "axis z", "az", "acc_z (g)", "accelerometer z"), "g", -32, 32),
}
EPOCH = 5.0  # s
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
    Feature("m10_onset", "h", "Clock time at which the ten hours begin", _rhythm.WITTING),
    Feature("l5_onset", "h", "Clock time at which the five hours begin", _rhythm.WITTING),
    Feature("relative_amplitude", "", "(m10 - l5) / (m10 + l5) (0..1)", _rhythm.WITTING),
    Feature("interdaily_stability", "", "How alike the days are (0..1)", _rhythm.WITTING),
    Feature("intradaily_variability", "", "How broken up the day is (0 smooth .. 2 noise)", _rhythm.WITTING),
)
BLOCK = 1 << 20  # samples looked at together, so that a week at 100 Hz needs the memory of minutes


@dataclass
class Params(contract.Params):
    """How to look at acceleration.

    Attributes
    ----------
    shortest : float
        Minutes of readings below which nothing is said.
    still_sd, still_range : float
        An hour in which at least two axes vary by less than this (g) was not worn.
    """

    shortest: float = 1.0
    still_sd: float = 0.013
    still_range: float = 0.05


def worn(record: Record, params: Params) -> np.ndarray:
    """Samples at which the device was worn, bool (n_times,): not in hours in which two axes are still (van Hees et al. 2011)."""
    out = np.ones(len(record), dtype=bool)
    hour = round(3600 * record.rate)
    for first in range(0, len(record), hour):
        part = record.signal[first : first + hour, :3]
        whole = part[~np.isnan(part).any(axis=1)]
        if len(part) == hour and len(whole) > 1:
            still = (whole.std(axis=0) < params.still_sd) | (np.ptp(whole, axis=0) < params.still_range)
            out[first : first + hour] = still.sum() < 2
    return out


def features(record: Record, params: Params) -> dict[str, float]:
    """Features of a record whose channels are `x`, `y` and `z`, in g."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    if not {"x", "y", "z"} <= set(record.channels) or not len(record):
        return out
    enmo, angle = _epochs(record.pick(["x", "y", "z"]), worn(record, params))
    seen = ~np.isnan(enmo)
    if seen.sum() * EPOCH < params.shortest * 60:
        return out
    classes = np.bincount(np.digitize(enmo[seen], [44.8, 100.6, 428.8]), minlength=4) / seen.sum()
    out |= dict(zip(("inactive", "light", "moderate", "vigorous"), classes, strict=True))
    out |= {"enmo": enmo[seen].mean(), "angle_sd": np.nanstd(angle[seen])}
    epochs = replace(record, signal=enmo[:, None].astype(np.float32), channels=("enmo",), units=("mg",), fs=1 / EPOCH, times=None)
    values, minute = _rhythm.minutes(epochs, enmo)
    x = values[~np.isnan(values)]
    out |= {"enmo_sd": x.std(ddof=1) if len(x) > 1 else np.nan, "enmo_high": np.quantile(x, 0.95)}
    out |= _rhythm.regularity(values, minute)
    if record.start is not None:
        out |= _rhythm.most_and_least(values, minute)
    return {name: float(value) for name, value in out.items()}


def _epochs(record: Record, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean movement (mg) and angle of the z axis (degrees) of every epoch, float64 (n_epochs,); NaN where nothing was worn."""
    place = (record.seconds / EPOCH + 1e-9).astype(np.int64)
    n = int(place[-1]) + 1
    count, movement, angle = np.zeros(n), np.zeros(n), np.zeros(n)
    for first in range(0, len(record), BLOCK):
        part = slice(first, first + BLOCK)
        x, y, z = record.signal[part].astype(float).T
        at = place[part]
        good = used[part] & ~np.isnan(x + y + z)
        norm = np.sqrt(x**2 + y**2 + z**2)
        tilt = np.degrees(np.arctan2(z, np.hypot(x, y)))
        count += np.bincount(at[good], minlength=n)
        movement += np.bincount(at[good], weights=np.maximum(norm[good] - 1, 0) * 1000, minlength=n)
        angle += np.bincount(at[good], weights=tilt[good], minlength=n)
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, movement / np.maximum(count, 1), np.nan), np.where(count > 0, angle / np.maximum(count, 1), np.nan)
