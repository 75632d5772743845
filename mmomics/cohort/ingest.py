"""One assay's native files as AnnData: samples x features, as measured, each sample with its subject."""

from __future__ import annotations

import re
from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.assays import contract
from mmomics.cohort import table
from mmomics.config.modality import Assay
from mmomics.errors import UserError, listed


def ingest(name: str, modality: Assay, folder: str | Path) -> anndata.AnnData:
    """Read an assay and check its values.

    Parameters
    ----------
    name : str
        The modality, for messages.
    modality : Assay
        What its files are.
    folder : path
        Where they lie.

    Returns
    -------
    AnnData (n_samples, n_features)
        `X` float32 as measured, NaN = missing; ``obs["subject"]``; ``obs["part"]`` where files were stacked; ``uns["kind"]``
        and ``uns["values"]``.

    Raises
    ------
    UserError
        If the files cannot be read, or their ids or values are not what the settings say.
    """
    where = f"modality {name}"
    values, scale = contract.scale(modality.kind, modality.values, where)
    frame, part = table.read(modality, folder)
    obs = pd.DataFrame({keys.SUBJECT: _subjects(where, modality, frame)}, index=frame.index)
    if part is not None:
        obs[keys.PART] = part
    contract.check(scale, frame, where)
    x = np.ascontiguousarray(frame.to_numpy(dtype=np.float32))
    return anndata.AnnData(x, obs=obs, var=pd.DataFrame(index=frame.columns), uns={"kind": modality.kind, "values": values})


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


def _subjects(where: str, modality: Assay, frame: pd.DataFrame) -> list[str]:
    if modality.subject_pattern is None:
        return list(frame.index)
    try:
        pattern = re.compile(modality.subject_pattern)
    except re.error as error:
        raise UserError(f"{where}: subject_pattern", f"is no regular expression ({error})", "mend it") from error
    if pattern.groups < 1:
        raise UserError(f"{where}: subject_pattern", "has no group", "put the subject's part in brackets: ^(.{12})")
    matches = [pattern.search(sample) for sample in frame.index]
    unmatched = [sample for sample, match in zip(frame.index, matches, strict=True) if not match or not match[1]]
    if unmatched:
        cure = "mend the pattern"
        if len(unmatched) == len(matches) and all(pattern.search(feature) for feature in frame.columns):
            other = "samples_in_columns" if modality.orientation == "samples_in_rows" else "samples_in_rows"
            cure = f"the features match it: set `orientation: {other}`"
        raise UserError(where, f"{len(unmatched)} of {len(matches)} sample ids do not match `subject_pattern` ({listed(unmatched)})", cure)
    return [match[1] for match in matches if match]
