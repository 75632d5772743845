"""Gravity at rest is one g whichever way a monitor lies: its axes are calibrated by that, and its unit is checked.

Autocalibration of van Hees et al. 2014 (doi:10.1152/japplphysiol.00421.2014): means of windows without movement are brought to the unit
sphere by an offset and a gain of each axis. Their iteration (closest points, weights min(1/r, 1/10 mg)) ends where the robust least
squares of the distances from the sphere do (Huber's loss from 10 mg on), which take far fewer steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mmomics.devices.record import Record
from mmomics.errors import UserError
from mmomics.signals._units import convertible, plain

WINDOW, STILL = 10.0, 0.013  # s; g: a window in which every axis varies by less is without movement
SIDES, FEWEST = 0.3, 10  # g: on both sides of every axis there must be windows further out than this; windows that there must be
FAR, OUT = 0.01, 2.0  # g: distance from the sphere beyond which a window counts for less; mean beyond which it is no rest
LIKE = 1.5  # gravity that is more or less than g by this factor is not in g
BLOCK = 1 << 16  # samples looked at together


def settled(record: Record, said: Mapping[str, str], told: bool, calibrate: bool) -> Record:
    """A record of three axes in g, calibrated in place where its windows allow it, with the error of gravity before and after.

    Parameters
    ----------
    record : Record
        Its signal (n_times, 3) is changed.
    said : mapping
        The unit of each axis as the file or the user says it; "" if neither does.
    told : bool
        Whether it was the user.
    calibrate : bool
        Whether to, or only to tell the error.

    Raises
    ------
    UserError
        If gravity is not about one g: the unit is another one, or is not known.
    """
    mean, sd = _windows(record)
    if len(mean):
        _check(record, float(np.median(np.linalg.norm(mean, axis=1))), said, told)
    points = mean[(sd < STILL).all(axis=1) & (np.abs(mean) < OUT).all(axis=1)]
    if len(points) < FEWEST:
        return record
    before = after = error(points)
    if calibrate and (points.min(axis=0) < -SIDES).all() and (points.max(axis=0) > SIDES).all():
        offset, gain = fit(points)
        left = error(offset + gain * points)
        if left < before:
            np.multiply(record.signal, gain.astype(np.float32), out=record.signal)
            np.add(record.signal, offset.astype(np.float32), out=record.signal)
            after = left
    return replace(record, gravity=(1000 * before, 1000 * after))


def error(points: np.ndarray) -> float:
    """Mean distance of points (n_points, 3) from the unit sphere (g)."""
    return float(np.abs(np.linalg.norm(points, axis=1) - 1).mean())


def fit(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Offset and gain (3,) that bring points (n_points, 3) nearest to the unit sphere: ``offset + gain * points``."""
    from scipy.optimize import least_squares

    def distance(both: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.norm(both[:3] + both[3:] * points, axis=1) - 1)

    def slope(both: np.ndarray) -> np.ndarray:
        moved = both[:3] + both[3:] * points
        outward = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        return np.hstack([outward, outward * points])

    found = least_squares(distance, np.repeat([0.0, 1.0], 3), slope, loss="huber", f_scale=FAR, xtol=1e-10, ftol=1e-10).x
    return found[:3], found[3:]


def _windows(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the axes (g) in the windows without a gap: float64 (n_windows, 3)."""
    length = round(WINDOW * record.rate)
    n = len(record) // length if length > 1 else 0
    step = max(BLOCK // max(length, 1), 1)
    found = [np.empty((2, 0, 3))]
    for first in range(0, n, step):
        part = record.signal[first * length : min(first + step, n) * length].reshape(-1, length, 3).astype(np.float64)
        found.append(np.stack([part.mean(axis=1), part.std(axis=1)]))
    mean, sd = np.concatenate(found, axis=1)
    whole = np.isfinite(mean).all(axis=1)
    return mean[whole], sd[whole]


def _check(record: Record, gravity: float, said: Mapping[str, str], told: bool) -> None:
    """Refuse a record whose usual force cannot be gravity in the unit that it is taken to be in."""
    if not gravity or 1 / LIKE < gravity < LIKE:
        return
    sizes = convertible("g")
    units = set(said.values())
    have = {plain(unit): size for unit, size in sizes.items()}.get(plain(next(iter(units))), 1.0) if len(units) == 1 else 1.0
    raw = gravity / have
    suits = next((unit for unit, size in sizes.items() if 1 / LIKE < raw * size < LIKE), None)
    where, named = f"{record.source}, channels {', '.join(record.channels)}", " and ".join(sorted(units - {""}))
    problem = f"the usual force is {raw:.3g}{f' {named}' if named else ' of a unit that nothing names'}, but gravity is 1 g"
    if suits:
        raise UserError(where, f"{problem}, which looks like {suits}", f"set `units: {{x: {suits}, y: {suits}, z: {suits}}}`")
    if not told:
        cure = "say the unit in `units` (`{x: g, y: g, z: g}` to take it as it is and be told); gravity must not have been taken out"
        raise UserError(where, problem, cure)
