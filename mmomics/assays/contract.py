"""What an assay kind promises: `SCALES`, the scales that its values may stand in, and `DEFAULT`, the one meant when none is given.

A scale says which values are possible, which would be odd, by which sample-wise steps (`mmomics/normalization`) they come to what models
take, and what of the fitted preprocessing suits them. The user's settings go over all of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from mmomics import plugins
from mmomics.assays import _suspicions as odd
from mmomics.errors import UserError, did_you_mean
from mmomics.normalization import contract as normalization

RECORD = "record"  # stands for a scale where the features were made of a device's records: they have units of their own


@dataclass(frozen=True)
class Scale:
    """One scale of measured values.

    Attributes
    ----------
    low, high : float
        The range a value may have, both ends included; a missing value (NaN) is always allowed, infinity never.
    whole : bool
        Only whole numbers.
    library : bool
        The sum over a sample is its library size: the quality table shows it, and it must not be 0.
    recipe : tuple of str
        Sample-wise steps in order, files of `mmomics/normalization`; none: models take the values as they are.
    prepare : mapping
        Keys of the cohort file's `prepare` whose default is another for these values.
    because : str
        Why, in a few words.
    replicates : str
        What several samples of one subject become: their mean, or the highest value (max).
    suspicions : tuple of callables, (n_samples, n_features) -> Suspicion or None
        What values are possible but odd: shown in the quality table, never refused.
    """

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    library: bool = False
    recipe: tuple[str, ...] = ()
    prepare: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    because: str = ""
    replicates: str = "mean"
    suspicions: tuple[Callable[[np.ndarray], odd.Suspicion | None], ...] = ()

    def __str__(self) -> str:
        noun = "whole numbers" if self.whole else "finite numbers"
        if math.isinf(self.low):
            return noun
        return f"{noun} >= {self.low:g}" if math.isinf(self.high) else f"{noun} in {self.low:g}..{self.high:g}"


def scale(kind: str, values: str | None, where: object) -> tuple[str, Scale]:
    """A kind's scale by its name, or the kind's default; `RECORD` for what was made of a device's records.

    Raises
    ------
    UserError
        If the kind does not know the scale.
    """
    if values == RECORD:
        return RECORD, READY
    module = plugins.load("assays", kind, where)
    name = values or module.DEFAULT
    if name not in module.SCALES:
        raise UserError(f"{where}: values", f"the assay kind '{kind}' has no scale '{name}'", did_you_mean(name, module.SCALES))
    return name, module.SCALES[name]


def recipe(kind: str, values: str | None, steps: Sequence[str] | None, where: object) -> tuple[str, ...]:
    """The sample-wise steps for an assay: those that the user gives, or the scale's; all of them are there.

    Raises
    ------
    UserError
        If the kind does not know the scale, or there is no such step.
    """
    chosen = scale(kind, values, where)[1].recipe if steps is None else tuple(steps)
    normalization.known(chosen, where)
    return chosen


def check(scale: Scale, values: pd.DataFrame, where: object) -> None:
    """Check that every value lies in the range of its scale.

    Raises
    ------
    UserError
        It says how many values do not, and names the first one's feature and sample.
    """
    x = values.to_numpy()
    wrong = np.empty(x.shape, dtype=bool)
    for rows in normalization.blocks(x):
        part = x[rows]
        wrong[rows] = np.isinf(part) | (part < scale.low) | (part > scale.high)
        if scale.whole:
            wrong[rows] |= (part != np.rint(part)) & ~np.isnan(part)
    if wrong.any():
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        raise UserError(
            where, f"{wrong.sum()} of {x.size} values are not {scale}, the first is {x[row, column]:g} "
            f"(feature '{values.columns[column]}', sample '{values.index[row]}')",
            "mend the file, or set `values` to the scale that it holds",
        )  # fmt: skip
    if scale.library and len(x) and failed(x).all():
        raise UserError(where, f"all {len(x)} samples add up to 0", "mend the file, or set `values` to the scale that it holds")


def failed(x: np.ndarray) -> np.ndarray:
    """Samples of x (n_samples, n_vars) of which nothing was counted, bool (n_samples,); one without any value is none of them."""
    parts = [(np.nansum(x[rows], axis=1) == 0) & ~np.isnan(x[rows]).all(axis=1) for rows in normalization.blocks(x)]
    return np.concatenate([np.zeros(0, dtype=bool), *parts])


# scales that several kinds share
READY = Scale()  # scaled by the provider, or numbers of any kind: nothing to do sample by sample
NUMERIC = Scale(suspicions=(odd.thousands,))
UNITS = "numbers of many units, of which linear models extrapolate the long tails"
MEASURED = Scale(prepare={"transform": "yeo_johnson"}, because=UNITS, suspicions=(odd.thousands,))
LOG = Scale(suspicions=(odd.unlogged,))
COUNTS = Scale(low=0, library=True, recipe=("library_size", "log1p"), suspicions=(odd.logged, odd.fractional, odd.grouped))
PER_LIBRARY = Scale(low=0, recipe=("log1p",), suspicions=(odd.logged,))  # the provider divided by the library size
PER_MILLION = Scale(low=0, recipe=("log1p",), suspicions=(odd.logged, odd.million))
LIMIT = "what is missing is mostly below the limit of detection"
INTENSITY = Scale(low=0, recipe=("detected", "log2"), suspicions=(odd.logged, odd.thousands), prepare={"fill": "minimum"}, because=LIMIT)
LOG_INTENSITY = Scale(suspicions=(odd.unlogged,), prepare={"fill": "minimum"}, because=LIMIT)
ZSCORE = Scale(suspicions=(odd.heavy_tails,))
