"""Electroencephalogram: power of its rhythms, spectral edge, slope and entropy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import welch

from mmomics.devices.record import Record
from mmomics.signals import _spectra, contract
from mmomics.signals._stretches import BLOCK, flat, moving, regular
from mmomics.signals.contract import Feature, Role

BANDS = {"delta": (0.5, 4.0), "theta": (4.0, 8.0), "alpha": (8.0, 12.0), "sigma": (12.0, 16.0), "beta": (16.0, 30.0), "gamma": (30.0, 45.0)}
ALL = (0.5, 30.0)  # Hz: what shares are of; without gamma, where muscle and mains hum weigh
_WELCH, _AASM = "doi:10.1109/TAU.1967.1161901", "doi:10.5664/jcsm.6576"
_DONOGHUE = "doi:10.1038/s41593-020-00744-x"
_MAIN = ("C4-M1", "C3-M2", "C4-A1", "C3-A2", "Fpz-Cz", "F4-M1", "F3-M2", "Cz", "Fz", "Fp1", "C3", "C4", "EEG C4-M1", "EEG C3-M2")
_POSTERIOR = ("O2-M1", "O1-M2", "O2-A1", "O1-A2", "Pz-Oz", "EEG Pz-Oz", "EEG O2-M1", "EEG O1-M2", "Oz", "O1", "O2", "Pz", "EEG2", "EEG 2")
ROLES = {
    "eeg": Role((*_MAIN, "EEG C4-A1", "EEG C3-A2", "EEG Fpz-Cz", "EEG F4-M1", "EEG", "EEG1", "EEG 1"), "uV", -5000, 5000),
    "posterior": Role(_POSTERIOR, "uV", -5000, 5000, needed=False),
}
_OF_CHANNEL = (
    *(Feature(name, "uV^2", f"Power at {low:g}-{high:g} Hz", _WELCH) for name, (low, high) in BANDS.items()),
    *(
        Feature(f"{name}_share", "", f"Power at {low:g}-{high:g} Hz over that at {ALL[0]:g}-{ALL[1]:g} Hz", _AASM)
        for name, (low, high) in BANDS.items()
    ),
    Feature("edge", "Hz", "Frequency below which 95 % of the power at 0.5-30 Hz lies", "doi:10.1097/00000542-198001000-00011"),
    Feature("entropy", "", "Entropy of the spectrum at 0.5-30 Hz (0 a single tone .. 1 white)", "doi:10.1016/0013-4694(91)90138-T"),
    Feature("slope", "", "Slope of log power over log frequency at 2-30 Hz without 7-14 Hz", _DONOGHUE),
    Feature(
        "alpha_peak", "Hz", "Highest peak over that slope at 7-13 Hz; missing where there is none", "doi:10.1016/S0165-0173(98)00056-3"
    ),
    Feature("clean", "", "Share of epochs that are recorded and free of artefacts (0..1)", _AASM),
)
FEATURES = tuple(
    Feature(feature.name if role == "eeg" else f"{role}_{feature.name}", feature.unit, f"{feature.meaning} ({role})", feature.reference)
    for role in ROLES
    for feature in _OF_CHANNEL
)
EPOCH = 1.0  # s: records may be short


@dataclass
class Params(contract.Params):
    """How to look at an EEG.

    Attributes
    ----------
    epoch : float
        Length of the pieces (s) that are kept or dropped whole.
    window : float
        Length of the windows (s) of Welch's method; the spectrum has steps of 1 / window Hz.
    limit : float
        An epoch that leaves its median by more than this (uV) is an artefact.
    flat : float
        The same reading for longer than this (s) means that the electrode is off: a gap.
    """

    epoch: float = 30.0
    window: float = 4.0
    limit: float = 300.0
    flat: float = 1.0


def worn(record: Record, params: Params) -> np.ndarray:
    """Samples at which at least one electrode was on: bool (n_times,)."""
    return moving(record, params.flat)


def features(record: Record, params: Params) -> dict[str, float]:
    """Every name of `FEATURES`; those of a channel that is not there are missing."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    if not record.signal.shape[1]:
        return out
    record = regular(record, 0.0)
    for role in set(ROLES) & set(record.channels):
        prefix = "" if role == "eeg" else f"{role}_"
        told = _of_channel(record.signal[:, record.channels.index(role)], record.rate, params)
        out |= {f"{prefix}{name}": float(value) for name, value in told.items()}
    return out


def _of_channel(values: np.ndarray, fs: float, params: Params) -> dict[str, float]:
    frequencies, density, clean = spectrum(values, fs, params)
    if not clean or frequencies[-1] < ALL[1]:
        return {"clean": clean}
    total = _spectra.power(frequencies, density, *ALL)
    if not total > 0:
        return {"clean": clean}
    out = {"clean": clean}
    for name, band in BANDS.items():
        if band[1] <= frequencies[-1]:
            out[name] = _spectra.power(frequencies, density, *band)
            out[f"{name}_share"] = out[name] / total
    inside = (frequencies >= ALL[0]) & (frequencies < ALL[1])
    share = density[inside] / density[inside].sum()
    out["edge"] = frequencies[inside][np.searchsorted(np.cumsum(share), 0.95)]
    out["entropy"] = -np.sum(share[share > 0] * np.log(share[share > 0])) / np.log(len(share))
    return out | _aperiodic(frequencies, density)


def _aperiodic(frequencies: np.ndarray, density: np.ndarray) -> dict[str, float]:
    """Slope of the spectrum without its rhythms, and the alpha peak that stands out over it."""
    wide = (frequencies >= 2) & (frequencies <= 30) & (density > 0)
    x, y = np.log10(frequencies[wide]), np.log10(density[wide])
    plain = (frequencies[wide] < 7) | (frequencies[wide] > 14)
    if plain.sum() < 3:
        return {}
    slope, height = np.polyfit(x[plain], y[plain], 1)
    over = y - (slope * x + height)
    inner = np.flatnonzero((frequencies[wide] >= 7) & (frequencies[wide] <= 13))
    inner = inner[(inner > 0) & (inner < len(over) - 1)]
    peaks = inner[(over[inner] > over[inner - 1]) & (over[inner] >= over[inner + 1]) & (over[inner] > 0)]
    return {"slope": slope} | ({"alpha_peak": frequencies[wide][peaks[over[peaks].argmax()]]} if len(peaks) else {})


def spectrum(values: np.ndarray, fs: float, params: Params) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean spectrum of the clean epochs: frequencies (Hz), power density (uV^2/Hz), and the share of epochs that were clean.

    Each window is freed of its mean. A record shorter than an epoch is one epoch.
    """
    n_window = max(round(params.window * fs), 2)
    size = min(max(round(params.epoch * fs), n_window), len(values))
    if size < n_window:
        return np.zeros(1), np.zeros(1), 0.0
    off = ~np.isfinite(values) | flat(values, int(params.flat * fs))
    n_epochs = len(values) // size
    batch = max(int(BLOCK * fs) // size, 1)
    total, kept, frequencies = np.zeros(1), 0, np.zeros(1)
    for first in range(0, n_epochs, batch):
        piece = slice(first * size, min(first + batch, n_epochs) * size)
        epochs = values[piece].reshape(-1, size)[~off[piece].reshape(-1, size).any(axis=1)].astype(np.float64)
        epochs = epochs[np.abs(epochs - np.median(epochs, axis=1, keepdims=True)).max(axis=1) <= params.limit] if len(epochs) else epochs
        if len(epochs):
            frequencies, density = welch(epochs, fs, nperseg=n_window)
            total, kept = total + density.sum(axis=0), kept + len(epochs)
    return frequencies, total / max(kept, 1), kept / n_epochs
