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
from mmomics.nn.encoders import Encoders, stack_seen
from mmomics.nn.layers import Dropout, LayerNorm, Linear
from mmomics.nn.streams import Streams


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
        self.tokens = Encoders(streams, n_vars, [params.n_tokens * width], params.dropout, params.input_dropout)
        self.place = nn.Parameter(streams.normal(len(n_vars) * params.n_tokens, width))
        self.reader = nn.Parameter(streams.normal(1, width))
        self.blocks = nn.ModuleList([Block(streams, width, params.n_heads, params.dropout) for _ in range(params.n_layers)])
        self.norm = LayerNorm(streams, width)

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        n_tokens, width = self.params.n_tokens, self.n_latent
        tokens = torch.cat([h.unflatten(-1, (n_tokens, width)) for h in self.tokens(x, seen).values()], dim=2)
        tokens = tokens + self.place.unsqueeze(1)  # (n_members, n_obs, n_modalities * n_tokens, width)
        reader = self.reader.unsqueeze(1).expand(-1, tokens.shape[1], -1, -1)
        tokens = torch.cat([reader, tokens], dim=2)
        visible = stack_seen(seen, self.n_vars).repeat_interleave(n_tokens, dim=-1)
        visible = F.pad(visible, (1, 0), value=True)  # the class token sees itself, so no row of attention is empty
        for block in self.blocks:
            tokens = block(tokens, visible)
        return self.norm(tokens[:, :, 0])


class Block(nn.Module):
    """Pre-norm self-attention and feed-forward on tokens (n_members, n_obs, n_tokens, n_features)."""

    def __init__(self, streams: Streams, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm_attention, self.norm_feed = LayerNorm(streams, width), LayerNorm(streams, width)
        self.query_key_value, self.out = Linear(streams, width, 3 * width), Linear(streams, width, width)
        self.widen, self.narrow = Linear(streams, width, 2 * width), Linear(streams, 2 * width, width)
        self.drop = Dropout(streams, dropout)

    def forward(self, tokens: Tensor, visible: Tensor) -> Tensor:
        q, k, v = self.query_key_value(self.norm_attention(tokens)).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.n_heads, -1)).transpose(2, 3) for part in (q, k, v))  # (members, obs, heads, tokens, size)
        mask = visible[:, :, None, None, :]  # keys that may be read
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(2, 3).flatten(-2)
        tokens = tokens + self.drop(self.out(mixed))
        return tokens + self.drop(self.narrow(F.gelu(self.widen(self.norm_feed(tokens)))))
