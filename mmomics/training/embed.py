"""The embedding that a trained ensemble has of every subject, as one matrix."""

from __future__ import annotations

import logging

import numpy as np
import torch

from mmomics.cohort.data import CohortData
from mmomics.nn.spectral import svd
from mmomics.training.model import FusionModel
from mmomics.training.predictor import Predictor
from mmomics.training.rows import CHUNK

log = logging.getLogger(__name__)


@torch.no_grad()
def embedding(predictor: object, data: CohortData) -> np.ndarray | None:
    """Embedding of every subject, whatever assays it has; None for a model without one (a baseline, an ensemble of models).

    Members that were kept at the linear solution embed by their random initial weights and are left out; None where all were. The others
    embed by axes of their own, so what is kept are the principal components of their embeddings side by side, as many as one member has
    dimensions, each with its sign such that its largest weight is positive.

    Returns
    -------
    array, float32 (n_obs, n_latent)
    """
    if not isinstance(predictor, Predictor) or not isinstance(predictor.network, FusionModel):
        return None
    network = predictor.network
    trained = network.trained
    if not trained.any():
        log.info("%s kept the linear solution, so its networks learned no embedding: there is none", predictor.method)
        return None
    network.eval()
    x, seen = predictor.tensors(data)
    chunks = torch.arange(len(data.subjects)).split(CHUNK["cpu"])
    parts = [network.method.encode(predictor.widened(x, rows), predictor.widened(seen, rows)) for rows in chunks]
    z = torch.cat(parts, dim=1)[trained]
    wide = z.permute(1, 0, 2).flatten(1)
    centred = (wide - wide.mean(0)).double()
    u, size, axes = svd(centred)
    n = min(z.shape[-1], len(size))
    sign = torch.sign(axes[:n].gather(1, axes[:n].abs().argmax(1, keepdim=True))).squeeze(1)
    out: np.ndarray = (u[:, :n] * size[:n] * sign).float().numpy()
    return out
