"""Respiration, from a belt, impedance or airflow: rate, depth and how regular they are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt

from mmomics.devices.record import Record
from mmomics.signals import contract
from mmomics.signals._stretches import blocks, events, filled, moving, regular, stretches
from mmomics.signals.contract import Feature, Role

_RRV = "doi:10.1098/rsos.180151"  # Soni and Muniyandi: breath rate variability (see also neurokit2 `rsp_rrv`)
_KHODADAD = "doi:10.1088/1361-6579/aad7e6"  # Khodadad et al.: breaths from zero crossings and amplitudes
ROLES = {"respiration": Role(("RESP", "Resp oro-nasal", "Respiration", "RSP", "Airflow", "Flow", "Thorax", "Chest", "Abdomen", "Abdo"))}
FEATURES = (
    Feature("rate", "1/min", "Breaths per minute: 60 s over the mean time between breaths", _KHODADAD),
    Feature("rate_median", "1/min", "60 s over the median time between breaths, which pauses do not change", _KHODADAD),
    Feature("interval_sd", "s", "Standard deviation of the time between breaths", _RRV),
    Feature("interval_cv", "", "The same over the mean time between breaths", _RRV),
    Feature("interval_rmssd", "s", "Root mean square of differences between successive times between breaths", _RRV),
    Feature("depth", "", "Median height of a breath, in units of the device", _KHODADAD),
    Feature("depth_cv", "", "Standard deviation of the height of breaths over its mean", _RRV),
    Feature("inspiration_share", "", "Median share of a breath from its lowest to its highest point (0..1)", _KHODADAD),
    Feature("pauses", "1/h", "Times between breaths of 10 s and more, per hour recorded"),
)
EPOCH = 1.0  # s: records may be short


@dataclass
class Params(contract.Params):
    """How to look at respiration.

    Attributes
    ----------
    longest_gap : float
        Gaps up to this (s) are interpolated.
    shortest : float
        Stretches between gaps that are shorter than this (s) are left out.
    flat : float
        The same reading for longer than this (s) means that the sensor is off: a gap.
    shallowest : float
        A rise and fall of less than this share of the median breath is none.
    pause : float
        A time between breaths of this (s) and more is a pause.
    """

    longest_gap: float = 0.5
    shortest: float = 30.0
    flat: float = 15.0
    shallowest: float = 0.3
    pause: float = 10.0


SLOWEST = 0.9  # Hz: below, quick breaths (0.4 Hz) fall between samples
BAND = (0.05, 1.0)  # Hz: 3 to 60 breaths per minute


def worn(record: Record, params: Params) -> np.ndarray:
    """Samples at which the sensor moved: bool (n_times,)."""
    return moving(record, params.flat)


def features(record: Record, params: Params) -> dict[str, float]:
    """Every name of `FEATURES`."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    fs = record.rate
    if not record.signal.shape[1] or fs < SLOWEST:
        return out
    record = regular(record, params.longest_gap)
    values = np.where(worn(record, params), record.signal[:, 0], np.float32(np.nan))
    where = stretches(values, fs, params.longest_gap, params.shortest)
    tops = events(values, fs, where, lambda signal, fs: _tops(_filtered(signal, fs), params.shallowest))
    times = [np.diff(each) / fs for each in tops if len(each) > 1]
    if not times:
        return out
    between = np.concatenate(times)
    out |= {"rate": 60 / between.mean(), "rate_median": 60 / np.median(between)}
    out["pauses"] = (between >= params.pause).sum() / (sum(each.stop - each.start for each in where) / fs / 3600)
    if len(between) > 2:
        out |= {"interval_sd": between.std(ddof=1), "interval_cv": between.std(ddof=1) / between.mean()}
    steps = np.concatenate([np.diff(each) for each in times])
    if len(steps) > 1:
        out["interval_rmssd"] = np.sqrt(np.mean(steps**2))
    depth, share = _breaths(values, fs, where, tops)
    out |= {"depth": np.median(depth), "inspiration_share": np.median(share)}
    if len(depth) > 2:
        out["depth_cv"] = depth.std(ddof=1) / depth.mean()
    return {name: float(value) for name, value in out.items()}


def _filtered(signal: np.ndarray, fs: float) -> np.ndarray:
    high = BAND[1] if BAND[1] < 0.45 * fs else None
    sos = butter(2, BAND if high else BAND[0], "bandpass" if high else "highpass", fs=fs, output="sos")
    return sosfiltfilt(sos, signal - signal.mean(), padlen=min(len(signal) - 1, int(30 * fs)))


def _tops(signal: np.ndarray, shallowest: float) -> np.ndarray:
    """Highest points of breaths (samples): those whose prominence is a good part of the median breath."""
    at, found = find_peaks(signal, prominence=1e-9 * max(np.ptp(signal), 1e-30))
    prominence = found["prominences"]
    if not len(at):
        return at
    # half of the highest is a first guess of what a breath is; the median of those beyond it is a better one
    typical = np.median(prominence[prominence >= 0.5 * np.quantile(prominence, 0.9)])
    return at[prominence >= shallowest * typical]


def _breaths(values: np.ndarray, fs: float, where: list[slice], tops: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Height of each breath and share of it that is breathing in: two arrays float64 (n_breaths,)."""
    depth, share = [], []
    for stretch, at in zip(where, tops, strict=True):
        for look, _ in blocks(stretch, fs):
            signal = _filtered(filled(values[look]), fs)
            inside = at[(at >= look.start) & (at < look.stop)] - look.start
            for first, last in pairwise(inside):
                low = first + int(signal[first:last].argmin())
                depth.append(signal[last] - signal[low])
                share.append((last - low) / (last - first))
    return np.array(depth), np.array(share)
