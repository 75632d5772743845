"""Variability of the intervals between heart beats, from the times of the beats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import median_filter
from scipy.signal import welch

from mmomics.signals import _spectra
from mmomics.signals.contract import Feature

TASK_FORCE = "doi:10.1161/01.CIR.93.5.1043"  # Task Force of the ESC and NASPE: standards of heart rate variability
POINCARE = "doi:10.1109/10.959330"  # Brennan et al.: SD1 and SD2 from differences and deviations
LIPPONEN = "doi:10.1080/03091902.2019.1640306"  # Lipponen and Tarvainen: classes of abnormal beats

FEATURES = (
    Feature("rate_mean", "1/min", "Heart rate: 60 s over the mean normal interval", TASK_FORCE),
    Feature("rate_sd", "1/min", "Standard deviation of the rate from beat to beat", TASK_FORCE),
    Feature("rate_min", "1/min", "Lowest mean rate of 10 normal intervals in a row", TASK_FORCE),
    Feature("rate_max", "1/min", "Highest mean rate of 10 normal intervals in a row", TASK_FORCE),
    Feature("mean_nn", "ms", "Mean interval between normal beats", TASK_FORCE),
    Feature("sdnn", "ms", "Standard deviation of the normal intervals", TASK_FORCE),
    Feature("sdnn_index", "ms", "Mean over segments of 5 min of the standard deviation of the normal intervals", TASK_FORCE),
    Feature("rmssd", "ms", "Root mean square of differences between successive normal intervals", TASK_FORCE),
    Feature("pnn50", "", "Share of successive differences over 50 ms (0..1)", TASK_FORCE),
    Feature("sd1", "ms", "Width of the Poincare plot: beat-to-beat variability", POINCARE),
    Feature("sd2", "ms", "Length of the Poincare plot: slower variability", POINCARE),
    Feature("lf", "ms^2", "Power of the intervals at 0.04-0.15 Hz, mean over segments of 5 min", TASK_FORCE),
    Feature("hf", "ms^2", "Power of the intervals at 0.15-0.4 Hz, mean over segments of 5 min", TASK_FORCE),
    Feature("lf_hf", "", "Low over high frequency power", TASK_FORCE),
    Feature("total_power", "ms^2", "Power of the intervals at 0-0.4 Hz, trends slower than 2 min taken off", TASK_FORCE),
    Feature("sample_entropy", "", "Irregularity, m = 2, r = 0.2 SD, mean over segments of 5 min", "doi:10.1152/ajpheart.2000.278.6.H2039"),
    Feature("dfa_alpha1", "", "Detrended fluctuation over 4-16 beats, mean over segments of 5 min", "doi:10.1063/1.166141"),
    Feature("abnormal_beats", "", "Share of beats that are ectopic, missed, extra or misplaced (0..1)", LIPPONEN),
)
PLAUSIBLE = (250.0, 3000.0)  # ms: 240 to 20 beats per minute
SEGMENT, SHORTEST, HOLE = 300.0, 120.0, 3.0  # s: of a segment, of the last one, of the longest hole that a segment bridges
GRID = 4.0  # Hz: over twice the fastest rhythm of the intervals
MATERIAL = 0.1  # share of the interval by which an abnormal beat must come too early or late
SCALES = np.arange(4, 17)  # beats


@dataclass(frozen=True)
class Intervals:
    """Intervals between beats in order of time: when each ends (s), its length (ms; NaN where not between normal beats)."""

    ends: np.ndarray
    lengths: np.ndarray
    abnormal: float


def intervals(beats: Sequence[np.ndarray]) -> Intervals:
    """Intervals of beats (s), one array per stretch without gaps. Those next to an abnormal beat are taken out, none is made up."""
    ends, lengths, n_abnormal = [np.empty(0)], [np.empty(0)], 0
    for times in beats:
        if len(times) < 2:
            continue
        length = np.diff(times) * 1000
        abnormal = abnormal_beats(times)
        n_abnormal += len(abnormal)
        length[(length < PLAUSIBLE[0]) | (length > PLAUSIBLE[1])] = np.nan
        length[np.clip(abnormal - 1, 0, len(length) - 1)] = np.nan
        length[np.clip(abnormal, 0, len(length) - 1)] = np.nan
        # the step to the next stretch is no interval
        ends += [times[1:], times[-1:]]
        lengths += [length, np.full(1, np.nan)]
    n_beats = sum(map(len, beats))
    return Intervals(np.concatenate(ends), np.concatenate(lengths), n_abnormal / n_beats if n_beats else np.nan)


def abnormal_beats(times: np.ndarray) -> np.ndarray:
    """Beats that are ectopic, missed before, extra or misplaced: int (n_abnormal,), by the method of Lipponen and Tarvainen."""
    if len(times) < 12:  # thresholds are quartiles and medians over 11 beats and more
        return np.empty(0, dtype=np.int64)
    import neurokit2 as nk

    found, _ = nk.signal_fixpeaks(times, sampling_rate=1, iterative=False, method="Kubios")
    at = np.unique(np.concatenate([np.asarray(found[kind], dtype=np.int64) for kind in ("ectopic", "missed", "extra", "longshort")]))
    lengths = np.diff(times)
    off = np.concatenate([[0], lengths / median_filter(lengths, 11, mode="nearest") - 1, [0]])  # off[beat] before it, off[beat + 1] behind
    # thresholds that follow the spread of the rhythm also flag the tails of a healthy one, and rounding where there is none
    at = at[(np.abs(off[at]) > MATERIAL) | (np.abs(off[at + 1]) > MATERIAL)]
    # an early beat is followed by a pause, and the beat that ends the pause is a normal one
    pause = (off[at] > MATERIAL) & np.isin(at - 1, at) & (off[at - 1] < -MATERIAL)
    return at[~pause]


def segments(of: Intervals) -> Iterator[np.ndarray]:
    """Normal intervals of each segment of 5 min at most, without holes: float64 (2, n): when they end (s), their lengths (ms)."""
    normal = np.isfinite(of.lengths)
    ends, lengths = of.ends[normal], of.lengths[normal]
    if not len(ends):
        return
    begins = ends - lengths / 1000
    for run in np.split(np.arange(len(ends)), np.flatnonzero(begins[1:] - ends[:-1] > HOLE) + 1):
        number = (ends[run] - begins[run[0]]) // SEGMENT
        for part in np.split(run, np.flatnonzero(np.diff(number)) + 1):
            if ends[part[-1]] - begins[part[0]] >= SHORTEST:
                yield np.stack([ends[part], lengths[part]])


def spectrum(ends: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (Hz) and power density (ms^2/Hz) of intervals, on a cubic spline, by Welch's method with windows of 2 min."""
    grid = np.arange(ends[0], ends[-1], 1 / GRID)
    return welch(CubicSpline(ends, lengths)(grid), GRID, nperseg=min(len(grid), int(SHORTEST * GRID)), detrend="linear")


def sample_entropy(lengths: np.ndarray) -> float:
    """Negative logarithm of the chance that intervals alike for 2 beats are alike for a third."""
    import neurokit2 as nk

    tolerance = 0.2 * np.std(lengths, ddof=1)
    if not tolerance > 1e-9:
        return np.nan
    found = float(nk.entropy_sample(lengths, dimension=2, tolerance=tolerance)[0])
    return found if np.isfinite(found) else np.nan


def dfa_alpha1(lengths: np.ndarray) -> float:
    """Slope of the fluctuation about local lines over windows of 4 to 16 beats, both in logarithms."""
    if len(lengths) < 4 * SCALES[-1]:
        return np.nan
    profile = np.cumsum(lengths - lengths.mean())
    fluctuation = []
    for n in SCALES:
        windows = profile[: len(profile) // n * n].reshape(-1, n)  # (n_windows, n)
        line = np.linalg.qr(np.stack([np.ones(n), np.arange(n)], axis=1))[0]  # (n, 2)
        fluctuation.append(np.sqrt(np.mean((windows - windows @ line @ line.T) ** 2)))
    if min(fluctuation) < 1e-6:  # ms: a rhythm as steady as a metronome
        return np.nan
    return float(np.polyfit(np.log(SCALES), np.log(fluctuation), 1)[0])


def features(beats: Sequence[np.ndarray]) -> dict[str, float]:
    """Every name of `FEATURES` from the times of beats (s), one array per stretch without gaps; NaN where there is too little."""
    out = dict.fromkeys((feature.name for feature in FEATURES), np.nan)
    found = intervals(beats)
    out["abnormal_beats"] = found.abnormal
    normal = found.lengths[np.isfinite(found.lengths)]
    if len(normal) < 3:
        return out
    out |= {"mean_nn": normal.mean(), "sdnn": normal.std(ddof=1), "rate_mean": 60e3 / normal.mean(), "rate_sd": (60e3 / normal).std(ddof=1)}
    steps = np.diff(found.lengths)
    steps = steps[np.isfinite(steps)]
    if len(steps) > 1:
        out |= {"rmssd": np.sqrt(np.mean(steps**2)), "pnn50": float(np.mean(np.abs(steps) > 50)), "sd1": np.sqrt(np.var(steps, ddof=1) / 2)}
        out["sd2"] = np.sqrt(max(2 * out["sdnn"] ** 2 - out["sd1"] ** 2, 0))
    if len(found.lengths) >= 10:
        tens = np.lib.stride_tricks.sliding_window_view(found.lengths, 10).mean(axis=1)
        tens = tens[np.isfinite(tens)]
        if len(tens):
            out |= {"rate_min": 60e3 / tens.max(), "rate_max": 60e3 / tens.min()}
    return {name: float(value) for name, value in (out | _of_segments(found)).items()}


def _of_segments(found: Intervals) -> dict[str, float]:
    rows = []
    for ends, lengths in segments(found):
        frequencies, density = spectrum(ends, lengths)
        lf, hf, total = (_spectra.power(frequencies, density, *band) for band in ((0.04, 0.15), (0.15, 0.4), (0, 0.4)))
        rows.append((np.std(lengths, ddof=1), lf, hf, total, sample_entropy(lengths), dfa_alpha1(lengths)))
    if not rows:
        return {}
    names = ("sdnn_index", "lf", "hf", "total_power", "sample_entropy", "dfa_alpha1")
    columns = ((name, values[np.isfinite(values)]) for name, values in zip(names, np.array(rows).T, strict=True))
    told: dict[str, float] = {name: float(values.mean()) for name, values in columns if len(values)}
    if told.get("hf", 0) > 0:
        told["lf_hf"] = told["lf"] / told["hf"]
    return told
