"""Transformer over modality tokens: every modality becomes a few tokens, a class token reads them all.

Vaswani et al. 2017 (arXiv:1706.03762), pre-norm blocks; the tokens of a modality that is not seen are masked out, so attention
is over what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.fusion import contract
from mmomics.nn.attention import Block, ModalityTokens, start
from mmomics.nn.streams import Streams

SUBCLASS = "transformer"
SPACE = {"n_hidden": [16, 32, 64], "n_tokens": [1, 2, 4], "n_layers": [1, 2], "dropout": [0.1, 0.3, 0.5]}


@dataclass
class Params(contract.Params):
    """Settings of `transformer`."""

    n_hidden: int = 32
    n_tokens: int = 2  # per modality
    n_layers: int = 1
    n_heads: int = 4
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """Tokens per modality, attention among those that are seen, the class token as embedding."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        width = self.n_latent = params.n_hidden
        self.tokens = ModalityTokens(streams, n_vars, (params.n_tokens, width), params.dropout, params.input_dropout)
        self.reader = start(streams, 1, width)
        self.blocks = nn.ModuleList([Block(streams, width, params.n_heads, params.dropout) for _ in range(params.n_layers)])

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        tokens, visible = self.tokens(x, seen)
        reader = self.reader.unsqueeze(1).expand(-1, tokens.shape[1], -1, -1)
        tokens = torch.cat([reader, tokens], dim=2)
        visible = F.pad(visible, (1, 0), value=True)  # the class token sees itself, so no row of attention is empty
        *below, last = self.blocks
        for block in below:
            tokens = block(tokens, visible)
        return last(tokens[:, :, :1], visible, tokens)[:, :, 0]  # nobody reads what the others become in the last block
