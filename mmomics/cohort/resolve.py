"""From samples to rows of the cohort: which sample is whose, and one row of several replicates."""

from __future__ import annotations

import logging

import anndata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.assays.contract import scale
from mmomics.cohort.aside import only, others, quantities
from mmomics.cohort.ids import Roster
from mmomics.cohort.records import STATUS
from mmomics.config.cohort import Cohort
from mmomics.config.modality import Assay
from mmomics.errors import UserError

log = logging.getLogger(__name__)


def measured(name: str, assay: anndata.AnnData) -> anndata.AnnData:
    """The samples that hold a value: joined tables carry an empty row for everybody whom an assay lacks."""
    empty = np.isnan(assay.X).all(1)
    if empty.any():
        # of records, the table of records says for each why
        level = logging.INFO if STATUS[-1] in assay.obs else logging.WARNING
        log.log(level, "modality %s: %d of %d samples hold no value and count as not measured", name, empty.sum(), len(empty))
    return assay[~empty].copy() if empty.any() else assay


def resolve(name: str, given: anndata.AnnData, roster: Roster, cohort: Cohort) -> anndata.AnnData:
    """A modality with one row per row of the cohort.

    Parameters
    ----------
    name : str
        The modality.
    given : AnnData (n_samples, n_features)
        As `normalize` gives it.
    roster : Roster
        Which row of the cohort an id means; an id that it does not know is a row itself, and the id of a subject means all visits.
    cohort : Cohort
        Says what to do with several samples of one row.

    Raises
    ------
    UserError
        If there are several and `replicates` is ``error``.
    """
    setting = cohort.modalities[name]
    named = given.obs[keys.SUBJECT].astype(str).tolist()
    # records were cut for rows of the cohort already
    replicates, places = "error", [[row] for row in named]
    if isinstance(setting, Assay):
        replicates, places = merging(setting), roster.rows(named, setting.ignore_case, f"modality {name}")
    sample = np.repeat(np.arange(given.n_obs), [len(rows) for rows in places])
    row = np.array([each for rows in places for each in rows], dtype=object)
    names, first, counts = np.unique(row.astype(str), return_index=True, return_counts=True)
    if (counts > 1).any() and replicates == "error":
        raise UserError(
            f"modality {name}", f"{(counts > 1).sum()} subjects have several samples, the first is '{names[counts.argmax()]}'",
            "set `replicates` to mean, max or first",
        )  # fmt: skip
    if (counts > 1).any() and (differ := quantities(given.obs_names.astype(str), named)):
        log.warning(
            "modality %s: the samples of a subject are told apart by '%s' in their names: these look like several quantities of one "
            "sample, not like replicates, and are merged (%s); keep one of them in the file",
            name, "', '".join(differ[:3]), replicates,
        )  # fmt: skip
    elif (counts > 1).any() and (apart := others(given.obs_names.astype(str), named)):
        log.warning(
            "modality %s: the samples of a subject are told apart by '%s' in their names: these look like tissues or times, not like "
            "replicates, and are merged (%s); %s",
            name, "', '".join(apart[:3]), replicates,
            f'`subject_pattern: "{only(apart[0])}"` leaves out all but -{apart[0]}' if apart[0].isdigit() else
            "leave one kind in the file, or keep visits (`samples.visits`)",
        )  # fmt: skip
    keep = np.sort(first)
    # where every sample is a row, its values are those of `given`, and not copied
    kept = slice(None) if np.array_equal(sample[keep], np.arange(given.n_obs)) else sample[keep]
    merged = (counts > 1).any() and replicates in ("mean", "max")
    x, raw = (_merged(x[sample], row, replicates) if merged else x[kept] for x in (given.X, given.layers[keys.MEASURED]))
    obs = pd.DataFrame(index=pd.Index(row[keep].astype(object)))
    signal = {key: each[kept] for key, each in given.obsm.items()}
    return anndata.AnnData(x, obs, given.var.copy(), dict(given.uns), obsm=signal, layers={keys.MEASURED: raw})


def merging(setting: Assay) -> str:
    """What becomes of several samples of one row: what the user says, or else what suits the scale."""
    return setting.replicates or scale(setting.kind, setting.values, "replicates")[1].replicates


def _merged(x: np.ndarray, subject: np.ndarray, how: str) -> np.ndarray:
    """One row per subject in order of first appearance; what is missing from some samples is that of the others."""
    return pd.DataFrame(x).groupby(subject, sort=False).agg(how).to_numpy(dtype=np.float32)
