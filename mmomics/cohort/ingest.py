"""One assay's native files as AnnData: samples x features, as measured, each sample with the id of whom it is of."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.assays import contract
from mmomics.cohort import ids, table
from mmomics.config.modality import Assay


def ingest(name: str, assay: Assay, folder: str | Path) -> anndata.AnnData:
    """Read an assay and check its values.

    Parameters
    ----------
    name : str
        The modality, for messages.
    assay : Assay
        What its files are.
    folder : path
        Where they lie.

    Returns
    -------
    AnnData (n_samples, n_features)
        `X` float32 as measured, NaN = missing; ``obs["subject"]``, the id by which the samples table knows the sample (of a row, or
        of a subject); ``obs["part"]`` where files were stacked; ``uns["kind"]`` and ``uns["values"]``.

    Raises
    ------
    UserError
        If the files cannot be read, or their ids or values are not what the settings say.
    """
    where = f"modality {name}"
    values, scale = contract.scale(assay.kind, assay.values, where)
    frame, part = table.read(assay, folder)
    found = ids.extract(assay.subject_pattern, frame.index, where, frame.columns)
    obs = pd.DataFrame({keys.SUBJECT: ids.mapped(assay.ids, folder, found, where)}, index=frame.index)
    if part is not None:
        obs[keys.PART] = part
    contract.check(scale, frame, where)
    x = np.ascontiguousarray(frame.to_numpy(dtype=np.float32))
    return anndata.AnnData(x, obs=obs, var=pd.DataFrame(index=frame.columns), uns={"kind": assay.kind, "values": values})


def quality(assay: anndata.AnnData) -> pd.DataFrame:
    """Quality of an assay as measured: columns `metric` and `value`; `n_replicates` counts the samples beyond one per subject."""
    x = assay.X
    missing = np.isnan(x)
    absent = missing.all(axis=0)
    low, high = np.where(missing, np.inf, x).min(axis=0), np.where(missing, -np.inf, x).max(axis=0)
    n_subjects = assay.obs[keys.SUBJECT].nunique()
    metrics: dict[str, float] = {
        "n_samples": assay.n_obs, "n_subjects": n_subjects, "n_replicates": assay.n_obs - n_subjects, "n_features": assay.n_vars,
        "missing_share": round(float(missing.mean()), 6), "all_missing_features": int(absent.sum()),
        "constant_features": int((low == high).sum()),
    }  # fmt: skip
    if contract.scale(assay.uns["kind"], assay.uns["values"], "assay")[1].library:
        sizes = np.quantile(np.nansum(x, axis=1, dtype=np.float64), [0.25, 0.5, 0.75])
        metrics |= {f"library_size_{name}": round(float(size), 3) for name, size in zip(("q25", "median", "q75"), sizes, strict=True)}
    return pd.DataFrame({"metric": list(metrics), "value": pd.Series(list(metrics.values()), dtype=object)})
