"""The same gene under the many names that tables give their features: which names of prior knowledge does a feature stand for.

Names are compared without case, and with any sign between their parts: `hsa-miR-21` and `hsa_mir_21`, `HLA-A` and R's `HLA.A`. What
tables add to a gene's name is taken off where the whole name is unknown: an Entrez number (`EGFR|1956`, `EGFR_1956`), the mark of a
joined or repeated column (`EGFR.y`, `EGFR.1`), the version of an accession (`ENSG00000146648.18`, `NP_001001512.2`), an isoform
(`P04637-2`), a species (`9606.ENSP00000275493`), a modified site (`EGFR_pS1068`, `EGFR_Y1068`, `NP_001001512.2_S228s`), a probe
(`EGFR_cg03860890`). A feature may name several genes (`MICA/MICB`, `EGFR;EGFR-AS1`) and stands for each that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

SEVERAL = re.compile(r"[|;/,:\s]+")  # between the names of one feature
SIGNS = re.compile(r"[^0-9a-z]+")
UNIPROT = r"[a-z]\d[a-z0-9]{3}\d|[a-z]\d[a-z][a-z0-9]{2}\d[a-z][a-z0-9]{2}\d"
ADDED = (  # in lower case
    re.compile(r"()[_.\-](?:p-?)?(?:[sty]\d+[sty]?)+(?:[_.\-].*)?$"),  # sites; names of antibodies go on with -R-V and the like
    re.compile(r"()_cg\d+$"),
    re.compile(r"()_\d+$"),
    re.compile(r"()(?:\.\d+|[._][xy])$"),
    re.compile(rf"^({UNIPROT})-\d+$"),
    re.compile(r"()^\d+\.(?=ensp)"),
)


def key(name: str) -> str:
    """What two spellings of a name have in common: letters and digits, one hyphen for any signs between."""
    return SIGNS.sub("-", name.casefold()).strip("-")


def match(features: Sequence[str], known: Iterable[str]) -> list[tuple[str, ...]]:
    """The keys of the known names that each feature stands for: none, one or several.

    Parameters
    ----------
    features : sequence of str
        Names as the tables give them.
    known : iterable of str
        Names as prior knowledge gives them.
    """
    keys = {key(name) for name in known} - {""}
    return [tuple(dict.fromkeys(_found(feature, keys))) for feature in features]


def _found(feature: str, keys: set[str]) -> Iterator[str]:
    whole = _longest(feature, keys)
    if whole:
        yield whole
        return
    for part in SEVERAL.split(feature):
        # a number is a name (Entrez) behind a bar only: elsewhere it counts or places something
        found = _longest(part, keys) if "|" in feature or not key(part).isdigit() else ""
        if found:
            yield found


def _longest(name: str, keys: set[str]) -> str:
    """The key of the longest form of a name that is known; empty if none is."""
    form = name.strip().casefold()
    while form:
        if key(form) in keys:
            return key(form)
        form = next((shorter for shorter in (added.sub(r"\1", form) for added in ADDED) if shorter != form), "")
        form = "" if form.isdigit() else form
    return ""
