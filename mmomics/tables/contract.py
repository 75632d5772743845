"""What a file format promises: `SUFFIXES`, and `read(path, table, names, numeric)` that gives a table as it stands in the file."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast

import pandas as pd

from mmomics import plugins
from mmomics.config.table import Table
from mmomics.errors import UserError, did_you_mean

COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst", ".zip")  # what pandas opens unasked


class Format(Protocol):
    """A file of this folder."""

    SUFFIXES: tuple[str, ...]

    def read(self, path: Path, table: Table, names: Sequence[str] | None, numeric: bool) -> pd.DataFrame:
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
        DataFrame
            Its index holds the row ids as text, or counts the rows where the file has no ids (`table.number_rows`);
            its columns are the names as they stand in the file, repeated names too.

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
    if not path.is_file():
        near = [file.name for file in path.parent.glob("*") if file.is_file()] if path.parent.is_dir() else []
        raise UserError(path, "there is no such file", did_you_mean(path.name, near) if near else "check `folder` and `files`")
    suffix = next((suffix for suffix in reversed(path.suffixes) if suffix.lower() not in COMPRESSIONS), "").lower()
    formats = [cast(Format, plugins.load("tables", name)) for name in plugins.names("tables")]
    for each in formats:
        if suffix in each.SUFFIXES:
            return each
    known = sorted(suffix for each in formats for suffix in each.SUFFIXES)
    raise UserError(path, f"no reader for files that end in '{suffix}'", f"known: {', '.join(known)}, also compressed")


def index_position(path: Path, table: Table, names: Sequence[str]) -> int | None:
    """Position of the column that holds the row ids; None where the file has none."""
    if table.number_rows:
        return None
    if len(names) < 2:
        raise UserError(
            path, "has one column only, expected row ids and values", "set `delimiter`, or `number_rows` for a file without ids"
        )
    if table.index is None:
        return 0
    if table.index not in names:
        raise UserError(path, f"no column '{table.index}' for `index`", did_you_mean(table.index, [name for name in names if name]))
    return list(names).index(table.index)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file raises inside the block into one line."""
    try:
        yield
    except UserError:
        raise
    except pd.errors.EmptyDataError as error:
        raise UserError(path, "is empty", "give a file with values") from error
    except UnicodeDecodeError as error:
        raise UserError(path, f"is not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    except pd.errors.ParserError as error:
        raise UserError(
            path, f"is not a regular table ({str(error).removeprefix('Error tokenizing data. C error: ')})", "set `delimiter`"
        ) from error
    except ImportError as error:
        raise UserError(path, f"needs another package ({error})", "install it, or unpack the file") from error
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise UserError(path, f"is damaged or cut short ({error})", "copy it anew") from error
    except ValueError as error:
        raise UserError(path, f"cannot be read ({error})", "check the file") from error
