"""The network that is trained: a linear path, a fusion method, and a read-out that starts at nought."""

from __future__ import annotations

from torch import Tensor, nn

from mmomics.fusion.contract import Method
from mmomics.nn.encoders import stack_seen
from mmomics.nn.layers import Linear
from mmomics.training.linear_path import LinearPath


class FusionModel(nn.Module):
    """Linear predictor = linear path + read-out of the method's embedding.

    The read-out starts at zero, so before the first step the model is the linear solution, and early stopping keeps it there
    unless the network does better on held-out rows.
    """

    def __init__(self, method: Method, n_out: int) -> None:
        super().__init__()
        streams = method.streams
        self.method = method
        self.path = LinearPath(len(streams), len(method.n_vars)).to(streams.device)
        self.readout = Linear(streams, method.n_latent, n_out, zero=True)

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor], scores: Tensor) -> tuple[Tensor, Tensor]:
        """Linear predictor (n_members, n_obs, n_out) and embedding (n_members, n_obs, n_latent)."""
        z = self.method.encode(x, seen)
        return self.path(scores, stack_seen(seen, self.method.n_vars)) + self.readout(z), z

    def step(
        self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor], scores: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Linear predictor of a training minibatch and the method's own loss terms."""
        z, terms = self.method.step(x, seen, shown)
        return self.path(scores, stack_seen(shown, self.method.n_vars)) + self.readout(z), terms
