"""What values may be and yet hardly are: signs that they stand on another scale than the settings say.

Each takes values as measured (n_samples, n_features), NaN = missing, and says what it found, or None.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MILLION = 1e6
GROUPED = "looks_grouped"  # a text that writes 5.12 and not 5.120 tells better
FEATURES = 5000  # looked at, evenly spread, where a sum over the sample is not asked for


@dataclass(frozen=True)
class Suspicion:
    """A sign of another scale.

    Attributes
    ----------
    name : str
        Stable word for the quality table.
    value : float
        What was found.
    flagged : bool
        False: worth knowing, and usual.
    explanation : str
        What it means and what to do.
    """

    name: str
    value: float
    flagged: bool
    explanation: str


def logged(x: np.ndarray, scale: str = "log2") -> Suspicion | None:
    """Values that should be raw and look like logarithms: none reaches 30 and most are no whole numbers (2^30 is a billion).

    `scale` is what the kind calls logarithms.
    """
    some = _some(x)
    top = _max(some)
    if not 0 < top < 30 or _share(_fractional(some[some > 0])) < 0.5:
        return None
    return Suspicion("looks_logged", top, True, f"no value is above {top:.3g} and most are no whole numbers: set `values: {scale}` if so")


def composition(x: np.ndarray) -> Suspicion | None:
    """Counts of taxa that are shares: every sample adds up to 1 or 100; or that look like logarithms."""
    total = np.asarray(np.nansum(x, axis=1, dtype=np.float64))
    total = total[total > 0]
    whole = float(np.median(total)) if len(total) else 0.0
    for one in (1, 100):
        if _share(_fractional(x[x > 0])) > 0.5 and len(total) and (np.abs(total / one - 1) < 0.02).all():
            return Suspicion("looks_relative", whole, True, f"every sample adds up to {one}: set `values: relative` if these are shares")
    return logged(x, "scaled")


def grouped(x: np.ndarray) -> Suspicion | None:
    """Counts whose thousands are separated by a point, which was taken for the decimal sign: 1.234 for 1234.

    Nothing reaches 1000, and every fraction has three digits and stands behind 1 to 999. Expected counts have some below 1.
    """
    some = _some(x)
    parts = some[_fractional(some) & ~np.isnan(some)].astype(np.float64)
    if len(parts) < 3 or _max(some) >= 1000 or parts.min() < 1:
        return None
    digits = np.rint(parts * 1000)
    if (np.abs(parts * 1000 - digits) > 0.05).any() or (digits % 10 != 0).mean() < 0.5:
        return None
    cure = "set `thousands: point` (or `comma`) if its sign separates thousands"
    return Suspicion(GROUPED, float(len(parts)), True, f"every fraction has three digits, and no count reaches 1000: {cure}")


def thousands(x: np.ndarray) -> Suspicion | None:
    """Measurements of which each is 1 to 999 and three decimals: 1.234 may be 1234. Of whole thousands only 000 is lost."""
    some = np.abs(_some(x[:, ~np.isnan(x).all(axis=0)]).astype(np.float64))
    parts = some[some > 0]
    if len(parts) < 20 or parts.min() < 1 or parts.max() >= 1000 or _fractional(parts).mean() < 0.3:
        return None
    parts = parts[_fractional(parts)] * 1000
    digits = np.rint(parts)
    if (np.abs(parts - digits) > 0.05).any() or (digits % 10 != 0).mean() < 0.7:
        return None
    cure = "set `thousands: point` (or `comma`) if its sign separates thousands"
    return Suspicion(GROUPED, float(len(parts)), True, f"every number seems to have three decimals, and none is below 1: {cure}")


def unlogged(x: np.ndarray) -> Suspicion | None:
    """Values that should be logarithms and look raw: some is above 60 (2^60 of anything is not counted)."""
    top = _max(_some(x))
    return Suspicion("looks_raw", top, True, f"a logarithm of {top:.4g} is not possible: set `values` to a raw scale") if top > 60 else None


def fractional(x: np.ndarray) -> Suspicion | None:
    """Counts that are not whole: expected counts of RSEM, salmon or kallisto, which are as good as counts here."""
    some = _some(x)
    share = _share(_fractional(some[~np.isnan(some)]))
    return Suspicion("fractional", share, False, "counts that are not whole: usual for expected counts (RSEM, salmon)") if share else None


def million(x: np.ndarray) -> Suspicion | None:
    """Values per million whose samples do not add up to a million: features were left out, or it is another unit."""
    total = float(np.median(np.nansum(x, axis=1, dtype=np.float64))) if len(x) else 0.0
    if abs(total / MILLION - 1) < 0.01:
        return None
    wrong = total > 1.01 * MILLION
    what = "another unit" if wrong else "features were left out, or it is another unit"
    return Suspicion("total", total, wrong, f"samples add up to {total:.4g} and not to a million: {what}")


def shares(x: np.ndarray) -> Suspicion | None:
    """M-values that all lie in 0..1: beta values."""
    some = _some(x)
    low, top = -_max(-some), _max(some)
    if not (low >= 0 and 0 < top <= 1):
        return None
    return Suspicion("looks_beta", top, True, "every value is in 0..1: set `values: beta` if these are shares")


def heavy_tails(x: np.ndarray) -> Suspicion | None:
    """Z-scores further out than any normal value: of a reference that hardly varies."""
    top = _max(np.abs(_some(x)))
    if top <= 50:
        return None
    return Suspicion("heavy_tails", top, True, f"a z-score of {top:.4g}: the largest outweigh all others unless `prepare.transform: rank`")


def per_cent(x: np.ndarray) -> Suspicion | None:
    """Shares of a control (about 1) that look like per cent."""
    some = _some(x)
    middle = float(np.nanmedian(some)) if not np.isnan(some).all() else 0.0
    return (
        Suspicion("looks_per_cent", middle, False, "values are near 100, not near 1: per cent, which does no harm") if middle > 10 else None
    )


def all_zero(x: np.ndarray) -> Suspicion | None:
    """A table of alterations without a single one."""
    if np.isnan(x).all() or np.nanmax(x) > 0:
        return None
    return Suspicion("all_zero", 0.0, True, "no sample has any: the table is empty, or its codes were lost")


def _some(x: np.ndarray) -> np.ndarray:
    """Columns evenly spread over the table."""
    return x[:, :: max(1, x.shape[1] // FEATURES)]


def _max(x: np.ndarray) -> float:
    return float(np.nanmax(x)) if x.size and not np.isnan(x).all() else 0.0


def _fractional(x: np.ndarray) -> np.ndarray:
    return np.asarray(x != np.rint(x))


def _share(found: np.ndarray) -> float:
    return float(found.mean()) if found.size else 0.0
