"""Mutation annotation format (maf): one mutation a line, made into a table of samples x genes, 1 where a gene is altered.

Samples are `Tumor_Sample_Barcode`, genes `Hugo_Symbol`. Only mutations that change the protein or its splicing count; a sample with silent
ones alone is a row of zeros. A sample without any mutation does not stand in such a file and is missing from the table. Mutations that did
not pass their filters (`FILTER`) count, and are told.
Format: https://docs.gdc.cancer.gov/Data/File_Formats/MAF_Format
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.config.table import Table
from mmomics.errors import UserError, count
from mmomics.errors import listed as some
from mmomics.tables._cells import fitting
from mmomics.tables._text import text
from mmomics.tables.contract import kept, readable

log = logging.getLogger(__name__)
SUFFIXES = (".maf",)
KEYS = ("encoding",)
COMPRESSED = True
GENE, CLASS, SAMPLE, FILTER = "Hugo_Symbol", "Variant_Classification", "Tumor_Sample_Barcode", "FILTER"
PASSED = ("pass", ".", "", "na", "none")  # in small letters
MOST = 4  # words of the filter that a message lists
SILENT = frozenset(
    ("Silent", "Intron", "RNA", "IGR", "3'UTR", "5'UTR", "3'Flank", "5'Flank", "lincRNA", "Targeted_Region", "Splice_Region")
)


def read(path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
    """Samples x genes; see `Format.read`. `drop` names genes."""
    with readable(path, encoding=table.encoding), text(path, table.encoding) as stream:
        numbered = enumerate(stream, 1)
        for _, line in numbered:
            if line.strip() and not line.startswith("#"):
                break
        else:
            raise UserError(path, "is empty", "give a file with mutations")
        head = [name.strip() for name in line.split("\t")]
        for name in (GENE, CLASS, SAMPLE):
            if name not in head:
                cure = "name the column that holds it so in the header, or export the file with it"
                raise UserError(path, f"no column '{name}'", cure)
        places = [head.index(name) for name in (GENE, CLASS, SAMPLE, *([FILTER] if FILTER in head else []))]
        marks: Counter[str] = Counter()
        samples: dict[str, int] = {}
        altered: dict[str, set[int]] = {}  # gene -> samples: a file may hold millions of mutations, the table is small
        for number, line in numbered:
            cells = line.rstrip("\r\n").split("\t", max(places) + 1)
            if not line.strip() or line.startswith("#"):
                continue
            gene, kind, sample, *mark = (cells[i].strip() if i < len(cells) else "" for i in places)
            if not (gene and kind and sample):
                raise UserError(f"{path} line {number}", f"lacks {GENE}, {CLASS} or {SAMPLE}", "copy it anew if it was cut short")
            place = samples.setdefault(sample, len(samples))
            if kind not in SILENT and gene != "Unknown":
                altered.setdefault(gene, set()).add(place)
                marks.update(mark)
    if not samples:
        raise UserError(path, "has no mutations", "give a file with mutations")
    genes = sorted(altered)
    if not genes:
        raise UserError(path, "holds no mutation that is other than silent", f"check `{CLASS}`")
    fitting(path, len(samples), len(genes))
    _tell(path, marks)
    values = np.zeros((len(samples), len(genes)), dtype=np.float32)
    for place, gene in enumerate(genes):
        values[list(altered[gene]), place] = 1
    frame = pd.DataFrame(values, index=pd.Index(list(samples), dtype=object), columns=pd.Index(genes, dtype=object))
    frame = frame.iloc[:, kept(path, table, genes)] if table.drop else frame
    return frame if numeric else frame.astype(int).astype(str).astype(object)


def _tell(path: Path, marks: Counter[str]) -> None:
    """Mutations that count although they did not pass a filter, by what stands in `FILTER` and how often."""
    failed = Counter({mark: n for mark, n in marks.items() if mark.casefold() not in PASSED})
    if failed:
        n, told = failed.total(), some([f"{times:,} {mark}" for mark, times in failed.most_common()], MOST)
        counts = f"{n:,} of {count(marks.total(), 'mutation')} did not pass {'its' if n == 1 else 'their'} filter ({told})"
        log.warning("%s column '%s': %s and count as the others do; take the rows out if they should not", path, FILTER, counts)


def listed(path: Path) -> bool:
    """Whether a text of another name holds mutations in this format, by its header."""
    if path.suffix in SUFFIXES or path.with_suffix("").suffix in SUFFIXES or not path.is_file():
        return False
    try:
        with readable(path), text(path) as stream:
            head = next((line for line in stream if line.strip() and not line.startswith("#")), "")
    except UserError:
        return False
    return {GENE, CLASS, SAMPLE} <= {name.strip() for name in head.split("\t")}
