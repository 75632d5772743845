"""On which scale a table of RNA stands, as its name and its values tell: counts, per million, per library, logarithms, z-scores."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

LOGGED = 30  # no logarithm of expression is above
WORDS = {  # in the name of a file, those that tell more first -> scale of messenger and of microRNA
    r"expected[-_. ]?counts?|(est|raw|read)[-_. ]?counts?|htseq|featurecounts": ("counts", "counts"),
    r"tpm": ("tpm", "cpm"), r"[fr]pkm": ("fpkm", None), r"cpm|rpm|per[-_. ]?million": ("tpm", "cpm"),
    r"rsem|normali[sz]ed": ("rsem", None),
}  # fmt: skip
EITHER = "rsem"  # a word for what was normalised, and for counts: values tell
ZSCORES = re.compile(r"z[-_. ]?scores?", re.IGNORECASE)
WHOLE = 1 / 3  # more expected counts are whole, as most reads fit one gene alone, and hardly any of what was divided by something
MILLION = 1e6
NEAR = 0.01  # how far from a million the sum of a sample may be, as a share
FLOOR = 0.01  # share of the cells at the lowest value from which that is the logarithm of none at all
CENTRED = 0.5  # medians of z-scores are so near to 0
FEW = 10  # samples from which a gene has a median


def scale(kind: str, values: np.ndarray, name: str, sums: Callable[[], np.ndarray | None]) -> tuple[str, str]:
    """Scale of the values and the reason.

    Parameters
    ----------
    kind : str
        ``"rna"`` or ``"mirna"``.
    values : array (n_samples, n_features) or (n_values,)
        Some of them, NaN = missing.
    name : str
        The file's name.
    sums : callable
        What the samples of the whole table add up to, None where that cannot be told: asked where nothing else tells.
    """
    seen = values[np.isfinite(values)]
    low, high, positive = float(seen.min()), float(seen.max()), seen[seen > 0]
    told = f"values {low:g} to {high:g}"
    if low < 0:
        return _below_zero(values, name, told)
    whole = float((positive == np.rint(positive)).mean()) if len(positive) else 1.0
    word, named = _named(name, kind) if high > LOGGED or "log" not in name.lower() else ("", None)
    if named and (named != EITHER or whole < WHOLE):
        return named, f"the file's name says {word}"
    if whole == 1:
        return "counts", f"whole numbers up to {high:g}"
    if high <= LOGGED:
        return "log2", told
    if whole > WHOLE:
        return "counts", f"{whole:.0%} of the values above 0 are whole, as of expected counts"
    usual, others = ("cpm", "counts") if kind == "mirna" else ("rsem", "expected counts, tpm or fpkm")
    totals = sums()
    if totals is not None and len(totals) and (np.abs(totals / MILLION - 1) < NEAR).all():
        return "cpm" if kind == "mirna" else "tpm", "the samples add up to a million"
    return usual, f"{told}, no logarithms; or {others}"


def _named(name: str, kind: str) -> tuple[str, str | None]:
    """The word of a file's name that says the scale, and the scale."""
    for words, scales in WORDS.items():
        if (match := re.search(words, name, re.IGNORECASE)) and (found := scales[kind == "mirna"]):
            return match[0], found
    return "", None


def _below_zero(values: np.ndarray, name: str, told: str) -> tuple[str, str]:
    """Logarithms, or z-scores: these lie around 0 in every gene, and the logarithms of genes apart."""
    seen = values[np.isfinite(values)]
    if match := ZSCORES.search(name):
        return "zscore", f"the file's name says {match[0]}"
    centres = np.array([])
    if values.ndim == 2 and len(values) >= FEW:
        known = values[:, np.isfinite(values).sum(axis=0) >= FEW]
        centres = np.nanmedian(known, axis=0)
    if len(centres) > 1:
        centred = bool(np.median(np.abs(centres)) < CENTRED and np.subtract(*np.percentile(centres, [75, 25])) < CENTRED)
        return ("zscore", f"{told}, around 0 in every gene") if centred and seen.min() < -1 else ("log2", told)
    centred = bool(seen.min() < -1 and abs(np.median(seen)) < 1 and (seen == seen.min()).mean() < FLOOR)
    return ("zscore", told) if centred else ("log2", told)
