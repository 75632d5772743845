"""Continuous glucose monitoring: mean, variability, time in ranges, excursions, risk of low and high values, day and night."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals import _rhythm, contract
from mmomics.signals.contract import Feature, Role

_CONSENSUS = "doi:10.2337/dci19-0028"  # Battelino et al. 2019: time in range
_KOVATCHEV = "doi:10.2337/diacare.20.11.1655"  # symmetrised scale of glucose; risk indices doi:10.2337/dc06-1085
ROLES = {
    "glucose": Role(
        ("glucose", "gl", "Historic Glucose mg/dL", "Historic Glucose mmol/L", "Glucose Value (mg/dL)", "Glucose Value (mmol/L)",
         "Sensor Glucose (mg/dL)", "Sensor Glucose (mmol/L)", "Libre GL", "Dexcom GL", "cgm", "sgv", "bg"),
        "mg/dL", 10, 1000,
    )
}  # fmt: skip
SPARSE = True  # a reading every few minutes: a finer grid was interpolated
DAILY = True  # some features look at the time of day
FEATURES = (
    Feature("mean", "mg/dL", "Mean glucose", _CONSENSUS),
    Feature("sd", "mg/dL", "Standard deviation", _CONSENSUS),
    Feature("cv", "", "Coefficient of variation; above 0.36 unstable", _CONSENSUS),
    Feature("gmi", "%", "Glucose management indicator: the HbA1c that the mean stands for", "doi:10.2337/dc18-1581"),
    Feature("below_54", "", "Share of the readings below 54 mg/dL", _CONSENSUS),
    Feature("below_70", "", "Share below 70 mg/dL", _CONSENSUS),
    Feature("in_range", "", "Share within 70-180 mg/dL, both included", _CONSENSUS),
    Feature("above_140", "", "Share above 140 mg/dL", _CONSENSUS),
    Feature("above_180", "", "Share above 180 mg/dL", _CONSENSUS),
    Feature("above_250", "", "Share above 250 mg/dL", _CONSENSUS),
    Feature("mage", "mg/dL", "Mean amplitude of glycaemic excursions: swings of more than one SD, up or down, between turning points",
            "doi:10.2337/diab.19.9.644"),
    Feature("modd", "mg/dL", "Mean absolute difference from the reading 24 h before", "doi:10.1007/BF01218495"),
    Feature("conga_1h", "mg/dL", "SD of the differences from the reading 1 h before", "doi:10.1089/dia.2005.7.253"),
    Feature("j_index", "(mg/dL)^2", "0.001 (mean + SD)^2", "doi:10.1055/s-2007-979906"),
    Feature("lbgi", "", "Low blood glucose index", _KOVATCHEV),
    Feature("hbgi", "", "High blood glucose index", _KOVATCHEV),
    Feature("rate_sd", "mg/dL/min", "SD of the rate of change between neighbouring readings", "doi:10.1089/dia.2008.0138"),
    Feature("day_mean", "mg/dL", "Mean of the readings from 6 to 24 h; missing without a clock", _CONSENSUS),
    Feature("night_mean", "mg/dL", "Mean of the readings from 0 to 6 h; missing without a clock", _CONSENSUS),
    Feature("night_cv", "", "Coefficient of variation from 0 to 6 h; missing without a clock", _CONSENSUS),
)  # fmt: skip


# Limits are whole mg/dL, and their twins in mmol/L are rounded: 10.0 mmol/L is 180.16 mg/dL and still in range
SLACK = 0.6  # mg/dL


@dataclass
class Params(contract.Params):
    """How to look at glucose.

    Attributes
    ----------
    shortest : float
        Hours of readings below which nothing is said.
    night_end : float
        Hour of the day at which the night that begins at midnight ends.
    """

    shortest: float = 12.0
    night_end: float = 6.0


def features(record: Record, params: Params) -> dict[str, float]:
    """Features of a record whose channel is `glucose`, in mg/dL."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    if "glucose" not in record.channels or not len(record):
        return out
    whole = record.signal[:, record.channels.index("glucose")].astype(float)
    seen = np.isfinite(whole)
    x, seconds = whole[seen], record.seconds[seen]
    step = float(np.median(np.diff(seconds))) if len(x) > 1 else np.inf
    if len(x) < 3 or len(x) * min(step, 3600.0) < params.shortest * 3600:
        return out
    mean, sd = x.mean(), x.std(ddof=1)
    out |= {
        "mean": mean,
        "sd": sd,
        "cv": sd / mean if mean > 0 else np.nan,
        "gmi": 3.31 + 0.02392 * mean,
        "j_index": 0.001 * (mean + sd) ** 2,
    }
    out |= {f"below_{limit}": (x < limit).mean() for limit in (54, 70)}
    out |= {f"above_{limit}": (x > limit + SLACK).mean() for limit in (140, 180, 250)}
    out["in_range"] = ((x >= 70) & (x <= 180 + SLACK)).mean()
    risk = 1.509 * (np.log(np.maximum(x, 1.0)) ** 1.084 - 5.381)  # 0 at 112.5 mg/dL
    out |= {"lbgi": (10 * np.minimum(risk, 0) ** 2).mean(), "hbgi": (10 * np.maximum(risk, 0) ** 2).mean()}
    out["mage"] = _mage(x, sd)
    out["modd"] = _mean(np.abs(_lagged(x, seconds, 86400.0, step)))
    hour = _lagged(x, seconds, 3600.0, step)
    out["conga_1h"] = hour.std(ddof=1) if len(hour) > 2 else np.nan
    near = np.diff(seconds) < 1.5 * step
    rates = np.diff(x)[near] / np.diff(seconds)[near] * 60
    out["rate_sd"] = rates.std(ddof=1) if len(rates) > 2 else np.nan
    if record.start is not None:
        at_night = _rhythm.of_day(record.clock)[seen] < params.night_end * 60
        night = x[at_night]
        out |= {"day_mean": _mean(x[~at_night]), "night_mean": _mean(night)}
        out["night_cv"] = night.std(ddof=1) / night.mean() if len(night) > 2 and night.mean() > 0 else np.nan
    return {name: float(value) for name, value in out.items()}


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def _lagged(x: np.ndarray, seconds: np.ndarray, lag: float, step: float) -> np.ndarray:
    """Differences from the reading nearest to a lag before, where there is one within half a step."""
    target = seconds - lag
    after = np.clip(np.searchsorted(seconds, target), 1, len(seconds) - 1)
    before = np.where(target - seconds[after - 1] <= seconds[after] - target, after - 1, after)
    found = np.abs(seconds[before] - target) <= min(step, lag) / 2 + 1e-6
    return x[found] - x[before[found]]


def _mage(x: np.ndarray, sd: float) -> float:
    """Mean height of the swings between turning points, where only swings of more than one SD make a turning point.

    The last swing counts as far as it was recorded; a gap is taken for a straight line.
    """
    if not sd > 0:
        return np.nan
    turns: list[float] = []
    rising = None  # not known before the first swing
    low = high = float(x[0])
    for value in x.tolist():
        if value > high:
            high = value
        elif value < low:
            low = value
        if rising is not False and high - value > sd:  # a peak is behind
            turns.append(high)
            rising, low = False, value
        elif rising is not True and value - low > sd:
            turns.append(low)
            rising, high = True, value
    if rising is None:
        return np.nan
    turns.append(high if rising else low)
    return float(np.abs(np.diff(turns)).mean())
