"""Heart rate as a wearable gives it, one reading a minute or so: level, rest, night, and the daily rhythm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals import _rhythm, contract
from mmomics.signals.contract import Feature, Role

_REST = "doi:10.1371/journal.pone.0227709"  # Quer et al. 2020: resting heart rate of wearables
ROLES = {"heart_rate": Role(("HR", "heart rate", "heart_rate", "Heart Rate (bpm)", "pulse", "bpm"), "bpm", 25, 250)}
DAILY = True  # some features look at the time of day
FEATURES = (
    Feature("mean", "bpm", "Mean"),
    Feature("sd", "bpm", "Standard deviation"),
    Feature("low", "bpm", "1 % quantile"),
    Feature("high", "bpm", "99 % quantile"),
    Feature("resting", "bpm", "5 % quantile of means over half an hour; missing where fewer than 60 have 20 minutes of readings", _REST),
    Feature("day_mean", "bpm", "Mean from 6 to 24 h; missing without a clock"),
    Feature("night_mean", "bpm", "Mean from 0 to 6 h; missing without a clock"),
    Feature("night_dip", "", "1 - night mean / day mean", "doi:10.1001/archinte.167.19.2116"),
    Feature("mesor", "bpm", "Mean of the fitted daily cosine", _rhythm.CORNELISSEN),
    Feature("amplitude", "bpm", "Half of its rise", _rhythm.CORNELISSEN),
    Feature("acrophase", "h", "Clock time of its peak (0..24); missing without a clock", _rhythm.CORNELISSEN),
    Feature("rhythm_r2", "", "Share of the variance that it explains (0..1)", _rhythm.CORNELISSEN),
    Feature("rmssd_minutes", "bpm", "Root mean square of the steps between neighbouring minutes, or readings if they come more rarely"),
)


@dataclass
class Params(contract.Params):
    """How to look at heart rate.

    Attributes
    ----------
    shortest : float
        Hours of readings below which nothing is said.
    night_end : float
        Hour of the day at which the night that begins at midnight ends.
    """

    shortest: float = 2.0
    night_end: float = 6.0


def features(record: Record, params: Params) -> dict[str, float]:
    """Features of a record whose channel is `heart_rate`, in beats per minute."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    if "heart_rate" not in record.channels:
        return out
    values, minute = _rhythm.minutes(record, record.signal[:, record.channels.index("heart_rate")])
    x = values[~np.isnan(values)]
    if len(x) < max(3, params.shortest * 60):
        return out
    out |= {"mean": x.mean(), "sd": x.std(ddof=1), "low": np.quantile(x, 0.01), "high": np.quantile(x, 0.99)}
    halves = _rhythm.windowed(values, 30, least=20)
    if len(halves) >= 60:  # a few half hours between gaps say how the heart was then, not how it rests
        out["resting"] = np.quantile(halves, 0.05)
    lag = _rhythm.cadence(record)
    steps = values[lag:] - values[:-lag]
    steps = steps[~np.isnan(steps)]
    out["rmssd_minutes"] = np.sqrt((steps**2).mean()) if len(steps) else np.nan
    out |= _rhythm.day_and_night(record, values, minute, params.night_end)
    out["night_dip"] = 1 - out["night_mean"] / out["day_mean"] if out["day_mean"] > 0 else np.nan
    rhythm = _rhythm.daily(record, values, minute)
    out |= {name: rhythm[name] for name in ("mesor", "amplitude", "acrophase", "rhythm_r2")}
    return {name: float(value) for name, value in out.items()}
