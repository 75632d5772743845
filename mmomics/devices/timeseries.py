"""Time series in tables: csv, tsv, txt or parquet, a column per channel or long, one subject or many."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics.config.modality import Device
from mmomics.devices import _clock, _times
from mmomics.devices._series import Rows, records, unit
from mmomics.devices.contract import parsing
from mmomics.devices.record import Record, named
from mmomics.errors import UserError, did_you_mean

SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".parquet", ".pq")
COMPRESSED = True
DELIMITERS = {"tab": "\t", "semicolon": ";", "comma": ",", "space": " "}
USUAL = (
    ("timestamp",), ("datetime",), ("devicetimestamp",), ("date", "time"), ("time",), ("date",), ("measurementtime",), ("recordtime",),
    ("times",), ("seconds",), ("epoch",), ("unixtime",), ("t",), ("ts",),
)  # fmt: skip
CHUNK = 1 << 18  # rows at a time: text takes many times the memory of the numbers it holds
NEVER = "\x1f"  # a delimiter that no line holds, so that a line stays whole


def read(path: Path, device: Device) -> Iterator[Record]:
    """One record per subject, and per set of channels with times of their own; see `Format.read`.

    Columns that hold text, have no name or hold time or subject are no channels. Without `channels` all others are, and a word among
    their numbers is an error; with `channels`, only in those.
    """
    table = _Table(path, device)
    for part, line in _parts(path, device, table):
        table.add(part, line)
    yield from table.records()


class _Table:
    """What is gathered of a table, part by part."""

    def __init__(self, path: Path, device: Device) -> None:
        self.path, self.device = path, device
        self.times: list[np.ndarray] = []
        self.lines: list[np.ndarray] = []
        self.values: list[np.ndarray] = []
        self.keys: dict[tuple[str, ...], int] = {}  # subject, and channel of a long table -> its number
        self.owner: list[np.ndarray] = []
        self.clock: str | None = None
        self.text: set[int] = set()  # places of columns that hold text
        self.named = {name.strip() for names in device.channels.values() for name in ([names] if isinstance(names, str) else names)}

    def settle(self, columns: Sequence[str]) -> None:
        """Which column is what, by the header."""
        device, path = self.device, self.path
        self.columns = [name.strip() for name in columns]
        self.time = [self.columns.index(name) for name in _clock.find(self.columns, device, path, USUAL)]
        if (device.channel is None) != (device.value is None):
            raise UserError(path, "only one of `channel` and `value` is set", "a long table needs both")
        owners = [("subject", device.subject), ("channel", device.channel)]
        self.owners = [self.place(key, name) for key, name in owners if name is not None]
        self.long = device.channel is not None
        taken = {*self.time, *self.owners}
        self.data = (
            [self.place("value", device.value)] if device.value is not None
            else [at for at, name in enumerate(self.columns) if at not in taken and name and not name.startswith("Unnamed:")]
        )  # fmt: skip
        if device.step is not None and self.named and not self.long:
            self.data = [at for at in self.data if self.columns[at] in self.named]
        if not self.data:
            raise UserError(path, "has no column besides its time", "set `delimiter`, or name its channels in `channels`")

    def place(self, key: str, name: str) -> int:
        if name.strip() not in self.columns:
            raise UserError(self.path, f"no column '{name}' for `{key}`", did_you_mean(name, [each for each in self.columns if each]))
        return self.columns.index(name.strip())

    def where(self, line: int) -> str:
        return f"{self.path} {'row' if self.path.suffix in ('.parquet', '.pq') else 'line'} {line}"

    def add(self, part: pd.DataFrame, line: int) -> None:
        """Rows whose first stands in line `line` of the file; rows without a cell are skipped."""
        lines = np.arange(line, line + len(part))
        filled = part.notna().any(axis=1).to_numpy()
        part, lines = part[filled], lines[filled]
        if part.empty:
            return
        for at in (*self.time, *self.owners):
            missing = part[at].isna().to_numpy()
            if missing.any():
                raise UserError(
                    self.where(lines[missing.argmax()]), f"column '{self.columns[at]}' is empty", "fill it in, or take the row out"
                )
        cells = part[self.time[0]] if len(self.time) == 1 else part[self.time].astype(str).agg(" ".join, axis=1)
        times, clock = _times.parse(cells, self.device, lambda at: self.where(lines[at]))
        if self.clock not in (None, clock):
            raise UserError(self.where(lines[0]), "times are written in another way than before", "write all of them in one way")
        self.clock = clock
        self.times.append(times)
        self.lines.append(lines)
        self.values.append(np.column_stack([self.numbers(part[at], at, lines) for at in self.data]))
        if self.owners:
            columns = [part[at].astype(str).str.strip() for at in self.owners]
            groups = pd.MultiIndex.from_arrays(columns)
            codes, keys = groups.factorize()
            known = np.array([self.keys.setdefault(tuple(key), len(self.keys)) for key in keys])
            self.owner.append(known[codes])

    def numbers(self, cells: pd.Series, at: int, lines: np.ndarray) -> np.ndarray:
        """A column as float32 (n_rows,); one of text is noted, and all NaN."""
        wanted = self.long or self.columns[at] in self.named
        values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        wrong = np.isnan(values) & cells.notna().to_numpy()
        if wrong.any() and not wanted and (self.named or wrong.sum() * 2 > cells.notna().sum()):
            self.text.add(at)
            return np.full(len(cells), np.nan, dtype=np.float32)
        wrong |= np.abs(values) > np.finfo(np.float32).max
        if wrong.any() and at not in self.text:
            place = int(wrong.argmax())
            raise UserError(
                f"{self.where(lines[place])}, column '{self.columns[at]}'", f"'{str(cells.iloc[place])[:40]}' is not a number",
                "mend it, leave it empty if missing, or set `decimal`",
            )  # fmt: skip
        return np.where(wrong, np.nan, values).astype(np.float32)

    def records(self) -> Iterator[Record]:
        if not self.times:
            raise UserError(self.path, "has no rows below its header", "give a file with values")
        times, lines = np.concatenate(self.times), np.concatenate(self.lines)
        values = np.concatenate(self.values)
        self.times, self.lines, self.values = [], [], []
        kept = [place for place, at in enumerate(self.data) if at not in self.text]
        if not kept:
            raise UserError(self.path, "no column holds numbers", "set `decimal` or `delimiter`, or name channels in `channels`")
        names = named([self.columns[self.data[place]] for place in kept])
        if len(kept) < len(self.data):
            values = values[:, kept]
        if not self.owners:
            yield from records(self.rows(times, values, lines, names, None), self.device)
            return
        owner = np.concatenate(self.owner)
        order = np.argsort(owner, kind="stable")
        edges = np.searchsorted(owner[order], np.arange(len(self.keys) + 1))
        for (key, _), low, high in zip(self.keys.items(), edges[:-1], edges[1:], strict=True):
            rows = order[low:high]
            subject = key[0] if self.device.subject is not None else None
            channels = (key[-1],) if self.long else names
            yield from records(self.rows(times[rows], values[rows], lines[rows], channels, subject), self.device)

    def rows(self, times: np.ndarray, values: np.ndarray, lines: np.ndarray, names: Sequence[str], subject: str | None) -> Rows:
        assert self.clock is not None
        where: Callable[[int], str] = lambda place: self.where(int(lines[place]))  # noqa: E731
        return Rows(times, values, tuple(names), tuple(unit(name) for name in names), self.clock, where, str(self.path), subject)


def _parts(path: Path, device: Device, table: _Table) -> Iterator[tuple[pd.DataFrame, int]]:
    """The file a part at a time, columns by place, with the line of its first row; `table` learns the header first."""
    if any(suffix.lower() in (".parquet", ".pq") for suffix in path.suffixes[-2:]):
        with parsing(path):
            frame = pd.read_parquet(path)
        if not isinstance(frame.index, pd.RangeIndex):
            frame = frame.reset_index()
        table.settle([str(name) for name in frame.columns])
        frame.columns = pd.RangeIndex(frame.shape[1])
        yield frame, 1
        return
    encoding = "utf-8-sig" if device.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else device.encoding
    first = _first(path, encoding)
    delimiter = _guess(first[0]) if device.delimiter == "auto" else DELIMITERS[device.delimiter]
    header, row = _split(first[0], delimiter), _split(first[-1], delimiter)
    if len(row) == len(header) + 1:  # R writes no name above its row names; others end each row with a delimiter
        header = [*header, ""] if not row[-1].strip() else ["", *header]
    table.settle(header)
    _whole(path, encoding, delimiter, len(header))
    options: dict[str, Any] = {"sep": r"\s+" if delimiter == " " else delimiter, "header": 0, "names": range(len(header))}
    text = dict.fromkeys((*table.time, *table.owners), str)
    line = 2
    with parsing(path):
        parts = pd.read_csv(
            path, **options, dtype=text, encoding=encoding, chunksize=CHUNK, index_col=False, skip_blank_lines=False, low_memory=False,
            decimal="," if device.decimal == "comma" else ".",
        )  # fmt: skip
    with parsing(path), parts:
        for part in parts:
            yield part, line
            line += len(part)


def _first(path: Path, encoding: str) -> list[str]:
    """The header and the line below it."""
    with parsing(path):
        lines = pd.read_csv(
            path, sep=NEVER, header=None, nrows=2, dtype=str, quoting=csv.QUOTE_NONE, keep_default_na=False, encoding=encoding
        )
    found: list[str] = lines[0].tolist()
    if len(found) < 2:
        raise UserError(path, "has no rows below its header", "give a file with values")
    return found


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter == " "))


def _guess(header: str) -> str:
    """The delimiter that gives the header the most columns; a space only where nothing else does."""
    best = max(("\t", ";", ","), key=lambda sign: len(_split(header, sign)))
    return best if len(_split(header, best)) > 1 else " "


def _whole(path: Path, encoding: str, delimiter: str, width: int) -> None:
    """A plain file whose last line lacks both its end and some of its cells was cut short."""
    if path.suffix.lower() not in SUFFIXES or delimiter == " ":
        return
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - (1 << 16), 0))
        tail = file.read()
    if tail.endswith((b"\n", b"\r", b"\x00")) or b"\n" not in tail:
        return
    last = tail.rsplit(b"\n", 1)[1].decode(encoding, errors="replace")
    if last.strip() and len(_split(last, delimiter)) < width - 1:
        raise UserError(
            path,
            f"is cut short: its last line has {len(_split(last, delimiter))} of {width} cells and no end",
            "copy it anew, or take the line out",
        )
