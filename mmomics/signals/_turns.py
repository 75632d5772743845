"""Rest and sleep by the turns of an arm: the angle of the z axis, which hardly changes in sleep."""

from __future__ import annotations

import numpy as np

from mmomics.devices.record import Record
from mmomics.signals import _nights, _rhythm
from mmomics.signals._stretches import long_runs

ASLEEP = "doi:10.1371/journal.pone.0142533"  # van Hees et al. 2015: asleep is without a turn of more than 5 degrees for 5 minutes
TURN, EPOCHS = 5.0, 60  # degrees; epochs of five minutes
# van Hees et al. 2018: rest is below 15 times the tenth percentile of the night's turns, within bounds (degrees per epoch)
TIMES, PERCENTILE, BOUNDS = 15.0, 10, (0.13, 0.5)


def nights(epochs: Record, place: np.ndarray, angle: np.ndarray, least: float) -> dict[str, float]:
    """What `_nights.told` says of a record on the clock.

    Parameters
    ----------
    epochs : Record
        Its times are those of the epochs.
    place : array of int (n_epochs,)
        Epochs (5 s) since the beginning; what was not worn is not among them.
    angle : array (n_epochs,)
        Mean angle of the z axis to the horizontal (degrees).
    least : float
        As of `_nights.told`.
    """
    from scipy.ndimage import median_filter

    turns = np.abs(np.diff(angle, prepend=angle[:1]))
    gap = np.diff(place, prepend=place[:1] - 1) > 1
    asleep = _long(~(gap | (turns > TURN)))
    usual, minute = _rhythm.minutes(epochs, median_filter(turns, EPOCHS + 1, mode="nearest"))
    share, _ = _rhythm.minutes(epochs, asleep.astype(float))
    known = ~np.isnan(usual)
    rest = np.zeros(len(usual), dtype=bool)
    which = _nights.number(minute)
    for night in range(int(which[-1]) + 1):
        seen = known & (which == night)
        if seen.any():
            rest[seen] = usual[seen] < np.clip(TIMES * np.percentile(usual[seen], PERCENTILE), *BOUNDS)
    return _nights.told(rest, np.nan_to_num(share) > 0.5, known, minute, least)


def _long(still: np.ndarray) -> np.ndarray:
    """Epochs (n_epochs,) of five minutes and more without a turn: bool; one that begins with a turn is part of what comes after it."""
    found = long_runs(still, EPOCHS - 1)
    return found | np.append(found[1:], False)
