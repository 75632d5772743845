"""What was recorded of whom: the table that `align` writes of every specimen and device."""

from __future__ import annotations

from collections.abc import Mapping

import anndata
import pandas as pd

from mmomics.cohort.ids import Roster

STATUS = ("record", "start", "stop", "minutes", "coverage", "status")  # columns of a device modality's `obs`


def table(devices: Mapping[str, anndata.AnnData], roster: Roster) -> pd.DataFrame:
    """Every specimen of the cohort by device: columns modality, sample, subject, record, start, stop, minutes, coverage, status."""
    tables = []
    for name, assay in devices.items():
        found = assay.obs[list(STATUS)].reindex(roster.names)
        found = found.fillna({"record": "", "start": "", "stop": "", "minutes": 0.0, "coverage": 0.0, "status": "no record"})
        found.insert(0, "subject", roster.subjects)
        found.insert(0, "sample", roster.names)
        found.insert(0, "modality", name)
        tables.append(found)
    columns = ["modality", "sample", "subject", *STATUS]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
