"""Bring an assay to the scale that models take, one sample at a time."""

from __future__ import annotations

from collections.abc import Sequence

import anndata
import numpy as np

from mmomics import keys
from mmomics.assays import contract
from mmomics.normalization import contract as normalization


def normalize(assay: anndata.AnnData, steps: Sequence[str] | None = None, where: str | None = None) -> anndata.AnnData:
    """Normalise an assay sample by sample.

    Parameters
    ----------
    assay : AnnData (n_samples, n_features)
        As ingested: `uns` has its kind and the scale of its values. Features of a device's records pass through.
    steps : sequence of str, optional
        Sample-wise steps in order, in place of those of the scale; an empty one leaves the values as they are.
    where : str, optional
        The modality, for messages; its kind if not given.

    Returns
    -------
    AnnData (n_samples, n_features)
        `X` normalised (float32), ``layers["measured"]`` as ingested (the argument's own `X`), ``uns["normalize"]`` the steps taken (array
        of str).

    Raises
    ------
    UserError
        If there is no such step, or it cannot take the values.
    """
    where = where or f"assay of kind {assay.uns['kind']}"
    taken = contract.recipe(assay.uns["kind"], assay.uns["values"], steps, where)
    uns = {**assay.uns, "normalize": np.array(taken, dtype=object)}
    normal = anndata.AnnData(normalization.apply(taken, assay.X, where), assay.obs.copy(), assay.var.copy(), uns, obsm=dict(assay.obsm))
    normal.layers[keys.MEASURED] = assay.X
    return normal
