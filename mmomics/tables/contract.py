"""What a file format promises: `SUFFIXES`, `KEYS`, and `read(path, table, names, numeric)` that gives a table as it stands in the file."""

from __future__ import annotations

import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

from mmomics import plugins
from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean
from mmomics.tables import _fetched, _long
from mmomics.tables._cells import Cells
from mmomics.tables._guard import guarded
from mmomics.tables._text import misfit, text, unmasked, unpacked

COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst", ".zip")
LAYOUT = (
    "within", "header", "columns", "index", "long", "number_rows", "delimiter", "decimal", "thousands", "encoding", "skip_rows", "comment",
)  # fmt: skip  # keys that some formats cannot obey


class Format(Protocol):
    """A file of this folder.

    Attributes
    ----------
    SUFFIXES : tuple of str
        The ends of the file names.
    KEYS : tuple of str
        Which of `LAYOUT` mean something; the others are refused.
    ORIENTATION : str, optional
        How the format lays samples out, unless the user says another; rows by default.
    COMPRESSED : bool, optional
        Whether its files may be compressed; not by default.
    GUARDED : bool, optional
        Whether damaged files may crash the library that reads them; not by default.
    """

    SUFFIXES: tuple[str, ...]
    KEYS: tuple[str, ...]

    def read(self, path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame | Cells:
        """One file, in its own orientation.

        Parameters
        ----------
        path : Path
            The file.
        table : Table
            How it is laid out.
        names : sequence of str, optional
            Names of the columns, for a file without header.
        numeric : bool
            True: every cell is a number, given as float32. False: every cell is text (missing = NaN).

        Returns
        -------
        DataFrame or Cells
            Its index holds the row ids as text, or counts the rows where the file has no ids (`table.number_rows`);
            its columns are the names as they stand in the file, repeated names too, without those of `table.drop`.

        Raises
        ------
        UserError
            If the file cannot be read so.
        """


def choose(path: Path) -> Format:
    """The format of a file, by the end of its name.

    Raises
    ------
    UserError
        If no format knows this end, or the file is missing.
    """
    present(path)
    return cast(Format, by_ending("tables", path, "text also compressed"))


def present(path: Path) -> None:
    """Refuse a file that is not there, with the name nearest to it, or that a download left something else for.

    Raises
    ------
    UserError
        If there is no such file, or a pointer or page in its place.
    """
    if not path.is_file():
        near = [file.name for file in path.parent.glob("*") if file.is_file()] if path.parent.is_dir() else []
        raise UserError(path, "there is no such file", did_you_mean(path.name, near) if near else "check `folder` and `files`")
    _fetched.refuse(path)


def by_ending(package: str, path: Path, hint: str) -> Any:
    """The format of a package (``"tables"``, ``"devices"``) that knows the end of a file's name; `hint` closes the list of known ends.

    Raises
    ------
    UserError
        If none does, or the file is compressed and its format is not read so.
    """
    packed = path.suffix.lower() in COMPRESSIONS
    suffix = (path.with_suffix("") if packed else path).suffix.lower()
    formats = [plugins.load(package, name) for name in plugins.names(package)]
    for each in formats:
        if suffix in each.SUFFIXES:
            if packed and not getattr(each, "COMPRESSED", False):
                raise UserError(path, f"files that end in '{suffix}' are not read compressed", "unpack it")
            return each
    known = sorted(suffix for each in formats for suffix in each.SUFFIXES)
    raise UserError(path, f"no reader for files that end in '{suffix}'", f"known: {', '.join(known)}; {hint}")


def read(
    path: Path, table: Table, names: Sequence[str] | None, numeric: bool, rename: Callable[[pd.Index], Sequence[str]] | None = None
) -> pd.DataFrame:
    """A file in its own orientation, its rows of equal ids pooled if the settings say so; see `Format.read`.

    `rename` gives the ids by which rows are known and pooled, for those that stand in the file.

    Raises
    ------
    UserError
        If the file cannot be read, or has a key that its format cannot obey.
    """
    form = choose(path)
    for key in LAYOUT:
        default = Table.model_fields[key].default
        if key not in form.KEYS and getattr(table, key) != default:
            raise UserError(path, f"`{key}` means nothing for files that end in '{form.SUFFIXES[0]}'", f"leave `{key}` out")

    def work() -> pd.DataFrame:
        found: pd.DataFrame | Cells
        if table.long is None:
            found = form.read(path, table, names, numeric)
        else:
            cells = form.read(path, table.model_copy(update={"number_rows": True, "drop": [], "na_values": []}), names, False)
            assert isinstance(cells, pd.DataFrame)
            order = _long.columns(path, table, [str(name) for name in cells.columns])
            found = _long.wide(path, cells.iloc[:, order], table, numeric)
        if rename is not None:
            index = pd.Index(rename(found.index), dtype=object)
            if isinstance(found, Cells):
                found = replace(found, index=index)
            else:
                found.index = index  # in place, as a large table is long to copy
        return found.laid_out(path, table.pool) if isinstance(found, Cells) else _pooled(path, found, table.pool, numeric)

    return guarded(path, work) if getattr(form, "GUARDED", False) else work()


def _pooled(path: Path, frame: pd.DataFrame, pool: str, numeric: bool) -> pd.DataFrame:
    if pool == "none" or frame.index.is_unique:
        return frame
    if not numeric:
        raise UserError(path, f"`pool: {pool}` of cells that are text", "leave `pool` out, or make the ids unique")
    groups = frame.groupby(level=0, sort=False)
    pooled = groups.sum(min_count=1) if pool == "sum" else groups.mean()
    return pooled.astype(np.float32)


def in_rows(path: Path, table: Table) -> bool:
    """Whether a sample is a row of the file: what the user says, or else what the format is by nature."""
    if table.long is not None:
        return True
    return (table.orientation or getattr(choose(path), "ORIENTATION", "samples_in_rows")) == "samples_in_rows"


def ungrouped(path: Path, table: Table) -> bool:
    """Whether the decimal sign surely separates no thousands: a text writes a number with other than three decimals, or it is no text."""
    if "delimiter" not in choose(path).KEYS:
        return True
    sign = re.escape(table.decimal_sign)
    number = re.compile(rf"(?<![\w{sign}])\d+{sign}(?:\d\d?|\d{{4,}})(?![\w{sign}])")
    with readable(path, encoding=table.encoding), text(path, table.encoding) as stream:
        return any(number.search(line) for line in stream)


def kept(path: Path, table: Table, names: Sequence[str]) -> list[int]:
    """Positions of the columns that `drop` leaves.

    Raises
    ------
    UserError
        If `drop` names a column that is not there, or leaves none.
    """
    if table.long is not None:
        return sorted(_long.columns(path, table, names))
    for name in table.drop:
        if name not in names:
            cure = did_you_mean(name, [each for each in names if each])
            rows = "" if in_rows(path, table) else f"; a feature that is a row is left out by `feature_pattern: '^(?!{re.escape(name)}$)'`"
            raise UserError(path, f"no column '{name}' for `drop`", cure + rows)
    left = [position for position, name in enumerate(names) if name not in table.drop]
    if not left:
        raise UserError(path, "has no column left beside those of `drop`", "keep one")
    return left


@contextmanager
def readable(path: Path, cure: str = "copy it anew", encoding: str = "utf-8") -> Iterator[None]:
    """Turn whatever a damaged file raises inside the block into one line."""
    try:
        yield
    except UserError:
        raise
    except pd.errors.EmptyDataError as error:
        raise UserError(path, "is empty", "give a file with values") from error
    except UnicodeDecodeError as error:
        byte = f"byte {error.object[error.start]:#04x}"
        where: object = path
        if path.is_file():
            with unpacked(path) as stream:
                unmasked(path, stream.peek(4))
            where = f"{path} line {misfit(path, encoding)}"
        raise UserError(where, f"is not {encoding.upper()} text ({byte})", f"save it as {encoding.upper()}, or set `encoding`") from error
    except pd.errors.ParserError as error:
        told = str(error).removeprefix("Error tokenizing data. C error: ")
        if opened := re.search(r"inside string starting at row (\d+)", told):
            problem = f"a quotation mark that begins in row {opened[1]} is never closed"
            raise UserError(path, problem, "close it, or take it out") from error
        raise UserError(path, f"is not a regular table ({told})", "set `delimiter`") from error
    except ImportError as error:
        raise UserError(path, f"needs another package ({error})", "install it, or unpack the file") from error
    except MemoryError as error:
        raise UserError(path, "needs more memory than there is", "give a smaller file, or check that it is whole") from error
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise UserError(path, f"is damaged or cut short ({error})", cure) from error
    except ValueError as error:
        raise UserError(path, f"cannot be read ({error})", "check the file") from error
    except Exception as error:  # parsers raise anything at bytes that they do not expect: KeyError, struct.error, BadZipFile, ...
        raise UserError(path, f"is damaged or not of this format ({type(error).__name__}: {error})", cure) from error
