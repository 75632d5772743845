"""Electrocardiogram: heart rate and its variability, abnormal beats, amplitude and quality."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals import _hrv, contract
from mmomics.signals._stretches import blocks, events, filled, flat, moving, regular, stretches
from mmomics.signals.contract import Feature, Role

_LI = "doi:10.1088/0967-3334/29/1/002"  # Li, Mark and Clifford: agreement of two detectors (bSQI) and kurtosis as signal quality
_SECOND, _THIRD = (
    ("V5", "V", "V2", "V1", "I", "ECG2", "ECG 2", "ECG V", "ECG I"),
    ("V3", "V4", "V6", "III", "AVF", "ECG3", "ECG 3", "ECG III"),
)
ROLES = {
    "ecg": Role(
        ("II", "MLII", "ECG", "EKG", "ECG II", "ECG1", "ECG 1", "ECG LL-RA", "ECG1-ECG2", "MCL1", "I", "ECG I", "V5"), "mV", -50, 50
    ),
    "ecg_2": Role(_SECOND, "mV", -50, 50, needed=False),
    "ecg_3": Role(_THIRD, "mV", -50, 50, needed=False),
}
FEATURES = (
    *_hrv.FEATURES,
    Feature("qrs_amplitude", "mV", "Median height of the QRS complex, lowest to highest point, baseline drift taken off"),
    Feature("quality", "", "Share of beats that two detectors agree on (0..1): under 0.9 the rest is doubtful", _LI),
)


@dataclass
class Params(contract.Params):
    """How to look at an ECG.

    Attributes
    ----------
    longest_gap : float
        Gaps up to this (s) are interpolated.
    shortest : float
        Stretches between gaps that are shorter than this (s) are left out.
    flat : float
        A lead that shows the same reading for longer than this (s) has come off: a gap.
    tolerance : float
        Detectors agree on a beat within this (s).
    """

    longest_gap: float = 0.05
    shortest: float = 10.0
    flat: float = 1.0
    tolerance: float = 0.15


SLOWEST = 60.0  # Hz: QRS complexes are not told below this
LOOK = 60.0  # s: of each of the stretches by which the best lead is chosen
EPOCH = 1.0  # s: records may be as short as ten seconds, so coverage is counted in seconds


def worn(record: Record, params: Params) -> np.ndarray:
    """Samples at which at least one lead was on: bool (n_times,)."""
    return moving(record, params.flat)


def features(record: Record, params: Params) -> dict[str, float]:
    """Every name of `FEATURES`, from the best of the leads.

    Beats are found by the slope of the QRS complex (neurokit2) and checked against the detector of Pan and Tompkins
    (doi:10.1109/TBME.1985.325532). A lead that stands upside down is turned.
    """
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    lead = best_lead(record, params)
    if lead is None:
        return out
    beats = events(lead.values, lead.fs, lead.where, r_peaks)
    checks = events(lead.values, lead.fs, lead.where, _pan_tompkins)
    out["quality"] = agreement(np.concatenate(beats) / lead.fs, np.concatenate(checks) / lead.fs, params.tolerance)
    out["qrs_amplitude"] = _amplitude(lead, beats)
    return out | _hrv.features([each / lead.fs for each in beats])


class Lead(NamedTuple):
    """A lead: readings (mV; NaN where it was off), sampling rate (Hz) and stretches between gaps."""

    values: np.ndarray
    fs: float
    where: list[slice]


def best_lead(record: Record, params: Params) -> Lead | None:
    """The lead whose beats are the surest, turned the right way up; None where there is nothing to see."""
    if not record.signal.shape[1] or record.rate < SLOWEST:
        return None
    record = regular(record, params.longest_gap)
    fs, found = record.rate, []
    for values in record.signal.T:
        on = np.where(flat(values, int(params.flat * fs)), np.float32(np.nan), values)
        where = stretches(on, fs, params.longest_gap, params.shortest)
        if where:
            found.append(Lead(on, fs, where))
    if not found:
        return None
    best = max(found, key=lambda lead: _score(lead, params)) if len(found) > 1 else found[0]
    return best._replace(values=best.values * np.float32(_sign(best)))


def agreement(first: np.ndarray, second: np.ndarray, tolerance: float) -> float:
    """Beats (s) that two detectors agree on, as a share of all that either found; NaN where neither found any."""
    if not len(first) or not len(second):
        return 0.0 if len(first) or len(second) else np.nan
    at = np.clip(np.searchsorted(second, first), 1, max(len(second) - 1, 1))
    near = np.minimum(np.abs(first - second[np.minimum(at, len(second) - 1)]), np.abs(first - second[at - 1]))
    both = int((near <= tolerance).sum())
    return both / max(len(first) + len(second) - both, both)


def r_peaks(signal: np.ndarray, fs: float) -> np.ndarray:
    """R peaks (samples) of a lead, by the slope of the QRS complex."""
    import neurokit2 as nk

    if np.ptp(signal) == 0:
        return np.empty(0)
    with warnings.catch_warnings():
        # of a piece without a whole QRS complex it takes the mean width all the same
        warnings.filterwarnings("ignore", "Mean of empty slice|invalid value encountered", RuntimeWarning)
        return nk.ecg_findpeaks(_clean(signal, fs), sampling_rate=fs, method="neurokit")["ECG_R_Peaks"]


def _pan_tompkins(signal: np.ndarray, fs: float) -> np.ndarray:
    import neurokit2 as nk

    if np.ptp(signal) == 0:
        return np.empty(0)
    clean = nk.ecg_clean(signal, sampling_rate=fs, method="pantompkins1985")
    return nk.ecg_findpeaks(clean, sampling_rate=fs, method="pantompkins1985")["ECG_R_Peaks"]


def _clean(signal: np.ndarray, fs: float) -> np.ndarray:
    import neurokit2 as nk

    return nk.ecg_clean(signal, sampling_rate=fs, method="neurokit")


def _score(lead: Lead, params: Params) -> tuple[float, float]:
    """How good a lead is: agreement of two detectors, then kurtosis, over the first minute of three stretches spread over it."""
    values, fs, where = lead
    looks = [where[round(index)] for index in np.linspace(0, len(where) - 1, 3)] if len(where) > 2 else where
    agreed, peaked = [], []
    for look in looks:
        part = filled(values[look.start : min(look.stop, look.start + int(LOOK * fs))])
        agreed.append(agreement(r_peaks(part, fs) / fs, _pan_tompkins(part, fs) / fs, params.tolerance))
        spread = (part - part.mean()) / max(part.std(), 1e-30)
        peaked.append(np.mean(spread**4))
    # a longer recording of the same quality wins over a shorter one
    length = sum(each.stop - each.start for each in where) / len(values)
    return round(float(np.nan_to_num(agreed).mean()) * length, 1), float(np.mean(peaked))


def _sign(lead: Lead) -> int:
    """-1 where the main deflection in most windows of 2 s points down, otherwise 1."""
    size = int(2 * lead.fs)
    extremes = []
    for stretch in lead.where:
        for look, _ in blocks(stretch, lead.fs):
            clean = _clean(filled(lead.values[look]), lead.fs)
            windows = clean[: len(clean) // size * size].reshape(-1, size)
            extremes.append(np.take_along_axis(windows, np.abs(windows).argmax(axis=1)[:, None], axis=1)[:, 0])
    return -1 if np.median(np.concatenate(extremes)) < 0 else 1


def _amplitude(lead: Lead, beats: list[np.ndarray]) -> float:
    half = int(0.06 * lead.fs)
    heights = []
    for stretch, at in zip(lead.where, beats, strict=True):
        for look, count in blocks(stretch, lead.fs):
            inside = at[(at >= count.start + half) & (at < count.stop - half)] - look.start
            if len(inside):
                around = _clean(filled(lead.values[look]), lead.fs)[inside[:, None] + np.arange(-half, half + 1)]
                heights.append(np.ptp(around, axis=1))
    return float(np.median(np.concatenate(heights))) if heights else np.nan
