"""Bring an assay to the scale that models take, one sample at a time."""

from __future__ import annotations

import anndata
import numpy as np

from mmomics import keys
from mmomics.assays import contract


def normalize(assay: anndata.AnnData) -> anndata.AnnData:
    """The assay with `X` normalised sample-wise (float32) and ``layers["measured"]`` as ingested."""
    scale = contract.scale(assay.uns["kind"], assay.uns["values"], "assay")[1]
    normal = assay.copy()
    normal.layers[keys.MEASURED] = assay.X
    normal.X = scale.normalise(assay.X).astype(np.float32)
    return normal
