"""Attention bottleneck: a fixed set of latents reads the tokens of all modalities, so that cost is linear in modalities and tokens.

After the Perceiver (Jaegle et al. 2021, arXiv:2103.03206), without self-attention among the latents, which at this size doubled the
cost. As latents are few, all that modalities learn of each other passes through them (attention bottleneck, Nagrani et al. 2021,
arXiv:2107.00135). Tokens of a modality that is not seen are not read.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from mmomics.fusion import contract
from mmomics.nn.attention import Block, ModalityTokens, start
from mmomics.nn.streams import Streams

SUBCLASS = "transformer"
SPACE = {"n_hidden": [16, 32, 64], "n_tokens": [1, 2, 4], "n_latents": [2, 4, 8], "n_layers": [1, 2], "dropout": [0.1, 0.3, 0.5]}


@dataclass
class Params(contract.Params):
    """Settings of `bottleneck`."""

    n_hidden: int = 32
    n_tokens: int = 2  # per modality
    n_latents: int = 4  # that read them
    n_layers: int = 1
    n_heads: int = 4
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """Latents that read the tokens; the embedding is their mean."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        width = self.n_latent = params.n_hidden
        self.tokens = ModalityTokens(streams, n_vars, (params.n_tokens, width), params.dropout, params.input_dropout)
        self.latents = start(streams, params.n_latents, width)
        self.blocks = nn.ModuleList([Block(streams, width, params.n_heads, params.dropout) for _ in range(params.n_layers)])

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        tokens, visible = self.tokens(x, seen)
        latents = self.latents.unsqueeze(1).expand(-1, tokens.shape[1], -1, -1)  # (n_members, n_obs, n_latents, width)
        for block in self.blocks:
            latents = block(latents, visible, tokens)
        return latents.mean(2)
