"""Activity counts of a wrist or hip monitor: level, most and least active hours, regularity of the days, sleep and wear."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals import _rhythm, contract
from mmomics.signals._stretches import long_runs, runs
from mmomics.signals.contract import Feature, Role

_COLE = "doi:10.1093/sleep/15.5.461"  # Cole et al. 1992: asleep or awake from counts per minute
_CHOI = "doi:10.1249/MSS.0b013e3181ed61a3"  # Choi et al. 2011: not worn
ROLES = {"activity": Role(("activity", "counts", "axis1", "vm", "vector magnitude", "pim", "steps"), "", 0, np.inf)}
FEATURES = (
    Feature("mean", "counts/min", "Mean"),
    Feature("sd", "counts/min", "Standard deviation of minutes"),
    Feature("high", "counts/min", "95 % quantile"),
    Feature("active", "", "Share of the minutes with any count (0..1)"),
    Feature("m10", "counts/min", "Mean of the ten most active hours of the average day", _rhythm.WITTING),
    Feature("l5", "counts/min", "Mean of its five least active hours", _rhythm.WITTING),
    Feature("m10_onset", "h", "Clock time at which the ten hours begin", _rhythm.WITTING),
    Feature("l5_onset", "h", "Clock time at which the five hours begin", _rhythm.WITTING),
    Feature("relative_amplitude", "", "(m10 - l5) / (m10 + l5) (0..1)", _rhythm.WITTING),
    Feature("interdaily_stability", "", "How alike the days are (0..1)", _rhythm.WITTING),
    Feature("intradaily_variability", "", "How broken up the day is (0 smooth .. 2 noise)", _rhythm.WITTING),
    Feature("mesor", "counts/min", "Mean of the fitted daily cosine", _rhythm.CORNELISSEN),
    Feature("amplitude", "counts/min", "Half of its rise", _rhythm.CORNELISSEN),
    Feature("acrophase", "h", "Clock time of its peak", _rhythm.CORNELISSEN),
    Feature("rhythm_r2", "", "Share of the variance that it explains (0..1)", _rhythm.CORNELISSEN),
    Feature("sleep_hours", "h/d", "Time scored as asleep per recorded day", _COLE),
    Feature("night_sleep", "", "Share of 0 to 6 h scored as asleep (0..1); missing without a clock", _COLE),
    Feature("sleep_bouts", "1/d", "Stretches of sleep of at least ten minutes per recorded day", _COLE),
)
# weights of the four minutes before, the minute itself and the two after it; below 1 is asleep
COLE = 0.001 * np.array([106, 54, 58, 76, 230, 74, 67])
BOUT = 10  # minutes


@dataclass
class Params(contract.Params):
    """How to look at activity.

    Attributes
    ----------
    shortest : float
        Hours of readings below which nothing is said.
    not_worn : float
        Minutes without any count, but for spikes, from which the monitor was not worn; Choi et al. use 90. 0 = always worn.
    spike : float
        Minutes of counts within such a stretch that do not end it, if half an hour on both sides is still.
    scale : float
        Counts are divided by this before sleep is scored: thresholds are of the wrist monitors of Cole et al., others count finer.
    night_end : float
        Hour of the day at which the night that begins at midnight ends.
    """

    shortest: float = 6.0
    not_worn: float = 90.0
    spike: float = 2.0
    scale: float = 1.0
    night_end: float = 6.0


def worn(record: Record, params: Params) -> np.ndarray:
    """Samples at which the monitor was worn, bool (n_times,): not in long stretches without counts (Choi et al. 2011)."""
    if not params.not_worn or "activity" not in record.channels or not len(record):
        return np.ones(len(record), dtype=bool)
    values = record.signal[:, record.channels.index("activity")]
    per_minute = max(record.rate * _rhythm.MINUTE, 1e-9)
    still = (values == 0) | np.isnan(values)
    quiet = long_runs(still, max(1, round(30 * per_minute)))
    bridged = still.copy()
    for first, last in runs(~still):
        short = last - first <= params.spike * per_minute
        if short and first and last < len(still) and quiet[first - 1] and quiet[last]:
            bridged[first:last] = True
    return ~long_runs(bridged, max(1, round(params.not_worn * per_minute)))


def features(record: Record, params: Params) -> dict[str, float]:
    """Features of a record whose channel is `activity`, in counts."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    if "activity" not in record.channels or not len(record):
        return out
    values = record.signal[:, record.channels.index("activity")].astype(float)
    values = np.where(worn(record, params), values, np.nan)
    # counts of shorter or longer epochs as counts per minute
    values, minute = _rhythm.minutes(replace(record), values * record.rate * _rhythm.MINUTE)
    x = values[~np.isnan(values)]
    if len(x) < max(3, params.shortest * 60):
        return out
    out |= {"mean": x.mean(), "sd": x.std(ddof=1), "high": np.quantile(x, 0.95), "active": (x > 0).mean()}
    out |= _rhythm.regularity(values, minute)
    asleep = _asleep(values / params.scale)
    known = ~np.isnan(values)
    days = known.sum() / _rhythm.MINUTES
    out["sleep_hours"] = asleep.sum() / 60 / days
    found = runs(asleep)
    out["sleep_bouts"] = ((found[:, 1] - found[:, 0]) >= BOUT).sum() / days
    if record.start is not None:
        out |= _rhythm.most_and_least(values, minute) | _rhythm.cosinor(values, minute)
        night = known & (minute < params.night_end * 60)
        out["night_sleep"] = asleep[night].mean() if night.any() else np.nan
    return {name: float(value) for name, value in out.items()}


def _asleep(values: np.ndarray) -> np.ndarray:
    """Minutes scored as asleep (Cole et al. 1992, one-minute epochs): bool (n_minutes,); a gap is not asleep."""
    padded = np.pad(np.nan_to_num(values), (4, 2), mode="edge")
    index = np.lib.stride_tricks.sliding_window_view(padded, len(COLE)) @ COLE
    return (index < 1) & ~np.isnan(values)
