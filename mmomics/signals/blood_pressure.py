"""Continuous arterial blood pressure: systolic, diastolic, mean and pulse pressure, and how they vary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals import _pulses, contract
from mmomics.signals._stretches import moving, regular, stretches
from mmomics.signals.contract import Feature, Role

_PARATI = "doi:10.1038/nrcardio.2013.1"  # Parati et al.: blood pressure variability
_MENA = "doi:10.1097/01.hjh.0000160205.81652.5a"  # Mena et al.: average real variability
ROLES = {"pressure": Role(("ABP", "ART", "BP", "Blood pressure", "AOBP", "Finapres", "FinAP"), "mmHg", -20, 350)}
FEATURES = (
    Feature("systolic", "mmHg", "Mean over beats of the highest pressure", _PARATI),
    Feature("diastolic", "mmHg", "Mean over beats of the lowest pressure before the upstroke", _PARATI),
    Feature("mean_pressure", "mmHg", "Mean over time from the first beat to the last", _PARATI),
    Feature("pulse_pressure", "mmHg", "Mean over beats of systolic minus diastolic pressure", _PARATI),
    Feature("systolic_sd", "mmHg", "Standard deviation of the systolic pressure from beat to beat", _PARATI),
    Feature("diastolic_sd", "mmHg", "Standard deviation of the diastolic pressure from beat to beat", _PARATI),
    Feature("systolic_arv", "mmHg", "Mean absolute difference of successive systolic pressures", _MENA),
    Feature("pulse_rate", "1/min", "Beats per minute: 60 s over the median interval", _pulses.ELGENDI),
    Feature("quality", "", "Share of pulses that resemble the mean pulse (0..1): under 0.9 the rest is doubtful", _pulses.ORPHANIDOU),
)
EPOCH = 1.0  # s: records may be short


@dataclass
class Params(contract.Params):
    """How to look at a pressure wave.

    Attributes
    ----------
    longest_gap : float
        Gaps up to this (s) are interpolated.
    shortest : float
        Stretches between gaps that are shorter than this (s) are left out.
    flat : float
        The same reading for longer than this (s) means a flushed or clamped line: a gap.
    """

    longest_gap: float = 0.1
    shortest: float = 10.0
    flat: float = 1.0


def worn(record: Record, params: Params) -> np.ndarray:
    """Samples at which the line was open: bool (n_times,)."""
    return moving(record, params.flat)


def features(record: Record, params: Params) -> dict[str, float]:
    """Every name of `FEATURES`."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    fs = record.rate
    if not record.signal.shape[1] or fs < _pulses.SLOWEST:
        return out
    record = regular(record, params.longest_gap)
    values = np.where(worn(record, params), record.signal[:, 0], np.float32(np.nan))
    where = stretches(values, fs, params.longest_gap, params.shortest)
    beats = _pulses.peaks(values, fs, where)
    tops, feet, steps, rests = [np.empty(0)], [np.empty(0)], [np.empty(0)], [np.empty(0)]
    for signal, at in _pulses.shapes(values, fs, where, beats, filtered=False):
        foot = np.minimum.reduceat(signal[: at[-1] + 1], at)[:-1]
        # filters move the peak by a few samples: the top is the highest reading near it
        near = np.clip(at[1:, None] + np.arange(-int(0.1 * fs), int(0.1 * fs) + 1), 0, len(signal) - 1)
        top = signal[near].max(axis=1)
        tops.append(top)
        feet.append(foot)
        steps.append(np.abs(np.diff(top)))
        rests.append(signal[at[0] : at[-1]])
    top, foot = np.concatenate(tops), np.concatenate(feet)
    if not len(top):
        return out
    out |= {"systolic": top.mean(), "diastolic": foot.mean(), "pulse_pressure": (top - foot).mean()}
    out["mean_pressure"] = np.concatenate(rests).mean()
    out["pulse_rate"] = 60 * fs / np.median(np.concatenate([np.diff(each) for each in beats]))
    if len(top) > 2:
        out |= {"systolic_sd": top.std(ddof=1), "diastolic_sd": foot.std(ddof=1), "systolic_arv": np.concatenate(steps).mean()}
    out["quality"] = _pulses.alike(values, fs, where, beats)
    return {name: float(value) for name, value in out.items()}
