"""Ids that look like several samples of each of some people: 001_26_A, 001_33_B, 003_25_A."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mmomics.errors import listed

SIGN = re.compile(r"[-_. /]")
NUMBER = re.compile(r"[-+]?\d+\.\d+")
FEWEST, SHARED, VISITS = 5, 0.7, 12  # names before the first sign, their share of all ids, and endings, that look like visits


@dataclass(frozen=True)
class People:
    """Whose samples they seem to be.

    Attributes
    ----------
    names : list of str
        One per id: what it has before its first sign.
    pattern : str
        Takes an id to its name, as `subject_pattern` does.
    told : str
        How many there are, with some ids of one of them.
    """

    names: list[str]
    pattern: str
    told: str


def several(ids: Sequence[str]) -> People | None:
    """The people of ids that share what stands before a sign, where these are fewer by far than the ids; None if it does not look so.

    One name in front of all ids (a study, a hospital, TCGA) and one per id are none, nor are names that are numbered on: visits are few.
    """
    parts = [SIGN.split(each) for each in ids]
    if not parts or min(map(len, parts)) < 2 or all(NUMBER.fullmatch(each) for each in ids):
        return None
    names, ends = [part[0] for part in parts], {part[-1] for part in parts}
    if not (FEWEST <= len(set(names)) <= SHARED * len(ids) and len(ends) <= VISITS):
        return None
    most = Counter(names).most_common(1)[0][0]
    alike = [each for each, name in zip(ids, names, strict=True) if name == most]
    signs = "".join(re.escape(sign) for sign in sorted({SIGN.findall(each)[0] for each in ids}))
    told = f"{len(ids)} ids begin with {len(set(names))} names ({listed(alike, 3)})"
    return People(names, f"^([^{signs}]+)[{signs}]", told)
