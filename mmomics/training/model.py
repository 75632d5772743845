"""The network that predicts an outcome: a linear path, a fusion method, and a read-out that starts at nought."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mmomics.fusion.contract import Method
from mmomics.heads.contract import Head
from mmomics.nn.encoders import stack_seen
from mmomics.nn.layers import Linear
from mmomics.training.linear_path import LinearPath
from mmomics.training.rows import Minibatch, Rows

ALSO = 0.5  # weight of all further outcomes together beside the first


class FusionModel(nn.Module):
    """Linear predictor = linear path + read-out of the method's embedding.

    The read-out starts at zero, so before the first step the model is the linear solution, and early stopping keeps it there
    unless the network does better on held-out rows. Further outcomes (`also`, heads by name) are read from the same embedding.
    """

    def __init__(self, method: Method, head: Head, also: Mapping[str, Head] | None = None) -> None:
        super().__init__()
        streams = method.streams
        self.method, self.head = method, head
        self.path = LinearPath(len(streams), len(method.n_vars)).to(streams.device)
        self.readout = Linear(streams, method.n_latent, head.n_out, bias=head.has_intercept, zero=True)
        self.also = dict(also or {})
        self.pretrained: Tensor | None  # (n_members,) bool, where encoders learned before the outcome came in
        self.register_buffer("pretrained", None)
        self.further = nn.ModuleDict(
            {  # not by its bare name, which a module may have for an attribute
                f"to_{name}": Linear(streams, method.n_latent, other.n_out, bias=other.has_intercept, zero=True)
                for name, other in self.also.items()
            }
        )

    @property
    def trained(self) -> Tensor:
        """Members (n_members,) bool whose embedding is learned: others were kept at the linear solution, with random encoders."""
        moved = self.readout.weight.detach().flatten(1).any(1)
        return moved if self.pretrained is None else moved | self.pretrained

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor], scores: Tensor) -> tuple[Tensor, Tensor]:
        """Linear predictor (n_members, n_obs, n_out) and embedding (n_members, n_obs, n_latent)."""
        z = self.method.encode(x, seen)
        return self.path(scores, stack_seen(seen, self.method.n_vars)) + self.readout(z), z

    def step(self, batch: Minibatch, shown: dict[str, Tensor]) -> dict[str, Tensor]:
        """Loss terms of a training minibatch, each (n_members,): the outcome's and the method's own."""
        z, terms = self.method.step(batch.x, batch.seen, shown)
        eta = self.path(batch.scores, stack_seen(shown, self.method.n_vars)) + self.readout(z)
        for name, other in self.also.items():
            y, weight = batch.also[name]
            # a share of the weight, however many outcomes: the first is what is stopped and scored by
            terms[f"also_{name}"] = other.loss(self.further[f"to_{name}"](z), y, weight.to(z.dtype)) * ALSO / len(self.also)
        return {"task": self.head.loss(eta - batch.prior, batch.y, batch.weight.to(eta.dtype)), **terms}

    def held_out_loss(self, rows: Rows, group: Tensor) -> Tensor:
        """Loss of each group's held-out rows (n_groups,), each row predicted by the members that did not learn from it."""
        eta = torch.cat([self(batch.x, batch.seen, batch.scores)[0] for batch in rows.held_out()], dim=1)
        pooled, weight = rows.pool(eta, group)
        fold = rows.fold_of_group(group)
        return self.head.loss(pooled, rows.y[fold], weight * rows.has[fold])

    @torch.no_grad()
    def predict(self, rows: Rows) -> tuple[Tensor, Tensor]:
        """Linear predictors (n_members, n_obs, n_out) and embeddings of every row by every member."""
        self.eval()
        outputs = [self(batch.x, batch.seen, batch.scores) for batch in rows.everyone()]
        return torch.cat([eta for eta, _ in outputs], dim=1), torch.cat([z for _, z in outputs], dim=1)
