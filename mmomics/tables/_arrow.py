"""Blocks of whole lines, parsed by Arrow: several times faster than cell by cell, in a few tens of megabytes whatever the file's size.

Arrow refuses what it does not understand (a ragged line, a word among numbers, a quoted line end across two blocks); callers then read
anew by the slower way, which says what is wrong and where. What it accepts it reads as pandas does, but straight to float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 1 << 23  # characters taken at a time
MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None",
    "n/a", "nan", "null",
)  # fmt: skip  # words for a missing value: those of pandas


def numbers(
    stream: TextIO, places: Sequence[int], ids: int | None, width: int, signs: tuple[str, str]
) -> tuple[np.ndarray, np.ndarray | None]:
    """The numbers of a text, and the ids of its rows.

    Parameters
    ----------
    stream : text stream
        It stands behind the header.
    places : sequence of int
        The columns that hold numbers, in order.
    ids : int, optional
        The column that holds the ids of the rows.
    width : int
        How many columns there are.
    signs : (str, str)
        Delimiter and decimal sign.

    Returns
    -------
    values : array (n_rows, n_places)
        float32; missing = NaN.
    ids : array (n_rows,) or None
        Text; missing = None.

    Raises
    ------
    ValueError, pyarrow.ArrowException
        If Arrow cannot parse it.
    """
    import pyarrow as pa

    plain = ids in (None, 0) and len(places) == width - (ids is not None)
    kinds = dict.fromkeys(places, pa.float32()) | ({ids: pa.string()} if ids is not None else {})
    values, names = [np.empty((0, len(places)), dtype=np.float32)], [np.empty(0, dtype=object)]
    for block in blocks(stream):
        found = _rows(block, width, ids is not None, signs) if plain else None
        if found is not None:
            values.append(found[0])
            names.append(found[1])
            continue
        table = parse(block, kinds, width, *signs)
        if ids is not None:
            names.append(table[str(ids)].to_numpy())
            table = table.drop_columns(str(ids))
        values += [batch.to_tensor(null_to_nan=True).to_numpy() for batch in table.to_batches()]
    return np.concatenate(values), None if ids is None else np.concatenate(names)


def blocks(stream: TextIO) -> Iterator[str]:
    """The rest of a stream in blocks of whole lines.

    Raises
    ------
    ValueError
        If there are NUL characters, or a quotation mark stays open.
    """
    while block := stream.read(BLOCK):
        block += stream.readline()
        if "\0" in block or block.count('"') % 2:
            raise ValueError("NUL characters, or a quoted cell across two blocks")
        if not block.isspace():
            yield block


def parse(block: str, kinds: dict[int, Any], width: int, delimiter: str, decimal: str = ".") -> pa.Table:
    """The columns `kinds` of a block of lines: place -> Arrow type; their names are the places as text.

    Raises
    ------
    pyarrow.ArrowException
        If Arrow cannot parse it.
    """
    import pyarrow as pa
    from pyarrow import csv

    packed = block.encode()
    words = MISSING if "N" in block or "n" in block else ("",)  # each word has one, and to look every cell up has its price
    return csv.read_csv(
        pa.py_buffer(packed),
        csv.ReadOptions(use_threads=False, column_names=[str(place) for place in range(width)], block_size=len(packed) + 1),
        csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=width > 1),
        csv.ConvertOptions(
            column_types={str(place): kind for place, kind in kinds.items()}, include_columns=[str(place) for place in kinds],
            null_values=words, strings_can_be_null=True, decimal_point=decimal,
        ),
    )  # fmt: skip


def _rows(block: str, width: int, ids: bool, signs: tuple[str, str]) -> tuple[np.ndarray, np.ndarray] | None:
    """Lines of ids and numbers, all numbers parsed as one long column: each column of Arrow has its price, and there may be 20,000.

    None where a quotation mark, a short line or an absent cell asks for more care.
    """
    import pyarrow as pa

    if "\r" in block:
        block = block.replace("\r\n", "\n").replace("\r", "\n")
    lines = [line for line in block.split("\n") if line]
    del block
    names: list[str | None] = []
    if ids:
        pairs = [line.partition(signs[0]) for line in lines]
        names = [name[1:-1] if name[:1] == name[-1:] == '"' else name for name, _, _ in pairs]
        lines = [rest for _, _, rest in pairs]
    n_cells = width - ids
    if any('"' in name for name in names if name) or any('"' in line or line.count(signs[0]) != n_cells - 1 for line in lines):
        return None
    cells = parse("\n".join(lines).replace(signs[0], "\n") + "\n", {0: pa.float32()}, 1, "\x1f", signs[1])
    values = cells["0"].to_numpy().reshape(len(lines), n_cells)
    return values, np.array([None if name in MISSING else name for name in names], dtype=object)
