"""Gene sets from a GMT file, compressed or not, and which measured features each of them holds.

One set a line: name, description, genes, between tabs (Liberzon et al. 2011, doi:10.1093/bioinformatics/btr260).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mmomics.errors import UserError
from mmomics.priors.names import key, match
from mmomics.tables._text import text
from mmomics.tables.contract import present, readable

WEIGHT = re.compile(r",[0-9.eE+-]+$")  # Enrichr writes `GENE,1.0`
FORM = "a line of a GMT file is: name, description, genes, with tabs between"


def read(path: str | Path) -> dict[str, tuple[str, ...]]:
    """The sets of a file by name, their genes in order, each once.

    Raises
    ------
    UserError
        If the file is missing, damaged, no GMT file, or names a set twice.
    """
    path = Path(path)
    present(path)
    sets: dict[str, tuple[str, ...]] = {}
    with readable(path), text(path) as stream:
        for number, line in enumerate(stream, 1):
            if "\0" in line:
                raise UserError(f"{path} line {number}", "holds NUL bytes", "copy it anew")
            if not line.strip():
                continue
            name, *cells = line.rstrip("\r\n").split("\t")
            genes = tuple(dict.fromkeys(WEIGHT.sub("", gene.strip()) for gene in cells[1:] if gene.strip()))
            if not name.strip() or not genes:
                raise UserError(f"{path} line {number}", f"is no gene set ({len(cells) + 1} cells between tabs)", FORM)
            if name.strip() in sets:
                raise UserError(f"{path} line {number}", f"the set '{name.strip()}' stands in the file twice", "rename or drop one of them")
            sets[name.strip()] = genes
    if not sets:
        raise UserError(path, "is empty", FORM)
    return sets


def members(sets: dict[str, tuple[str, ...]], features: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Positions of the features that each set holds, for the sets that hold any."""
    keys = {gene: key(gene) for gene in dict.fromkeys(gene for own in sets.values() for gene in own)}
    places: dict[str, list[int]] = {}
    for position, genes in enumerate(match(features, keys)):
        for gene in genes:
            places.setdefault(gene, []).append(position)
    held = {name: sorted({place for gene in own for place in places.get(keys[gene], ())}) for name, own in sets.items()}
    return {name: tuple(found) for name, found in held.items() if found}
