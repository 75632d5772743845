"""One assay's native files as AnnData: samples x features, as measured, each sample with the id of whom it is of."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.assays import _names, contract
from mmomics.assays._suspicions import GROUPED
from mmomics.cohort import ids, table
from mmomics.config.modality import Assay
from mmomics.errors import UserError, count, listed
from mmomics.tables.contract import in_rows, ungrouped

log = logging.getLogger(__name__)
SUMS = r"__(?:no_feature|ambiguous\w*|too_low_aQual|not_aligned|alignment_not_unique)|N_(?:unmapped|multimapping|noFeature|ambiguous)"


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
        `X` float32 as measured, NaN = missing, and so all of a sample of which nothing was counted; ``obs["subject"]``, the id by which
        the samples table knows the sample (of a row, or of a subject); ``obs["part"]`` where files were stacked; ``uns["kind"]`` and
        ``uns["values"]``; ``uns["ungrouped"]`` where separators of thousands are suspected.

    Raises
    ------
    UserError
        If the files cannot be read, or their ids or values are not what the settings say.
    """
    where = f"modality {name}"
    values, scale = contract.scale(assay.kind, assay.values, where)

    def owners(found: pd.Index, others: Iterable[str] = ()) -> list[str]:
        columns = not any(in_rows(path, assay) for path in table.paths(assay, folder).values())
        names = ids.extract(assay.subject_pattern, found, where, others, controls=True, columns=columns)
        return ids.mapped(assay.ids, folder, names, where)

    pooled = table.pooled(assay, folder)
    frame, part = table.read(assay, folder, owner=owners if pooled else None)
    if not frame.shape[1]:
        raise UserError(where, "its table has no column beside the ids", "mend `drop`, or `index`")
    frame = _chosen(where, assay, frame)
    if scale.library:
        frame = _features(name, frame)
    for doubt in _names.doubts(assay.kind, frame.columns, frame.to_numpy()):
        log.warning("%s: %s", name, doubt)
    subjects = list(frame.index) if pooled else owners(frame.index, frame.columns)
    obs = pd.DataFrame({keys.SUBJECT: subjects}, index=frame.index)
    if part is not None:
        obs[keys.PART] = part
    contract.check(scale, frame, f"{where} ({', '.join(map(str, table.paths(assay, folder).values()))})")
    x = np.ascontiguousarray(frame.to_numpy(dtype=np.float32))
    if scale.library and (empty := contract.failed(x)).any():
        told = count(int(empty.sum()), "sample of which nothing was counted counts", "samples of which nothing was counted count")
        log.warning("%s: %s as not measured", name, told)
        x[empty] = np.nan
    uns: dict[str, object] = {"kind": assay.kind, "values": values}
    if any(each.name == GROUPED for test in scale.suspicions if (each := test(x)) is not None):
        uns[keys.UNGROUPED] = any(ungrouped(path, assay) for path in table.paths(assay, folder).values())
    return anndata.AnnData(x, obs=obs, var=pd.DataFrame(index=frame.columns), uns=uns)


def _chosen(where: str, assay: Assay, frame: pd.DataFrame) -> pd.DataFrame:
    """The features that `feature_pattern` names."""
    if assay.feature_pattern is None:
        return frame
    wanted = np.array([re.search(assay.feature_pattern, feature) is not None for feature in frame.columns])
    if not wanted.any():
        raise UserError(where, f"no feature matches `feature_pattern` (they are {listed(frame.columns)})", "mend the pattern")
    log.info("%s: %d of %s kept by `feature_pattern`", where, wanted.sum(), count(len(wanted), "feature"))
    return frame.loc[:, wanted]


def _features(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Counts without the sums over reads of no feature that counting programs write among them: they would be the largest genes."""
    sums = frame.columns.str.fullmatch(SUMS)
    if not sums.any():
        return frame
    told = count(int(sums.sum()), "sum over reads of no gene is", "sums over reads of no gene are")
    log.warning("%s: %s left out (%s)", name, told, listed(frame.columns[sums]))
    return frame.loc[:, ~sums]
