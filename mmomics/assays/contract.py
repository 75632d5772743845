"""What an assay kind promises: `SCALES`, the scales that its values may stand in, and `DEFAULT`, the one meant when none is given.

A normalisation is sample-wise: it looks at one sample at a time and learns nothing across samples, so it cannot leak.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmomics import plugins
from mmomics.errors import UserError, did_you_mean

MILLION = 1e6


def unchanged(values: np.ndarray) -> np.ndarray:
    """The values as they are: already on a scale that models can take."""
    return values


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
    normalise : callable, (n_samples, n_features) -> (n_samples, n_features)
        Sample-wise; NaN stays NaN; never changes its argument.
    """

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    library: bool = False
    normalise: Callable[[np.ndarray], np.ndarray] = unchanged


def scale(kind: str, values: str | None, where: object) -> tuple[str, Scale]:
    """A kind's scale by its name, or the kind's default.

    Raises
    ------
    UserError
        If the kind does not know the scale.
    """
    module = plugins.load("assays", kind, where)
    name = values or module.DEFAULT
    if name not in module.SCALES:
        raise UserError(f"{where}: values", f"the assay kind '{kind}' has no scale '{name}'", did_you_mean(name, module.SCALES))
    return name, module.SCALES[name]


def check(scale: Scale, values: pd.DataFrame, where: object) -> None:
    """Check that every value lies in the range of its scale.

    Raises
    ------
    UserError
        It says how many values do not, and names the first one's feature and sample.
    """
    x = values.to_numpy()
    wrong = np.isinf(x) | (x < scale.low) | (x > scale.high)
    if scale.whole:
        wrong |= (x != np.rint(x)) & ~np.isnan(x)
    if wrong.any():
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        raise UserError(
            where, f"{wrong.sum()} of {x.size} values are not {_range(scale)}, the first is {x[row, column]:g} "
            f"(feature '{values.columns[column]}', sample '{values.index[row]}')",
            "mend the file, or set `values` to the scale that it holds",
        )  # fmt: skip
    if scale.library:
        empty = values.index[np.nansum(x, axis=1) == 0]
        if len(empty):
            raise UserError(where, f"{len(empty)} samples add up to 0, the first is '{empty[0]}'", "drop them")


def _range(scale: Scale) -> str:
    noun = "whole numbers" if scale.whole else "finite numbers"
    if math.isinf(scale.low):
        return noun
    return f"{noun} >= {scale.low:g}" if math.isinf(scale.high) else f"{noun} in {scale.low:g}..{scale.high:g}"


def log1p(values: np.ndarray) -> np.ndarray:
    """Natural logarithm of 1 + x, for values whose library size is normalised already."""
    return np.log1p(values)


def counts_per_million(values: np.ndarray) -> np.ndarray:
    """Counts scaled to one million per sample, then log(1 + x); a missing count adds nothing to the library size."""
    import anndata
    import scanpy  # seconds to import: only where counts are

    table = anndata.AnnData(np.nan_to_num(values, nan=0.0))
    scanpy.pp.normalize_total(table, target_sum=MILLION)
    scanpy.pp.log1p(table)
    return np.where(np.isnan(values), np.float32(np.nan), table.X)


def log2_detected(values: np.ndarray) -> np.ndarray:
    """Base-2 logarithm of mass spectrometry intensities; 0 means not detected, which is missing, not small."""
    return np.log2(values, out=np.full_like(values, np.nan), where=values > 0)


# scales that several kinds share
COUNTS = Scale(low=0, library=True, normalise=counts_per_million)
PER_LIBRARY = Scale(low=0, normalise=log1p)  # tpm, cpm, rsem: the provider divided by the library size
INTENSITY = Scale(low=0, normalise=log2_detected)
READY = Scale()  # log, z-score, or scaled by the provider
