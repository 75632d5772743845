"""What coordinated representations share: a view of the subject per modality, and one embedding made of them."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from mmomics.fusion import contract
from mmomics.nn.streams import Streams
from mmomics.nn.views import Views


class Coordinated(contract.Method):
    """One encoder and projection per modality; the embedding is the mean over what is seen, and a layer on it."""

    def __init__(self, n_vars: dict[str, int], params: Any, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        self.n_latent = params.n_latent
        self.views = Views(streams, n_vars, params.n_hidden, params.n_latent, params.dropout, params.input_dropout)

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        return self.views.fused(self.views(x, seen), seen)
