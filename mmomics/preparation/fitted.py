"""The fitted preprocessing of one modality in one fold, and how it is kept in arrays and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmomics.errors import UserError, listed
from mmomics.preparation.contract import STEPS, Obs, Step, pack, unpack

LARGEST = 1e30
N_NODES = 7  # of the quadrature


@dataclass(frozen=True)
class Fitted:
    """The preprocessing of one modality in one fold.

    Attributes
    ----------
    features : array of str (n_kept,)
    center, scale : array, float32 (n_kept,)
        What is taken off, and divided by, at the end.
    clip : float
        Scaled values are cut at plus and minus this.
    reference, batch, transform, fill : Step or None
        The steps before that, in this order.
    basis : array of str (n_basis,) or None
        The features that `reference` looks at; those kept are among them.
    shape : (n_channels, n_times) or None
        Of a modality of windows, whose features are the cells of such a matrix.
    """

    features: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    clip: float
    reference: Step | None = None
    batch: Step | None = None
    transform: Step | None = None
    fill: Step | None = None
    basis: np.ndarray | None = None
    shape: tuple[int, int] | None = None

    def apply(self, values: np.ndarray, features: np.ndarray, where: object = "features", obs: Obs | None = None) -> np.ndarray:
        """Prepare values by the names of their features.

        Parameters
        ----------
        values : array (n_obs, n_vars)
            Normalised values, NaN = missing.
        features : array of str (n_vars,)
            Their names, in any order; further ones are ignored.
        where : object
            Named in the message.
        obs : Obs, optional
            Of these rows: their batch. Default: not known.

        Returns
        -------
        array, float32 (n_obs, n_kept)
            Finite. A feature that is not there is 0, the centre of training; a missing value is what `fill` says, else 0.

        Raises
        ------
        UserError
            If no feature is shared.
        """
        obs = Obs(pd.DataFrame(index=range(len(values)))) if obs is None else obs
        names = pd.Index(features)
        absent = names.get_indexer(self.features) < 0
        if absent.all():
            raise UserError(
                where, f"none of the {len(absent)} features is there (expected {listed(self.features, 3)})", "use the same feature ids"
            )
        if self.reference is not None and self.basis is not None:
            x = self.reference.apply(_columns(values, names.get_indexer(self.basis)), obs)
            x = np.ascontiguousarray(x[:, pd.Index(self.basis).get_indexer(self.features)])
        else:
            x = _columns(values, names.get_indexer(self.features))
        for step in (self.batch, self.transform, self.fill):
            x = x if step is None else step.apply(x, obs)
        x -= self.center
        x /= self.scale
        x[:, absent] = 0
        np.nan_to_num(x, copy=False, nan=0.0)
        return np.clip(x, -self.clip, self.clip, out=x)

    def restore(self, mean: np.ndarray, sd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Prepared values (n_obs, n_kept) and their standard deviations on the scale of the normalised assay.

        Scale and transform are undone. A batch or reference is not: what is drawn is a value of the average batch. Through a
        transform, mean and standard deviation are those of the values that a normal variable on the prepared scale stands for, by
        Gauss-Hermite quadrature.
        """
        mean, sd = mean * self.scale + self.center, sd * self.scale
        if self.transform is None:
            return mean, sd
        nodes, weights = np.polynomial.hermite_e.hermegauss(N_NODES)
        total, square, start = np.zeros(mean.shape), np.zeros(mean.shape), self.transform.undo(mean)
        for node, weight in zip(nodes, weights / weights.sum(), strict=True):
            off = self.transform.undo(mean + node * sd).astype(float) - start  # from a value nearby: no digits are lost
            total += weight * off
            square += weight * off**2
        return (start + total).astype(np.float32), np.sqrt(np.maximum(square - total**2, 0)).astype(np.float32)


def to_arrays(fitted: Fitted) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """One modality's preprocessing as arrays and metadata for JSON; `from_arrays` undoes it."""
    arrays = {"center": fitted.center, "scale": fitted.scale}
    about: dict[str, Any] = {"features": fitted.features.tolist(), "clip": fitted.clip}
    for place in STEPS:
        step = getattr(fitted, place)
        if step is not None:
            own, about[place] = pack(step)
            arrays |= {f"{place}.{key}": array for key, array in own.items()}
    if fitted.basis is not None:
        about["basis"] = fitted.basis.tolist()
    if fitted.shape is not None:
        about["shape"] = list(fitted.shape)
    return arrays, about


def from_arrays(arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> Fitted:
    """The preprocessing that `to_arrays` took apart."""
    steps = {}
    for place in STEPS:
        if place in about:
            own = {key.removeprefix(f"{place}."): array for key, array in arrays.items() if key.startswith(f"{place}.")}
            steps[place] = unpack(place, own, about[place])
    return Fitted(
        np.array(about["features"], dtype=str), arrays["center"], arrays["scale"], float(about["clip"]), **steps,
        basis=np.array(about["basis"], dtype=str) if "basis" in about else None,
        shape=(about["shape"][0], about["shape"][1]) if "shape" in about else None,
    )  # fmt: skip


def _columns(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """A copy of some columns, float32 and without infinities, which no step could bear; position -1 gives a missing one."""
    x = values[:, position].astype(np.float32, copy=False)
    x[:, position < 0] = np.nan
    return np.clip(x, -LARGEST, LARGEST, out=x)
