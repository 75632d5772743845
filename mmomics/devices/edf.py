"""EDF, EDF+ and BDF: polysomnography, EEG, bedside monitors (Kemp and Olivan 2003, 10.1016/S1388-2457(03)00123-8)."""

from __future__ import annotations

import logging
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmomics.config.modality import Device
from mmomics.devices import _clock
from mmomics.devices.contract import parsing
from mmomics.devices.record import Record, named, no_annotations
from mmomics.errors import UserError

log = logging.getLogger(__name__)
SUFFIXES = (".edf", ".bdf", ".rec")
MICRO = "\ufffd"  # the sign for micro, which EDF does not know and amplifiers write all the same, as the library reads it
BLOCK = 1 << 20  # samples that are turned into physical units at a time
# number of each signal, bytes of the header of one signal before it, kind
FIELDS: tuple[tuple[str, int, Callable[[bytes], float]], ...] = (
    ("physical minimum", 104, float), ("physical maximum", 112, float), ("digital minimum", 120, int), ("digital maximum", 128, int),
    ("samples of a data record", 216, int),
)  # fmt: skip
SPARSE = 8  # gaps of a discontinuous file are filled with NaN while it gets no longer than so many times what was recorded


def read(path: Path, device: Device) -> Iterator[Record]:
    """One record per sampling rate, in physical units; see `Format.read`.

    Gaps of a discontinuous file are NaN, or show in `times` where data records do not fall on the grid of the samples. A date that was
    made anonymous reads 1985-01-01, with the true time of day. The name of the patient in the header is not used. A file of annotations
    alone (hypnogram) gives one record without channels.
    """
    with warnings.catch_warnings(), parsing(path):
        warnings.simplefilter("ignore")  # dates that differ between two header fields, ranges of no width
        edf = _open(path)
        start, begins, notes = _start(edf, path), _begins(edf, path), _annotations(edf)
        rates: dict[float, list[Any]] = defaultdict(list)
        names = dict(zip(map(id, edf.signals), named([signal.label for signal in edf.signals]), strict=True))
        wanted = {name.strip() for names in device.channels.values() for name in ([names] if isinstance(names, str) else names)}
        for signal in edf.signals:
            if signal.samples_per_data_record < 1:
                raise UserError(path, f"signal '{signal.label}' has no samples", "copy it anew")
            if wanted and names[id(signal)] not in wanted and _flat(signal):
                continue
            _scaled(signal, edf, path)
            rates[signal.samples_per_data_record / edf.data_record_duration].append(signal)
    start = _clock.placed(start, device, path)
    if not edf.signals:
        yield Record(np.empty((0, 0), dtype=np.float32), (), (), times=np.empty(0), start=start, annotations=notes, source=str(path))
    for fs, signals in rates.items():
        with warnings.catch_warnings(), parsing(path):
            warnings.simplefilter("ignore")
            values = np.empty((edf.num_data_records * signals[0].samples_per_data_record, len(signals)), dtype=np.float32)
            for column, signal in enumerate(signals):
                _fill(values[:, column], signal, edf)
        values, times = _spread(values, signals[0].samples_per_data_record, fs, begins)
        units = tuple(signal.physical_dimension.replace(MICRO, "u") for signal in signals)
        yield Record(
            values, tuple(names[id(signal)] for signal in signals), units,
            fs=fs if times is None else None, times=times, start=start, annotations=notes, source=str(path),
        )  # fmt: skip


def _open(path: Path) -> Any:
    """The file with its header checked against its size, so that a truncated one is not read as a short one."""
    import edfio

    with path.open("rb") as file:
        head = file.read(256)
    size = path.stat().st_size
    if len(head) < 256:
        raise UserError(path, f"ends at byte {len(head)} within the header of 256 bytes", "copy it anew")
    if head[:8] not in (b"0       ", b"\xffBIOSEMI"):
        raise UserError(f"{path} byte 0", f"begins with {head[:8]!r}, which is neither EDF nor BDF", "set `format` to what it is")
    numbers = {}
    for name, low, high in (("bytes in the header", 184, 192), ("data records", 236, 244), ("signals", 252, 256)):
        try:
            numbers[name] = int(head[low:high])
        except ValueError as error:
            raise UserError(f"{path} byte {low}", f"{name}: {head[low:high]!r} is not a number", "copy it anew") from error
    width = 256 * (numbers["signals"] + 1)
    if numbers["signals"] < 1 or numbers["bytes in the header"] != width:
        raise UserError(
            f"{path} byte 184", f"a header of {numbers['bytes in the header']} bytes does not fit {numbers['signals']} signals ({width})",
            "copy it anew",
        )  # fmt: skip
    _duration(path, head, numbers["signals"])
    if size < width:
        raise UserError(path, f"ends at byte {size} within the header of {width} bytes", "copy it anew")
    bdf = head[:1] == b"\xff"
    _fields(path, numbers["signals"])
    edf = (edfio.read_bdf if bdf else edfio.read_edf)(path)
    samples = sum(signal.samples_per_data_record for signal in edf._signals)
    if samples < 1:
        raise UserError(f"{path} byte 256", "no signal has samples", "copy it anew")
    there = (size - width) // (samples * (3 if bdf else 2))
    if numbers["data records"] > there:
        needed = width + numbers["data records"] * samples * (3 if bdf else 2)
        raise UserError(path, f"is cut short at byte {size}: its header promises {needed}", "copy it anew")
    if -1 != numbers["data records"] < there:  # -1: the recorder did not come to count them
        raise UserError(
            f"{path} byte 236", f"the header promises {numbers['data records']} data records, the file holds {there}",
            "export it anew, or write -1 there if all are of the record",
        )  # fmt: skip
    return edf


def _duration(path: Path, head: bytes, n_signals: int) -> None:
    """Data records that last nothing are only of files of annotations."""
    try:
        seconds = float(head[244:252])
    except ValueError as error:
        raise UserError(f"{path} byte 244", f"seconds of a data record: {head[244:252]!r} is not a number", "copy it anew") from error
    with path.open("rb") as file:
        file.seek(256)
        labels = [file.read(16).strip() for _ in range(n_signals)]
    if not 0 < seconds < np.inf and any(label and not label.endswith(b" Annotations") for label in labels):
        raise UserError(f"{path} byte 244", f"a data record lasts {seconds:g} s, so its signals have no rate", "mend the header")


def _fields(path: Path, n_signals: int) -> None:
    """Numbers of the header that every signal has."""
    with path.open("rb") as file:
        head = file.read(256 * (n_signals + 1))
    for what, before, kind in FIELDS:
        for signal in range(n_signals):
            place = 256 + before * n_signals + 8 * signal
            field = head[place : place + 8]
            try:
                number = kind(field)
            except ValueError:
                number = np.nan
            if not np.isfinite(number):
                label = head[256 + 16 * signal : 272 + 16 * signal].decode("latin-1").strip()
                raise UserError(
                    f"{path} byte {place}", f"signal '{label}', {what}: {field!r} is not a number", "mend the header, or copy it anew"
                )


def _flat(signal: Any) -> bool:
    """Whether the header gives no range to scale by."""
    return any(low == high for low, high in (signal.physical_range, signal.digital_range))


def _scaled(signal: Any, edf: Any, path: Path) -> None:
    """Refuse a signal whose values cannot be turned into physical units: what they mean is anyone's guess."""
    place = next(at for at, each in enumerate(edf._signals) if each is signal)
    for what, (low, high), before in (("physical", signal.physical_range, 104), ("digital", signal.digital_range, 120)):
        if low == high:
            raise UserError(
                f"{path} byte {256 + before * len(edf._signals) + 8 * place}",
                f"the header gives signal '{signal.label}' a {what} minimum and maximum of {low:g}, so its values have no scale",
                "mend the header, or name the other channels in `channels`",
            )  # fmt: skip


def _start(edf: Any, path: Path) -> pd.Timestamp | None:
    """Start of the first data record; None, and a word, where the header has no valid date and time."""
    from edfio import AnonymizedDateError

    try:
        time = edf.starttime
        try:
            day = edf.startdate
        except AnonymizedDateError:
            day = date(1985, 1, 1)
        except ValueError:
            day = edf.recording.startdate  # of EDF+, where the field of EDF is damaged
        return pd.Timestamp.combine(day, time)
    except ValueError:
        with path.open("rb") as file:
            file.seek(168)
            day_time = file.read(16).decode("latin-1")
        log.warning("%s byte 168: '%s %s' is no date and time, so the record has no clock", path, day_time[:8], day_time[8:])
        return None


def _begins(edf: Any, path: Path) -> np.ndarray | None:
    """Start of every data record of a discontinuous file: float64 (n_records,), seconds since the first; None where continuous."""
    from edfio.edf_annotations import _get_data_record_onset  # the library keeps the onsets to itself

    if not edf.reserved.startswith(("EDF+D", "BDF+D")):
        return None
    keeper = edf._timekeeping_signal
    onsets = [float(_get_data_record_onset(each)) for each in keeper.digital.reshape(-1, keeper._bytes_per_data_record)]
    begins = np.array(onsets) - onsets[0]
    back = np.flatnonzero(np.diff(begins) < edf.data_record_duration * (1 - 1e-6))
    if len(back):
        raise UserError(
            f"{path} data record {back[0] + 2}", f"begins {begins[back[0] + 1]:g} s after the first, before the one ahead of it ends",
            "the file was pasted together from overlapping ones: split it",
        )  # fmt: skip
    return None if np.allclose(np.diff(begins), edf.data_record_duration) else begins


def _annotations(edf: Any) -> pd.DataFrame:
    found = [each for each in edf.annotations if each.text]
    if not found:
        return no_annotations()
    table = pd.DataFrame({"onset": [each.onset for each in found], "duration": [each.duration for each in found]}, dtype=float)
    return table.assign(label=pd.Series([each.text for each in found], dtype=object))


def _fill(out: np.ndarray, signal: Any, edf: Any) -> None:
    """Physical values of one signal, a few data records at a time."""
    per = signal.samples_per_data_record
    low, high = signal.digital_range
    bottom, top = signal.physical_range
    gain = (top - bottom) / (high - low)
    shift = bottom / gain - low
    lazy = signal._lazy_loader
    step = max(BLOCK // per, 1)
    for first in range(0, edf.num_data_records, step):
        last = min(first + step, edf.num_data_records)
        digital = lazy.load(first, last) if lazy is not None else signal.digital[first * per : last * per]
        out[first * per : last * per] = (digital + shift) * gain


def _spread(values: np.ndarray, per: int, fs: float, begins: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Values (n_times, n_channels) with the gaps between data records as NaN, or with explicit times where they fit no grid."""
    if begins is None:
        return values, None
    places = begins * fs
    whole = np.round(places).astype(np.int64)
    total = int(whole[-1]) + per
    if np.abs(places - whole).max() < 1e-3 and total <= SPARSE * len(values):
        out = np.full((total, values.shape[1]), np.nan, dtype=np.float32)
        out[(whole[:, None] + np.arange(per)).ravel()] = values
        return out, None
    return values, (begins[:, None] + np.arange(per) / fs).ravel()
