"""Photoplethysmogram: pulse rate and its variability, amplitude and quality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals import _hrv, _pulses, contract
from mmomics.signals._stretches import moving, regular, stretches
from mmomics.signals.contract import Feature, Role

ROLES = {"ppg": Role(("PPG", "PLETH", "Pleth", "BVP", "PPG IR", "IR", "PPG green", "Green", "SpO2 wave"))}
FEATURES = (
    *_hrv.FEATURES,
    Feature("amplitude", "", "Median height of the pulse at 0.5-8 Hz, in units of the device", _pulses.ELGENDI),
    Feature("amplitude_variation", "", "Standard deviation of the height of pulses over its mean", _pulses.ELGENDI),
    Feature("quality", "", "Share of pulses that resemble the mean pulse (0..1): under 0.9 the rest is doubtful", _pulses.ORPHANIDOU),
)
EPOCH = 1.0  # s: records may be short


@dataclass
class Params(contract.Params):
    """How to look at a photoplethysmogram.

    Attributes
    ----------
    longest_gap : float
        Gaps up to this (s) are interpolated.
    shortest : float
        Stretches between gaps that are shorter than this (s) are left out.
    flat : float
        The same reading for longer than this (s) means that the sensor is off: a gap.
    inverted : bool
        Whether more blood gives a lower reading, as in raw light intensities.
    """

    longest_gap: float = 0.1
    shortest: float = 10.0
    flat: float = 1.0
    inverted: bool = False


def worn(record: Record, params: Params) -> np.ndarray:
    """Samples at which the sensor saw anything: bool (n_times,)."""
    return moving(record, params.flat)


def features(record: Record, params: Params) -> dict[str, float]:
    """Every name of `FEATURES`."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    fs = record.rate
    if not record.signal.shape[1] or fs < _pulses.SLOWEST:
        return out
    record = regular(record, params.longest_gap)
    values = np.where(worn(record, params), record.signal[:, 0] * np.float32(-1 if params.inverted else 1), np.float32(np.nan))
    where = stretches(values, fs, params.longest_gap, params.shortest)
    beats = _pulses.peaks(values, fs, where)
    heights = [np.empty(0)]
    for signal, at in _pulses.shapes(values, fs, where, beats, filtered=True):
        heights.append(signal[at[1:]] - np.minimum.reduceat(signal[: at[-1] + 1], at)[:-1])
    height = np.concatenate(heights)
    if len(height):
        out["amplitude"] = float(np.median(height))
    if len(height) > 1 and height.mean() > 0:
        out["amplitude_variation"] = float(height.std(ddof=1) / height.mean())
    out["quality"] = _pulses.alike(values, fs, where, beats)
    return out | _hrv.features([each / fs for each in beats])
