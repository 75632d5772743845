"""Windows of the signal itself: chosen where most was recorded, filtered with zero phase, and brought to one sampling rate."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np

from mmomics.config.modality import Windows
from mmomics.devices.record import Record
from mmomics.errors import UserError
from mmomics.signals._stretches import runs

ORDER = 4  # of the Butterworth filter; forth and back doubles it
PLACES = 8  # candidates for the start of a window per length of a window
FINEST = (100, 1000, 10_000)  # rates are taken as a ratio of whole numbers up to the first of these that will do
DRIFT = 0.02  # what a window may be off by at its end because of that, in samples


def cut(record: Record, windows: Windows) -> np.ndarray:
    """Cut windows out of a record.

    The time that was recorded is shared out evenly among the windows; each lies in its share where gaps are fewest, in the middle if
    all places are alike. A record too short for all windows gives its beginning.

    Parameters
    ----------
    record : Record
        NaN = gap. Where steps are irregular, readings are averaged per step of the lower of both rates.
    windows : Windows
        Length (s), sampling rate (Hz), count, and edges of the filter (Hz).

    Returns
    -------
    array, float32 (n_channels, count * n_times)
        The windows one after another, each of ``n_times = round(seconds * fs)`` samples; NaN where nothing was recorded.

    Raises
    ------
    UserError
        If the edges of the filter are in the wrong order, or the record is too slow for the lower one.
    """
    signal, rate = (record.signal.astype(np.float64), record.fs) if record.fs is not None else _binned(record, windows.fs)
    n_times = max(round(windows.seconds * windows.fs), 1)
    out = np.full((signal.shape[1], windows.count, n_times), np.nan, dtype=np.float32)
    if not np.isfinite(signal).any():
        return out.reshape(len(out), -1)
    sos = _filter(windows, rate, record.source)
    ratio = _ratio(windows.fs / rate, n_times)
    for place, first in enumerate(_starts(signal, rate, windows)):
        for channel, values in enumerate(signal.T):
            out[channel, place] = _window(values, first, n_times, ratio, _Band(sos, rate, windows.low))
    return out.reshape(len(out), -1)


class _Band:
    """A filter of stretches without gaps.

    Parameters
    ----------
    sos : array (n_sections, 6) or None
        None lets everything through.
    rate : float
        Sampling rate (Hz).
    low : float or None
        Lower edge (Hz): the lower, the longer the filter takes to settle.
    """

    def __init__(self, sos: np.ndarray | None, rate: float, low: float | None) -> None:
        self.sos = sos
        self.settle = 0 if sos is None else max(6 * (len(sos) + 1), round(rate / low) if low else 0)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Filter each stretch between gaps (n_times,), forth and back; a single sample says nothing of a band and is a gap."""
        from scipy.signal import sosfiltfilt

        if self.sos is None:
            return values
        out = np.full(len(values), np.nan)
        for first, last in runs(np.isfinite(values)):
            if last - first > 1:
                out[first:last] = sosfiltfilt(self.sos, values[first:last], padlen=min(self.settle, last - first - 1))
        return out


def _filter(windows: Windows, rate: float, source: str) -> np.ndarray | None:
    from scipy.signal import butter

    low, high = windows.low, windows.high
    if low and low >= rate / 2:
        raise UserError(
            source or "windows", f"has {rate:g} samples per second, too few for a lower edge of {low:g} Hz",
            f"set `low` below {rate / 2:g}",
        )  # fmt: skip
    high = high if high and high < rate / 2 else None  # nothing is above half the rate
    if low and high:
        return butter(ORDER, [low, high], "bandpass", fs=rate, output="sos")
    if low or high:
        return butter(ORDER, low or high, "highpass" if low else "lowpass", fs=rate, output="sos")
    return None


def _ratio(exact: float, n_times: int) -> Fraction:
    """New rate over old as a ratio of small numbers, as exact as a window of `n_times` needs."""
    if exact < 1 / FINEST[0]:
        return Fraction(1, round(1 / exact))
    for limit in FINEST:
        ratio = Fraction(exact).limit_denominator(limit)
        if abs(float(ratio) / exact - 1) * n_times <= DRIFT:
            break
    return ratio


def _starts(signal: np.ndarray, rate: float, windows: Windows) -> list[int]:
    """First sample of each window; a window may reach beyond the record's end."""
    n_record, length, count = len(signal), windows.seconds * rate, windows.count
    if n_record < count * length:
        return [round(place * length) for place in range(count)]
    there = np.concatenate([[0.0], np.cumsum(np.isfinite(signal).mean(1))])  # recorded before each sample
    edges = np.linspace(0, n_record, count + 1)
    if there[-1] >= count * length:
        edges = np.interp(np.linspace(0, there[-1], count + 1), there, np.arange(n_record + 1))
        edges[0], edges[-1] = 0, n_record
    size = int(length)
    starts = []
    for low, high in pairwise(edges):
        room = max(high - low - length, 0)
        places = np.rint(low + np.linspace(0, room, 2 * int(np.ceil(room / length * PLACES / 2)) + 1)).astype(int)
        places = np.clip(places, 0, n_record - size)
        held = there[places + size] - there[places]
        best = np.flatnonzero(held > held.max() - 1e-6 * max(size, 1))
        starts.append(int(places[best[np.argmin(np.abs(best - (len(places) - 1) / 2))]]))
    return starts


def _window(values: np.ndarray, first: int, n_times: int, ratio: Fraction, band: _Band) -> np.ndarray:
    """One window of one channel (n_times,), filtered and resampled with a margin in which both settle."""
    from scipy.signal import resample_poly

    up, down = ratio.numerator, ratio.denominator
    margin = -(-(3 * band.settle + 20 * max(up, down) // up) // down)  # steps of `down` samples are whole steps of the new rate
    before = min(margin, first // down)
    stop = first + -(-n_times * down // up) + margin * down
    part = _bridged(values[first - before * down : stop], max(down // up, 1))
    out = np.full(n_times, np.nan)
    part = band.apply(part)
    known = np.flatnonzero(np.isfinite(part))
    if not len(known):
        return out
    whole = np.interp(np.arange(len(part)), known, part[known])
    # a line between the ends is taken off first: what is outside the record is not zero
    fine = whole if up == down else resample_poly(whole, up, down, padtype="line")
    nearest = np.rint((np.arange(n_times) + before * up) * down / up).astype(int)
    inside = np.flatnonzero((nearest < len(part)) & (np.arange(n_times) + before * up < len(fine)))
    inside = inside[np.isfinite(part[nearest[inside]])]
    out[inside] = fine[inside + before * up]
    return out


def _bridged(values: np.ndarray, longest: int) -> np.ndarray:
    """Gaps (n_times,) of at most `longest` samples between two readings are bridged: a window would hardly show them."""
    gaps = ~np.isfinite(values)
    if not gaps.any() or gaps.all():
        return values
    out = values.copy()
    known = np.flatnonzero(~gaps)
    for first, last in runs(gaps):
        if first > 0 and last < len(values) and last - first <= longest:
            out[first:last] = np.interp(np.arange(first, last), known, values[known])
    return out


def _binned(record: Record, fs: float) -> tuple[np.ndarray, float]:
    """An irregular record as means per step, float64 (n_steps, n_channels), and the rate of the steps (Hz)."""
    rate = min(fs, record.rate)
    seconds = record.seconds
    if not len(seconds):
        return np.empty((0, record.signal.shape[1])), rate
    step = np.floor((seconds - seconds[0]) * rate + 1e-6).astype(np.int64)
    there = np.isfinite(record.signal)
    filled = np.where(there, record.signal, 0).astype(np.float64)
    columns = []
    for channel in range(record.signal.shape[1]):
        n = np.bincount(step, weights=there[:, channel])
        total = np.bincount(step, weights=filled[:, channel])
        columns.append(np.where(n > 0, total / np.maximum(n, 1), np.nan))
    return np.stack(columns, axis=1), rate
