"""What the steps of `batch` share: a frozen location and scale of each batch, taken out of the rows that are of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mmomics.errors import listed
from mmomics.preparation.contract import Obs, Step
from mmomics.preparation.moments import moments

log = logging.getLogger(__name__)
ROUNDING = 1e-6  # a spread within batches below this share of the values is rounding


@dataclass(frozen=True)
class Batches(Step):
    """Location and scale of each batch of the training rows.

    Nothing is learned from other rows, so values of a batch that training did not see, or of none, stay as they are: on the scale of
    the average batch, with their own batch's effect still in them.

    Attributes
    ----------
    names : list of str
        The batches.
    center, scale : array, float32 (n_batches, n_vars)
        What is taken off the values of a batch, and what the rest is divided by.
    grand : array, float32 (n_vars,)
        What is added after that.
    """

    names: list[str]
    center: np.ndarray
    scale: np.ndarray
    grand: np.ndarray

    needs_batch: ClassVar[bool] = True

    def apply(self, x: np.ndarray, obs: Obs) -> np.ndarray:
        labels = obs.batch
        new = sorted(set(labels) - set(self.names))
        if new and self.names:
            n = int(np.isin(labels, new).sum())
            named = f" ({listed(name for name in new if name)})" if any(new) else ""
            log.warning("%d of %d rows are of no batch that training saw%s: their batch effect stays", n, len(labels), named)
        for place, name in enumerate(self.names):
            own = labels == name
            x[own] = (x[own] - self.center[place]) / self.scale[place] + self.grand
        return x


@dataclass(frozen=True)
class Moments:
    """Of the batches of some rows, where there are two or more.

    Attributes
    ----------
    names : list of str (n_batches)
    n, mean, sd : array (n_batches, n_vars)
        Number of measured values, their mean (that of all batches where there is none) and standard deviation.
    grand, within : array (n_vars,)
        Mean over all rows, and pooled standard deviation within batches; 0 where that is rounding.
    """

    names: list[str]
    n: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    grand: np.ndarray
    within: np.ndarray


def of_batches(x: np.ndarray, obs: Obs) -> Moments:
    """Moments of each batch of training rows x (n_rows, n_vars)."""
    labels = obs.batch
    names = sorted(set(labels) - {""})
    if len(names) < 2:
        log.warning("the training rows are of %s: there is no batch effect to take out", f"one batch ({names[0]})" if names else "no batch")
        names = []
    shape = (len(names), x.shape[1])
    n, mean, sd = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for place, name in enumerate(names):
        n[place], mean[place], sd[place] = moments(x[labels == name])
    total = np.maximum(n.sum(axis=0), 1)
    grand = (n * mean).sum(axis=0) / total
    within = np.sqrt((n * sd**2).sum(axis=0) / total)
    within[within <= ROUNDING * np.abs(mean).max(axis=0, initial=0)] = 0
    return Moments(names, n, np.where(n > 0, mean, grand), sd, grand, within)
