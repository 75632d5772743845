"""One embedding per modality, all of one width: what methods that coordinate modalities compare, and then fuse."""

from __future__ import annotations

from torch import Tensor, nn

from mmomics.nn.encoders import Encoders, mean_seen
from mmomics.nn.layers import MLP, Linear
from mmomics.nn.streams import Streams


class Views(nn.Module):
    """An encoder and a projection per modality; called with x and seen, {modality: (n_members, n_obs, n_latent)}."""

    def __init__(
        self, streams: Streams, n_vars: dict[str, int], n_hidden: int, n_latent: int, dropout: float, input_dropout: float
    ) -> None:
        super().__init__()
        self.encoders = Encoders(streams, n_vars, [n_hidden], dropout, input_dropout)
        self.project = nn.ModuleDict({name: Linear(streams, n_hidden, n_latent) for name in n_vars})
        self.together = MLP(streams, n_latent, [n_latent], dropout)

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: self.project[name](h) for name, h in self.encoders(x, seen).items()}

    def fused(self, views: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        """The mean over what is seen, and a layer on it (n_members, n_obs, n_latent)."""
        mean = mean_seen(views, seen)
        return mean + self.together(mean)  # a mean alone knows no interaction of modalities
