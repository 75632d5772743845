"""WFDB records of PhysioNet: a header (.hea), its signal files, and beat annotations (.atr) if they lie beside it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics.config.modality import Device
from mmomics.devices import _clock
from mmomics.devices._beats import refuse_damaged
from mmomics.devices._header import refuse_damaged as refuse_wrong
from mmomics.devices.contract import parsing
from mmomics.devices.record import Record, named, no_annotations
from mmomics.errors import UserError

SUFFIXES = (".hea",)
log = logging.getLogger(__name__)
SPARSE = 8  # gaps between segments are filled with NaN while the record gets no longer than so many times what was recorded
# bytes per sample of the formats that are not compressed (WFDB signal file formats, signal(5))
BYTES: dict[str, int | Fraction] = {
    "8": 1, "80": 1, "16": 2, "61": 2, "160": 2, "24": 3, "32": 4,
    "212": Fraction(3, 2), "310": Fraction(4, 3), "311": Fraction(4, 3),
}  # fmt: skip


def read(path: Path, device: Device) -> Iterator[Record]:
    """One record per sampling rate, none of them resampled, in physical units; see `Format.read`.

    Labels of the annotations are the symbols of beats and rhythm changes (`N`, `V`, `+`). The segments of a record are joined, with NaN
    in between, or explicit times where there is little else; those with other channels are a record of their own on the same clock.
    """
    header = _header(path)
    start = None
    if header.base_date is not None and header.base_time is not None:
        start = _clock.placed(pd.Timestamp.combine(header.base_date, header.base_time), device, path)
    notes = _annotations(path, header)
    parts = _signals(path, header, path) if not hasattr(header, "seg_name") else _joined(path, header)
    for part in parts:
        yield replace(part, start=start, annotations=notes)


def _joined(path: Path, header: Any) -> Iterator[Record]:
    """The segments of a record in their places: one record per rate and set of channels, all of them from its beginning on."""
    groups: dict[Any, list[tuple[int, Record]]] = defaultdict(list)
    offset = 0
    for name, length in zip(header.seg_name, header.seg_len, strict=True):
        if name != "~" and length:  # ~ is a gap, and a segment of no length says which channels there are
            part = path.parent / f"{_inside(path, name)}.hea"
            inner = _header(part)
            if hasattr(inner, "seg_name"):
                raise UserError(part, "is a segment that has segments itself", "name its segments in `files`")
            for found in _signals(part, inner, path):
                frames = round(found.rate / header.fs) if found.channels else 1
                if found.channels and (abs(found.rate - frames * header.fs) > 1e-6 * header.fs or len(found) > length * frames):
                    raise UserError(
                        part, f"has {len(found)} samples at {found.rate:g} Hz, '{path.name}' promises {length} at {header.fs:g} Hz",
                        "mend one of the headers",
                    )  # fmt: skip
                groups[found.channels, found.units, found.fs].append((offset * frames, found))
        offset += length
    for (channels, _, fs), placed in groups.items():
        yield _placed(placed, offset * round(fs / header.fs) if channels else 0)
    if not groups:
        yield Record(np.empty((0, 0), dtype=np.float32), (), (), times=np.empty(0), source=str(path))


def _placed(found: list[tuple[int, Record]], total: int) -> Record:
    """Records at their samples of one of `total` samples, with the gaps as NaN, or with explicit times where most of it is gaps."""
    first = found[0][1]
    recorded = sum(len(record) for _, record in found)
    if not first.channels or total > SPARSE * recorded:
        times = np.concatenate([(place + np.arange(len(record))) / first.rate for place, record in found])
        return replace(first, signal=np.concatenate([record.signal for _, record in found]), fs=None, times=times)
    signal = np.full((total, len(first.channels)), np.nan, dtype=np.float32)
    for place, record in found:
        signal[place : place + len(record)] = record.signal
    return replace(first, signal=signal)


def _inside(path: Path, name: str) -> str:
    """A name that a header gives for another file, which must lie beside it."""
    if not name or name in (".", "..") or any(sign in name for sign in "/\\:\0"):
        raise UserError(path, f"names the file '{name}', which is not beside it", "mend the header: names only, without folders")
    return name


def _header(path: Path) -> Any:
    import wfdb

    if not path.is_file():
        raise UserError(path, "there is no such header", "put it beside the others")
    refuse_wrong(path)
    with parsing(path):
        header = wfdb.rdheader(str(path.absolute().with_suffix("")))
        if not header.fs or not np.isfinite(header.fs) or header.fs <= 0:
            raise UserError(path, f"has a sampling rate of {header.fs}", "mend the header")
    return header


def _signals(path: Path, header: Any, source: Path) -> Iterator[Record]:
    import wfdb

    if not header.n_sig:
        yield Record(np.empty((0, 0), dtype=np.float32), (), (), times=np.empty(0), source=str(source))
        return
    _check(path, header)
    with parsing(path):
        found = wfdb.rdrecord(str(path.absolute().with_suffix("")), smooth_frames=False, return_res=32)
        names, signals = named(found.sig_name), found.e_p_signal
        groups: dict[int, list[int]] = defaultdict(list)
        for place, per_frame in enumerate(found.samps_per_frame):
            groups[per_frame].append(place)
    for per_frame, places in groups.items():
        yield Record(
            np.column_stack([signals[place] for place in places]).astype(np.float32, copy=False), tuple(names[place] for place in places),
            tuple(found.units[place] or "" for place in places), fs=float(found.fs * per_frame), source=str(source),
        )  # fmt: skip


def _check(path: Path, header: Any) -> None:
    """The signal files are there, beside the header, and as long as it says."""
    files: dict[str, list[int]] = defaultdict(list)
    if not header.file_name:
        raise UserError(path, f"promises {header.n_sig} signals and describes none", "copy it anew")
    for place, name in enumerate(header.file_name):
        files[_inside(path, name)].append(place)
    for name, places in files.items():
        file = path.parent / name
        if not file.is_file():
            raise UserError(path, f"its signal file '{name}' is not there", "put it beside the header")
        if not file.resolve().is_relative_to(path.parent.resolve()):
            raise UserError(path, f"its signal file '{name}' is a link out of the folder", "put the file itself there")
        width = BYTES.get(header.fmt[places[0]])
        if width is None or not header.sig_len:
            continue  # compressed, or a header that leaves the length to the file
        frame = sum(header.samps_per_frame[place] or 1 for place in places) * width  # bytes
        needed = (header.byte_offset[places[0]] or 0) + ceil(header.sig_len * frame)
        size = file.stat().st_size
        if size < needed:
            raise UserError(file, f"is cut short at byte {size}: '{path.name}' promises {needed}", "copy it anew")
        beyond = float((size - needed) / frame) / header.fs
        if beyond > 1:  # less may be padding
            log.warning("%s: holds %.0f s more than '%s' promises, which are left out", file, beyond, path.name)


def _annotations(path: Path, header: Any) -> pd.DataFrame:
    """Annotations of the `.atr` file, if there is one."""
    import wfdb

    file = path.with_suffix(".atr")
    if not file.is_file():
        return no_annotations()
    with parsing(file):
        refuse_damaged(file)
        found = wfdb.rdann(str(path.absolute().with_suffix("")), "atr")
        onset = np.asarray(found.sample, dtype=float) / (found.fs or header.fs)
        return pd.DataFrame({"onset": onset, "duration": 0.0, "label": pd.Series(list(found.symbol), dtype=object)})
