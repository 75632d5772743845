"""Energy spent, as metabolic equivalents (METs) per minute: level, activity classes and the daily rhythm.

Kilocalories are left to `series`: they say how heavy somebody is as much as what he does. Levels of intensity (0 to 3), which some
wristbands write beside or instead of METs, are no METs: a record of them tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.devices.record import Record
from mmomics.errors import UserError
from mmomics.signals import _rhythm, contract
from mmomics.signals.contract import Feature, Role

_COMPENDIUM = "doi:10.1249/MSS.0b013e31821ece12"  # Ainsworth et al. 2011: classes of activity by METs
_SEDENTARY = "doi:10.1186/s12966-017-0525-8"  # Tremblay et al. 2017
ROLES = {"mets": Role(("METs", "MET", "metabolic equivalents"), "", 0, 300)}
DAILY = True  # some features look at the time of day
FEATURES = (
    Feature("mean", "MET", "Mean"),
    Feature("sd", "MET", "Standard deviation of minutes"),
    Feature("high", "MET", "99 % quantile"),
    Feature("sedentary", "", "Share of the minutes at 1.5 METs or less", _SEDENTARY),
    Feature("light", "", "Share above 1.5 and below 3 METs", _COMPENDIUM),
    Feature("moderate", "", "Share from 3 to below 6 METs", _COMPENDIUM),
    Feature("vigorous", "", "Share from 6 METs on", _COMPENDIUM),
    Feature("mvpa_minutes", "min/d", "Minutes of 3 METs and more per recorded day", _COMPENDIUM),
    Feature("day_mean", "MET", "Mean from 6 to 24 h; missing without a clock"),
    Feature("night_mean", "MET", "Mean from 0 to 6 h; missing without a clock"),
    Feature("mesor", "MET", "Mean of the fitted daily cosine", _rhythm.CORNELISSEN),
    Feature("amplitude", "MET", "Half of its rise", _rhythm.CORNELISSEN),
    Feature("acrophase", "h", "Clock time of its peak (0..24); missing without a clock", _rhythm.CORNELISSEN),
    Feature("rhythm_r2", "", "Share of the variance that it explains (0..1)", _rhythm.CORNELISSEN),
)

LEAST = 0.5  # MET: deep sleep takes 0.9, so a record that is lower for half of its time is of something else
MOST = 20.0  # MET: what the best runners of a marathon spend for little more than two hours
ALL_DAY = 6.0  # MET: over half a day and more, half of the minutes are never so high, not even in cycling tours of weeks
HALF_A_DAY = 720  # minutes


@dataclass
class Params(contract.Params):
    """How to look at energy.

    Attributes
    ----------
    scale : float
        What is written for 1 MET: 10 in exports of Fitbit.
    shortest : float
        Hours of readings below which nothing is said.
    night_end : float
        Hour of the day at which the night that begins at midnight ends.
    """

    scale: float = 1.0
    shortest: float = 2.0
    night_end: float = 6.0


def features(record: Record, params: Params) -> dict[str, float]:
    """Features of a record whose channel is `mets`.

    Raises
    ------
    UserError
        If half of the readings are more than anybody can spend, or `scale` is not positive.
    """
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    if "mets" not in record.channels:
        return out
    values, minute = _rhythm.minutes(record, record.signal[:, record.channels.index("mets")])
    x = values[~np.isnan(values)]
    if len(x) < max(3, params.shortest * 60):
        return out
    if not params.scale > 0:
        raise UserError(record.source, f"cannot be divided by a `scale` of {params.scale:g}", "set `params: {scale: 1}`")
    values, x = values / params.scale, x / params.scale
    if np.median(x) < LEAST:
        return out
    most = MOST if len(x) < HALF_A_DAY else ALL_DAY
    if np.median(x) > most:
        problem = (
            f"half of its readings are at {np.median(x):.3g} MET and more, which nobody can spend in {len(x) / 60:.3g} h (at most {most:g})"
        )
        raise UserError(record.source, problem, "if they are tenths, as Fitbit exports write them, set `params: {scale: 10}`")
    out |= {"mean": x.mean(), "sd": x.std(ddof=1), "high": np.quantile(x, 0.99)}
    classes = np.bincount(np.digitize(np.round(x, 6), [1.5 + 1e-9, 3, 6]), minlength=4) / len(x)
    out |= dict(zip(("sedentary", "light", "moderate", "vigorous"), classes, strict=True))
    out["mvpa_minutes"] = (classes[2] + classes[3]) * _rhythm.MINUTES
    out |= _rhythm.day_and_night(record, values, minute, params.night_end)
    rhythm = _rhythm.daily(record, values, minute)
    out |= {name: rhythm[name] for name in ("mesor", "amplitude", "acrophase", "rhythm_r2")}
    return {name: float(value) for name, value in out.items()}
