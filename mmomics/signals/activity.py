"""Activity counts of a wrist or hip monitor, or steps: level, most and least active hours, regularity of the days, sleep and wear.

Steps (a column that is called so, or `units: {activity: steps}`) say nothing about sleep and wear: who sits takes none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals import _nights, _rhythm, contract
from mmomics.signals._epochs import even
from mmomics.signals._stretches import long_runs, runs
from mmomics.signals.contract import Feature, Role

_COLE = "doi:10.1093/sleep/15.5.461"  # Cole et al. 1992: asleep or awake from counts per minute
ROLES = {
    "activity": Role(("activity", "counts", "axis1", "vm", "vector magnitude", "pim", "steps", "step total", "total steps"), "", 0),
    "axis2": Role(("axis2",), "", 0, needed=False),
    "axis3": Role(("axis3",), "", 0, needed=False),
}
DAILY = True  # some features look at the time of day
FEATURES = (
    Feature("mean", "counts/min", "Mean; of steps, steps per minute, as below"),
    Feature("sd", "counts/min", "Standard deviation of minutes"),
    Feature("high", "counts/min", "95 % quantile"),
    Feature("active", "", "Share of the minutes with any count (0..1)"),
    Feature("m10", "counts/min", "Mean of the ten most active hours of the average day", _rhythm.WITTING),
    Feature("l5", "counts/min", "Mean of its five least active hours", _rhythm.WITTING),
    Feature("m10_onset", "h", "Clock time at which the ten hours begin (0..24); missing without a clock", _rhythm.WITTING),
    Feature("l5_onset", "h", "When the five hours begin, from midnight (-12..12); missing without a clock", _rhythm.WITTING),
    Feature("relative_amplitude", "", "(m10 - l5) / (m10 + l5) (0..1)", _rhythm.WITTING),
    Feature("interdaily_stability", "", "How alike the days are (0..1)", _rhythm.WITTING),
    Feature("intradaily_variability", "", "How broken up the day is (0 smooth .. 2 noise)", _rhythm.WITTING),
    Feature("mesor", "counts/min", "Mean of the fitted daily cosine", _rhythm.CORNELISSEN),
    Feature("amplitude", "counts/min", "Half of its rise", _rhythm.CORNELISSEN),
    Feature("acrophase", "h", "Clock time of its peak (0..24); missing without a clock", _rhythm.CORNELISSEN),
    Feature("rhythm_r2", "", "Share of the variance that it explains (0..1)", _rhythm.CORNELISSEN),
    Feature("sleep_hours", "h/d", "Time scored as asleep per recorded day", _COLE),
    Feature("night_sleep", "", "Share of 0 to 6 h scored as asleep (0..1); missing without a clock", _COLE),
    Feature("sleep_bouts", "1/d", "Stretches of sleep of at least ten minutes per recorded day", _COLE),
    *_nights.features(_nights.ROENNEBERG, _COLE),
)
# weights of the four minutes before, the minute itself and the two after it; below 1 is asleep
COLE = 0.001 * np.array([106, 54, 58, 76, 230, 74, 67])
MOST = 300  # counts of a minute beyond this are as awake as this: some monitors have no limit of their own
# Counts of a monitor for one of Cole et al., by the end of its files: of ActiGraph as ActiLife takes them; of the Actiwatch so that steady
# movement is awake from where it is by Oakley's medium threshold (40, weights that sum to 1.48; doi:10.1016/S1389-9457(00)00098-8)
COUNTS = {".agd": 100.0, ".awd": round(40 / 1.48 * COLE.sum(), 1)}
BOUT = 10  # minutes
QUIET = 30  # minutes without counts on both sides of a spike


@dataclass
class Params(contract.Params):
    """How to look at activity.

    Attributes
    ----------
    shortest : float
        Hours of readings below which nothing is said.
    vector_magnitude : bool
        Whether the root of the sum of squares of `activity`, `axis2` and `axis3` is looked at where a monitor has all three.
    not_worn : float
        Minutes without any count, but for spikes, from which the monitor was not worn; 0 = always worn. Choi et al. found 90 by day at
        the hip; wrists can be still for longer in sleep, so two hours are the default here as in pyActigraphy
        (doi:10.1371/journal.pcbi.1009514).
    spike : float
        Minutes of counts within such a stretch that do not end it, if half an hour on both sides is still.
    scale : float
        Counts are divided by this before sleep is scored, as thresholds are of the wrist monitors of Cole et al.; 0 = 100 for those of
        ActiGraph (.agd, and tables of ActiLife, told by their columns Axis1 to Axis3) and 18 for those of Actiwatch (.awd), whose counts
        are so much finer, else 1. A table with `Axis1` alone needs 100 said.
    night_end : float
        Hour of the day at which the night that begins at midnight ends.
    night_known : float
        Hours from noon to noon that must have been recorded and worn for the sleep of that night to count.
    """

    shortest: float = 6.0
    vector_magnitude: bool = False
    not_worn: float = 120.0
    spike: float = 2.0
    scale: float = 0.0
    night_end: float = 6.0
    night_known: float = 16.0


def worn(record: Record, params: Params) -> np.ndarray:
    """Samples at which the monitor was worn, bool (n_times,): not in long stretches without counts, whether rows are empty or missing.

    After Choi et al. 2011 (doi:10.1249/MSS.0b013e3181ed61a3). What comes more rarely than every five minutes cannot be told, and is
    taken as worn, as steps are.
    """
    values = _counts(record, params)
    per_minute = record.rate * _rhythm.MINUTE
    if not params.not_worn or _steps(record) or per_minute < 0.2 - 1e-9 or not len(record):
        return np.ones(len(record), dtype=bool)
    # on steady steps; longer gaps than any that are asked for need no more room
    enough = int(np.ceil((max(params.not_worn, QUIET) + params.spike) * per_minute)) + 1
    place = np.append(0, np.cumsum(np.clip(np.rint(np.diff(record.seconds) * record.rate), 1, enough))).astype(np.int64)
    still = np.ones(place[-1] + 1, dtype=bool)
    still[place] = ~(values > 0)
    quiet = long_runs(still, max(1, round(QUIET * per_minute)))
    bursts = runs(~still)
    bursts = bursts[(bursts[:, 0] > 0) & (bursts[:, 1] < len(still))]
    short = bursts[:, 1] - bursts[:, 0] <= params.spike * per_minute
    for first, last in bursts[short & quiet[bursts[:, 0] - 1] & quiet[np.minimum(bursts[:, 1], len(still) - 1)]]:
        still[first:last] = True
    return ~long_runs(still, max(1, round(params.not_worn * per_minute)))[place]


def features(record: Record, params: Params) -> dict[str, float]:
    """Features of a record whose channel is `activity`, in counts or steps per epoch, be epochs of one length or of many."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    record = even(record)
    # counts of shorter or longer epochs as counts per minute
    counts = np.where(worn(record, params), _counts(record, params), np.nan) * record.rate * _rhythm.MINUTE
    values, minute = _rhythm.minutes(record, counts)
    known = ~np.isnan(values)
    x = values[known]
    if len(x) < max(3, params.shortest * 60):
        return out
    out |= {"mean": x.mean(), "sd": x.std(ddof=1), "high": np.quantile(x, 0.95), "active": (x > 0).mean()}
    out |= _rhythm.regularity(values, minute) | _rhythm.daily(record, values, minute)
    if not _steps(record):
        asleep = _asleep(values / (params.scale or _scale(record)))
        days = len(x) / _rhythm.MINUTES
        bouts = runs(asleep)
        out |= {"sleep_hours": asleep.sum() / 60 / days, "sleep_bouts": (bouts[:, 1] - bouts[:, 0] >= BOUT).sum() / days}
        night = known & (minute < params.night_end * 60)
        if record.start is not None and night.any():
            out["night_sleep"] = asleep[night].mean()
        if record.start is not None:
            out |= _nights.told(_nights.quiet(values), asleep, known, minute, params.night_known)
    return {name: float(value) for name, value in out.items()}


def _counts(record: Record, params: Params) -> np.ndarray:
    """Counts of every epoch, float64 (n_times,); all NaN without the channel."""
    axes = ("activity", "axis2", "axis3") if params.vector_magnitude else ("activity",)
    if "activity" not in record.channels:
        return np.full(len(record), np.nan)
    there = [record.channels.index(axis) for axis in axes if axis in record.channels]
    if len(there) < len(axes):
        there = there[:1]
    if len(there) == 1:
        return record.signal[:, there[0]].astype(np.float64)
    return np.sqrt((record.signal[:, there].astype(np.float64) ** 2).sum(axis=1))


def _steps(record: Record) -> bool:
    return "activity" in record.channels and record.units[record.channels.index("activity")].lower().startswith("step")


def _scale(record: Record) -> float:
    """How many counts of the monitor are one of those of Cole et al."""
    return COUNTS.get(".agd" if "axis2" in record.channels else record.source.lower()[-4:], 1.0)


def _asleep(values: np.ndarray) -> np.ndarray:
    """Minutes scored as asleep (Cole et al. 1992, one-minute epochs): bool (n_minutes,); a gap is not asleep."""
    padded = np.pad(np.minimum(np.nan_to_num(values), MOST), (4, 2), mode="edge")
    index = np.correlate(padded, COLE, mode="valid")
    return (index < 1) & ~np.isnan(values)
