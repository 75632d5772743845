"""What the names of features give away: levels that are summed over one another, standards and controls among what was measured."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmomics.errors import count, listed

SUMMED = 0.9  # share of what was measured of wholes that is at least the sum of their parts; else they are what is known no closer
ROUNDING = 0.01  # by which a sum may be larger than its whole
RANKS = "dkpcofgs"  # kingdom to species, as taxa are marked: `s__`; strains are left to who wants them
RANK = re.compile(r"(?:^|[|;])\s*([a-z])__")
SMALL = ("lipidome", "metabolome")
PROTEINS = ("protein", "phospho", "generic")
ADDED = (  # a pattern, what it finds, and the kinds of assays in which it means that; all of them if there are none
    (r"ERCC[-._]\d{5}$", "spike-ins", ()),
    (r"^AFFX[-_]", "controls of an array", ()),
    (r"(?:^|;)(?:(?:CON|REV)__|(?:rev|contam)_(?:sp|tr))", "contaminants or decoys", PROTEINS),
    (r"(?<![A-Za-z])ISTD(?![A-Za-z])", "internal standards", (*SMALL, "generic")),
    (r"(?i:splash|internal[ _.-]?standard)", "internal standards", SMALL),
    (r"[(\[]IS[)\]]|[ _-]IS$|^IS[ _-]", "internal standards", SMALL),
    (r"[(\[]d\d\d?[)\]]", "labelled standards", SMALL),
    (r"(?<!(?i:vitamin))[-_]d(?:[3-9]|\d\d)(?![\w:])", "labelled standards", SMALL),
    (r"(?<![A-Za-z0-9])(?:13|U-13|15)[CN]\d*(?![A-Za-z])", "labelled standards", SMALL),
)  # in lipids d18:1 is a base, and (d7) seven atoms of deuterium


def doubts(kind: str, names: Sequence[str], values: np.ndarray) -> Iterator[str]:
    """A line per doubt, each with what mends it.

    Parameters
    ----------
    kind : str
        Of the assay.
    names : sequence of str (n_features,)
        Of the features.
    values : array (n_samples, n_features)
    """
    for each in nested(kind, names, values):
        said = f"{len(each.parts)} of {len(names)} features are parts of others by their names ('{each.parts[0]}' of '{each.whole}')"
        yield f"{said}; if they are counted in its values as well, keep one level: set `feature_pattern: '{each.pattern}'`"
    text = "\n".join(names)  # searched as one: there may be half a million
    kinds = [(pattern, what) for pattern, what, of in ADDED if (not of or kind in of) and re.search(pattern, text, re.MULTILINE)]
    added = [name for name in names if any(re.search(pattern, name) for pattern, _ in kinds)] if kinds else []
    if 0 < 2 * len(added) <= len(names):
        what = " and ".join(dict.fromkeys(what for _, what in kinds))
        without = "|".join(pattern for pattern, _ in kinds)
        said = f"{count(len(added), 'feature')} by {'its name' if len(added) == 1 else 'their names'} of {what} ({listed(added, 3)})"
        yield f"{said}; to leave out what is not of the sample, set `feature_pattern: '^(?!.*(?:{without}))'`"


@dataclass(frozen=True)
class Nested:
    """Features that are parts of others.

    Attributes
    ----------
    parts : list of str
    whole : str
        What the first of them is a part of.
    pattern : str
        Finds the features of one level.
    """

    parts: list[str]
    whole: str
    pattern: str


def nested(kind: str, names: Sequence[str], values: np.ndarray) -> Iterator[Nested]:
    """Features that are parts of others by their names and values: taxa of several ranks, or pathways and what each species gives to them.

    Where a whole is less than its parts it is none, but what was classified no further.
    """
    there = {name.strip() for name in names}
    for sign in "|;":
        parts = [name for name in names if sign in name and name.rpartition(sign)[0].strip() in there]
        ranked = kind == "microbiome" or any(RANK.search(name) for name in parts)
        if len(parts) >= 2 and ranked and _summed(sign, parts, names, values):
            yield Nested(parts, parts[0].rpartition(sign)[0], _level(sign, parts, names))


def _summed(sign: str, parts: Sequence[str], names: Sequence[str], values: np.ndarray) -> bool:
    """Whether wholes are at least the sum of their parts in nearly every sample, and not all features together make up the whole."""
    totals = np.nansum(values, axis=1)
    if len(totals) and any(np.allclose(totals, one, rtol=ROUNDING) for one in (1, 100, 1e6)):
        return False
    place = {name.strip(): number for number, name in enumerate(names)}
    wholes = np.array([place[part.rpartition(sign)[0].strip()] for part in parts])
    own = np.array([place[part.strip()] for part in parts])
    sums = pd.DataFrame(values[:, own].T).groupby(wholes).sum()  # wholes x samples
    whole = values[:, sums.index].T
    told = np.isfinite(whole) & ((whole > 0) | (sums.to_numpy() > 0))
    enough = sums.to_numpy() <= whole * (1 + ROUNDING)
    return bool(told.any() and enough[told].mean() >= SUMMED)


def _level(sign: str, parts: Sequence[str], names: Sequence[str]) -> str:
    """A pattern of the level to keep: species, or the lowest rank; the wholes where there are parts of one level alone."""
    ranks = {found[-1] for name in parts if (found := RANK.findall(name)) and RANK.search(name.rpartition(sign)[0])}
    if ranks & {*RANKS}:
        return f"{max(ranks & {*RANKS}, key=RANKS.index)}__[^{sign}]*$"
    depth = Counter(name.count(sign) for name in names).most_common(1)[0][0] if max(part.count(sign) for part in parts) > 1 else 0
    return f"^(?:[^{sign}]*{re.escape(sign)}){{{depth}}}[^{sign}]*$" if depth else f"^[^{sign}]*$"
