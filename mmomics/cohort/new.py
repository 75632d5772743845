"""New subjects in files of a known layout: no outcome, and any assay may be absent."""

from __future__ import annotations

from pathlib import Path

from mmomics.cohort import samples, table
from mmomics.cohort.align import align_new
from mmomics.cohort.data import CohortData, from_mudata
from mmomics.cohort.device import ingest as ingest_device
from mmomics.cohort.ingest import ingest
from mmomics.cohort.normalize import normalize
from mmomics.config import recordings
from mmomics.config.cohort import Cohort
from mmomics.config.table import Table


def read_new(cohort: Cohort, folder: str | Path) -> CohortData:
    """Read, normalise and align whatever files of a cohort are there.

    Parameters
    ----------
    cohort : Cohort
        The layout: what each file would be.
    folder : path
        Where the files lie. An assay whose files are not there is not measured; without a samples table there are no covariates.

    Returns
    -------
    CohortData
        `obs` holds the covariates, no outcome.

    Raises
    ------
    UserError
        If a file that is there cannot be read, or none is there.
    """
    rows = samples.read(cohort.samples, folder) if _there(cohort.samples, folder) else None
    assays = {
        name: normalize(ingest(name, assay, folder), assay.normalize, f"modality {name}")
        for name, assay in cohort.assays.items()
        if _there(assay, folder)
    }
    for name, device in cohort.devices.items():
        if recordings.there(device, folder):
            assays[name] = normalize(ingest_device(name, device, folder, cohort.samples, rows))
    return from_mudata(align_new(cohort, assays, rows))


def _there(files: Table, folder: str | Path) -> bool:
    """Whether any file of a table is there; if one of several is not, the reader says so."""
    return any(path.is_file() for path in table.paths(files, folder).values())
