"""Records of one device as AnnData: a row per specimen, the features of its stretch, and what was recorded when."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.assays.contract import RECORD
from mmomics.cohort.odd import Odd
from mmomics.cohort.owners import Known, by_owner
from mmomics.cohort.stretch import Stretch, cut
from mmomics.cohort.told import OK, Signal, asked
from mmomics.config.modality import Device
from mmomics.config.samples import Samples
from mmomics.devices.record import Record
from mmomics.errors import UserError, count
from mmomics.signals import _channels

log = logging.getLogger(__name__)
OTHER, EMPTY = "no such channel", "no reading in its file"


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
        meaning and reference; `obs` has the record's file, its start and stop, minutes recorded, coverage (0..1) and share of readings
        that cannot be, and when the specimen was taken;
        ``obsm["signal"]`` (n_specimens, n_channels, n_times) if windows are asked for.

    Raises
    ------
    UserError
        If a file cannot be read, no record has the channels, or a clock is needed and lacking.
    """
    where = f"modalities.{name}"
    _channels.check(device, where)
    signal = Signal.of(device, where)
    known = Known(device, samples, frame, where)
    rows: list[dict[str, Any]] = []
    values: list[np.ndarray] = []
    windows: list[np.ndarray | None] = []
    lacking: UserError | None = None
    without: list[UserError] = []
    empty: list[UserError] = []
    odd = Odd(name, device, signal)
    for n_read, (owners, records) in enumerate(by_owner(device, folder, where, known, empty), 1):
        if n_read % 50 == 0:
            log.info("%s: records of %d subjects read", name, n_read)
        chosen = _channels.choose(records, device, where) if records else []
        lacking = lacking or (None if chosen or not records else _channels.lacking(records, device, where))
        if chosen and signal.roles:
            there = {record.source for record in chosen}
            others = [record for record in records if record.source not in there and record.channels]
            without += [_channels.lacking(own, device, where) for own in _by_source(others)]
        odd.add(chosen, shifted=any(map(known.shift, owners)))
        for row in owners:
            stretch = (
                cut(known.on_time(row, chosen), device.align, known.time(row), where)
                if chosen
                else Stretch(None, why=OTHER if records else EMPTY)
            )
            about, made = signal.told(stretch, device.min_coverage)
            rows.append({"row": row, **about, **asked(stretch, known.time(row), known.shift(row))})
            values.append(made)
            if device.windows:
                windows.append(signal.window(stretch.record, device.windows) if about["status"] == OK and stretch.record else None)
    if lacking and all(about["status"] in (OTHER, EMPTY) for about in rows):
        raise lacking
    if empty and all(about["status"] == EMPTY for about in rows):
        raise empty[0]
    if empty:
        log.warning(
            "%s: %s no reading and %s left out", name, count(len(empty), "file holds", "files hold"), "is" if len(empty) == 1 else "are"
        )
    if without:
        n = count(len(without), "file is", "files are")
        log.warning("%s: %s left out, though others of the same subject tell: %s", name, n, without[0])
    odd.tell()
    obs = pd.DataFrame(rows).set_index("row").rename_axis(None)
    twice = obs.index[obs.index.duplicated()]
    if len(twice):
        raise UserError(
            where, f"ids of several records mean the same row of the samples table ('{twice[0]}')", "mend `files` or `subject_pattern`"
        )
    obs.insert(0, keys.SUBJECT, obs.index.to_numpy())
    assay = anndata.AnnData(np.array(values, dtype=np.float32).reshape(len(rows), len(signal.features)), obs=obs, var=signal.var)
    assay.uns |= {"kind": device.signal, "values": RECORD}
    shape = next((each.shape for each in windows if each is not None), None)
    if device.windows and shape:
        assay.obsm["signal"] = np.stack([np.full(shape, np.nan, dtype=np.float32) if each is None else each for each in windows])
        assay.uns["signal"] = {"fs": device.windows.fs, "channels": signal.windowed}
    return assay


def _by_source(records: list[Record]) -> list[list[Record]]:
    """The records of each file."""
    return [[record for record in records if record.source == source] for source in dict.fromkeys(record.source for record in records)]
