"""Records of one device as AnnData: a row per specimen, the features of its stretch, and what was recorded when."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd

from mmomics import keys, plugins
from mmomics.cohort import ids, specimens
from mmomics.cohort import samples as samples_table
from mmomics.cohort.records import STATUS
from mmomics.cohort.stretch import Stretch, cut
from mmomics.config import recordings
from mmomics.config.modality import Device
from mmomics.config.samples import Samples
from mmomics.devices.contract import choose
from mmomics.devices.record import SECOND, Record
from mmomics.errors import UserError
from mmomics.signals import _channels, _coverage, contract

log = logging.getLogger(__name__)
OK, SHORT, FAILED = "ok", "too little coverage", "nothing to tell"


def ingest(name: str, device: Device, folder: str | Path, samples: Samples, frame: pd.DataFrame | None) -> anndata.AnnData:
    """Read a device's records one subject at a time, and make features of what belongs to each specimen.

    Parameters
    ----------
    name : str
        The modality, for messages.
    device : Device
        What its files are.
    folder : path
        Where they lie.
    samples : Samples
        How the samples table says when specimens were taken.
    frame : DataFrame or None
        The samples table as read; None: nobody is known, every id is a row of its own and only whole records can be used.

    Returns
    -------
    AnnData (n_specimens, n_features)
        One row per specimen whose subject has a record. `X` float32, all NaN where `obs["status"]` is not ok; `var` has unit,
        meaning and reference; `obs` has the record's file, its start and stop, minutes recorded and coverage (0..1);
        ``obsm["signal"]`` (n_specimens, n_channels, n_times) if windows are asked for.

    Raises
    ------
    UserError
        If a file cannot be read, no record has the channels, or a clock is needed and lacking.
    """
    where = f"modalities.{name}"
    kind = plugins.load("signals", device.signal, f"{where}.signal")
    params = contract.params(device, where)
    features = contract.features_of(kind, device)
    known = _Known(device, samples, frame, where)
    roles = _roles(kind, device)
    rows: list[dict[str, Any]] = []
    values: list[np.ndarray] = []
    windows: list[np.ndarray | None] = []
    for n_read, (subject, records) in enumerate(_by_subject(device, folder, where), 1):
        if n_read % 50 == 0:
            log.info("%s: records of %d subjects read", name, n_read)
        chosen = _channels.choose(records, device, where)
        for row in known.rows(subject):
            stretch = cut(known.on_time(row, chosen), device.align, known.time(row), where)
            about, made = _told(kind, stretch, device, params, [feature.name for feature in features])
            rows.append({"row": row, **about})
            values.append(made)
            if device.windows:
                windows.append(_window(stretch.record, roles, device) if about["status"] == OK and stretch.record else None)
    obs = pd.DataFrame(rows).set_index("row").rename_axis(None)
    twice = obs.index[obs.index.duplicated()]
    if len(twice):
        raise UserError(
            where, f"ids of several records mean the same row of the samples table ('{twice[0]}')", "mend `files` or `subject_pattern`"
        )
    obs.insert(0, keys.SUBJECT, obs.index.to_numpy())
    var = pd.DataFrame(
        {
            "unit": [each.unit for each in features],
            "meaning": [each.meaning for each in features],
            "reference": [each.reference for each in features],
        },
        index=[each.name for each in features],
    )
    assay = anndata.AnnData(np.array(values, dtype=np.float32).reshape(len(rows), len(features)), obs=obs, var=var)
    assay.uns |= {"kind": device.signal, "values": "record"}
    shape = next((each.shape for each in windows if each is not None), None)
    if device.windows and shape:
        assay.obsm["signal"] = np.stack([np.full(shape, np.nan, dtype=np.float32) if each is None else each for each in windows])
        assay.uns["signal"] = {"fs": device.windows.fs, "channels": roles}
    return assay


class _Known:
    """Rows of the cohort, their times and the shifts of the device's clock."""

    def __init__(self, device: Device, samples: Samples, frame: pd.DataFrame | None, where: str) -> None:
        self.device, self.where = device, where
        if frame is None:
            if device.align.window != "whole" or device.clock_shift:
                raise UserError(f"{where}.align", "the samples table is not there to say when specimens were taken", "give it")
            self.roster, self.times, self.shifts = ids.Roster(np.array([]), np.array([]), {}), None, None
            return
        self.roster = samples_table.roster(samples, frame)
        found = specimens.rows(samples, frame)
        if device.align.window != "whole" and samples.time is None:
            raise UserError(
                f"{where}.align", f"the window is '{device.align.window}', but no time of the specimens is known", "set `samples.time`"
            )
        self.times, self.shifts = specimens.times(samples, found), specimens.shifts(device, found, where)

    def rows(self, subject: str) -> list[str]:
        found = ids.extract(self.device.subject_pattern, [subject], self.where)
        return self.roster.rows(found, self.device.ignore_case)[0]

    def time(self, row: str) -> pd.Timestamp | None:
        return None if self.times is None else self.times.get(row)

    def on_time(self, row: str, records: list[Record]) -> list[Record]:
        shift = 0.0 if self.shifts is None else float(self.shifts.get(row, 0.0))
        if not shift:
            return records
        return [replace(record, start=None if record.start is None else record.start - shift * SECOND) for record in records]


def _by_subject(device: Device, folder: str | Path, where: str) -> Iterator[tuple[str, list[Record]]]:
    for subject, paths in recordings.find(device, folder, where).items():
        records = [record for path in paths for record in choose(path, device).read(path, device)]
        if subject is not None:
            yield subject, records
            continue
        many: dict[str, list[Record]] = {}
        for record in records:
            if record.subject is None:
                raise UserError(
                    record.source, "says not whose record it is", f"set `{where}.subject` to the column, or write {{subject}} in `files`"
                )
            many.setdefault(record.subject, []).append(record)
        yield from many.items()


def _told(kind: Any, stretch: Stretch, device: Device, params: Any, names: list[str]) -> tuple[dict[str, Any], np.ndarray]:
    """What is said of one stretch: `STATUS`, and its features (n_features,), all NaN unless the status is ok."""
    nothing = np.full(len(names), np.nan, dtype=np.float32)
    record = stretch.record
    if record is None:
        return dict(zip(STATUS, ("", "", "", 0.0, 0.0, stretch.why), strict=True)), nothing
    worn = kind.worn(record, params) if hasattr(kind, "worn") else None
    covered = _coverage.coverage(record, worn, stretch.span, contract.epoch(kind, device))
    clock = ("", "") if record.start is None else (record.start.isoformat(), (record.start + record.duration * SECOND).isoformat())
    about = dict(zip(STATUS, (stretch.source, *clock, round(stretch.span * covered / 60, 3), round(covered, 4), OK), strict=True))
    if covered < device.min_coverage:
        return {**about, "status": SHORT}, nothing
    made = kind.features(record, params)
    values = np.array([made[name] for name in names], dtype=np.float32)
    return ({**about, "status": FAILED}, nothing) if np.isnan(values).all() else (about, np.where(np.isinf(values), np.nan, values))


def _roles(kind: Any, device: Device) -> list[str]:
    """The channels of the windows: those that the user names, or all that the kind needs."""
    return (
        [role for role in kind.ROLES if role in device.channels]
        or [name for name, role in kind.ROLES.items() if role.needed]
        or list(device.channels)
    )


def _window(record: Record, roles: list[str], device: Device) -> np.ndarray:
    """Windows of the signal, float32 (n_channels, n_times); a channel that a record lacks is all NaN."""
    from mmomics.signals import _windows

    assert device.windows is not None
    there = [role for role in roles if role in record.channels]
    found = _windows.cut(record.pick(there), device.windows)
    out = np.full((len(roles), found.shape[1]), np.nan, dtype=np.float32)
    out[[roles.index(role) for role in there]] = found
    return out
