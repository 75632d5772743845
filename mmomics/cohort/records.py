"""What was recorded of whom: the table that `align` writes of every specimen and device."""

from __future__ import annotations

from collections.abc import Mapping

import anndata
import pandas as pd

from mmomics.cohort.ids import Roster

STATUS = ("record", "start", "stop", "minutes", "coverage", "status")  # columns of a device modality's `obs`
# further ones: share of the readings that cannot be; when the specimen was taken, the window asked for, seconds taken off the clock; error
# of gravity (mg) as recorded and as calibrated
FURTHER = {
    "impossible": 0.0, "taken": "", "window_start": "", "window_stop": "", "clock_shift": 0.0,
    "gravity_error": float("nan"), "gravity_left": float("nan"),
}  # fmt: skip
TEXT = ("record", "start", "stop", "status", "taken", "window_start", "window_stop")


def table(devices: Mapping[str, anndata.AnnData], roster: Roster) -> pd.DataFrame:
    """Every specimen of the cohort by device: columns modality, sample, subject, those of `STATUS` and of `FURTHER`."""
    tables = []
    for name, assay in devices.items():
        found = assay.obs.reindex(index=roster.names, columns=[*STATUS, *FURTHER]).astype(dict.fromkeys(TEXT, object))
        found = found.fillna({**dict.fromkeys(TEXT, ""), "minutes": 0.0, "coverage": 0.0, "status": "no record", **FURTHER})
        found.insert(0, "subject", roster.subjects)
        found.insert(0, "sample", roster.names)
        found.insert(0, "modality", name)
        tables.append(found)
    columns = ["modality", "sample", "subject", *STATUS, *FURTHER]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
