"""Pulse waves of a pressure or a photoplethysmogram: where they peak, how high they are, how alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mmomics.signals._stretches import blocks, events, filled

ELGENDI = "doi:10.1371/journal.pone.0076585"  # Elgendi et al.: systolic peaks
ORPHANIDOU = "doi:10.1109/JBHI.2014.2338351"  # Orphanidou et al.: quality by likeness to the mean pulse
ALIKE = 0.86  # correlation with the mean pulse from which on a pulse is good (Orphanidou et al.)
SLOWEST = 20.0  # Hz: pulses are told by what goes on up to 8 Hz


def peaks(values: np.ndarray, fs: float, where: list[slice]) -> list[np.ndarray]:
    """Systolic peaks (samples), one array per stretch, by the method of Elgendi et al."""
    return events(values, fs, where, _find)


def _find(signal: np.ndarray, fs: float) -> np.ndarray:
    import neurokit2 as nk

    if np.ptp(signal) == 0:
        return np.empty(0)
    try:
        return nk.ppg_findpeaks(clean(signal, fs), sampling_rate=fs, method="elgendi")["PPG_Peaks"]
    except IndexError:  # how it says that there is no wave at all
        return np.empty(0)


def clean(signal: np.ndarray, fs: float) -> np.ndarray:
    """The signal at 0.5-8 Hz."""
    import neurokit2 as nk

    return nk.ppg_clean(signal, sampling_rate=fs, method="elgendi")


def shapes(
    values: np.ndarray, fs: float, where: list[slice], beats: list[np.ndarray], filtered: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Blocks of the signal (as it is, or at 0.5-8 Hz) with the peaks in them: float64 (n_times,), int (n_peaks,)."""
    for stretch, at in zip(where, beats, strict=True):
        for look, _ in blocks(stretch, fs):
            inside = at[(at >= look.start) & (at < look.stop)] - look.start
            if len(inside) > 1:
                signal = filled(values[look])
                yield (clean(signal, fs) if filtered else signal), inside


def alike(values: np.ndarray, fs: float, where: list[slice], beats: list[np.ndarray]) -> float:
    """Share of pulses that resemble the mean pulse of their ten minutes (0..1); NaN where there are under 5."""
    good = n_pulses = 0
    for signal, at in shapes(values, fs, where, beats, filtered=True):
        half = int(np.median(np.diff(at)) / 2)
        at = at[(at >= half) & (at < len(signal) - half)]
        if len(at) < 5 or half < 2:
            continue
        pulses = signal[at[:, None] + np.arange(-half, half + 1)]
        pulses = pulses - pulses.mean(axis=1, keepdims=True)
        mean = np.median(pulses, axis=0)
        norm = np.linalg.norm(pulses, axis=1) * np.linalg.norm(mean)
        good += int((pulses @ mean > ALIKE * norm).sum())
        n_pulses += len(at)
    return good / n_pulses if n_pulses else np.nan
