"""Counts per million: every sample scaled to the same sum."""

import numpy as np

from mmomics.normalization.contract import Needs

NEEDS = Needs(low=0)
MILLION = 1e6


def normalize(values: np.ndarray) -> np.ndarray:
    """Each sample (row) scaled to a sum of one million; a missing count adds nothing to the sum, an empty sample stays as it is."""
    import anndata
    import scanpy  # seconds to import: only where counts are

    out = values.copy()
    some = (values > 0).any(axis=1)
    table = anndata.AnnData(np.nan_to_num(values[some], nan=0.0))
    scanpy.pp.normalize_total(table, target_sum=MILLION)
    out[some] = np.where(np.isnan(values[some]), np.nan, table.X)
    return out
