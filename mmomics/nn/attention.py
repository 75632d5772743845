"""Attention for many networks at once: queries read tokens, each subject its own, and only tokens that are there.

Scaled dot-product attention in several heads and pre-norm blocks (Vaswani et al. 2017, arXiv:1706.03762; Xiong et al. 2020,
arXiv:2002.04745). Tokens are (n_members, n_obs, n_tokens, width). Cost is n_queries * n_tokens per subject, so to read with few
queries is cheap.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmomics.errors import UserError
from mmomics.nn.encoders import Encoders, stack_seen
from mmomics.nn.layers import Dropout, LayerNorm, Linear
from mmomics.nn.streams import Streams

SMALL = 0.02  # spread of learned tokens at the start


class Attention(nn.Module):
    """Queries read tokens.

    Called with queries (n_members, n_obs, n_queries, width), tokens (n_members, n_obs, n_tokens, width) and which of these are there,
    `visible` (n_members, n_obs, n_tokens) bool; returns (n_members, n_obs, n_queries, width), the bias of the last map where a subject
    has no token.

    Parameters
    ----------
    streams : Streams
    width : int
        Of queries and tokens; a multiple of `n_heads`.
    n_heads : int

    Raises
    ------
    UserError
        If the heads cannot share the width evenly.
    """

    def __init__(self, streams: Streams, width: int, n_heads: int) -> None:
        super().__init__()
        if width % n_heads:
            raise UserError("n_heads", f"{width} (n_hidden) is no multiple of {n_heads}", "choose a divisor of n_hidden")
        self.n_heads = n_heads
        self.query, self.key_value, self.out = (Linear(streams, width, size * width) for size in (1, 2, 1))

    def forward(self, queries: Tensor, tokens: Tensor, visible: Tensor) -> Tensor:
        q, k, v = (self._heads(part) for part in (self.query(queries), *self.key_value(tokens).chunk(2, dim=-1)))
        mask = visible.flatten(0, 1)[:, None, None, :]  # a subject without any gets zeros
        read = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.out(read.transpose(1, 2).flatten(-2).unflatten(0, queries.shape[:2]))

    def _heads(self, tokens: Tensor) -> Tensor:
        """(n_members * n_obs, n_heads, n_tokens, width / n_heads): four axes, as torch's fused kernel wants."""
        return tokens.flatten(0, 1).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


class Block(nn.Module):
    """Tokens read, then a feed-forward layer changes each by itself; both are added to what they were.

    Called with tokens (n_members, n_obs, n_tokens, width), which of the tokens that are read are there (`visible`), and these, `read`
    (n_members, n_obs, n_read, width); without `read` the tokens read each other.
    """

    def __init__(self, streams: Streams, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.norm_attention, self.norm_feed = LayerNorm(streams, width), LayerNorm(streams, width)
        self.attention = Attention(streams, width, n_heads)
        self.widen, self.narrow = Linear(streams, width, 2 * width), Linear(streams, 2 * width, width)
        self.drop = Dropout(streams, dropout)

    def forward(self, tokens: Tensor, visible: Tensor, read: Tensor | None = None) -> Tensor:
        queries = self.norm_attention(tokens)
        keys = queries if read is None else self.norm_attention(read)
        tokens = tokens + self.drop(self.attention(queries, keys, visible))
        return tokens + self.drop(self.narrow(F.gelu(self.widen(self.norm_feed(tokens)))))


def start(streams: Streams, n_tokens: int, width: int) -> nn.Parameter:
    """Learned tokens or places (n_members, n_tokens, width), small at first, so that what is measured is not lost beside them."""
    return nn.Parameter(SMALL * streams.normal(n_tokens, width))


class ModalityTokens(nn.Module):
    """A few tokens per modality: its encoding in parts, each with a learned place of its own.

    Called with x {modality: (n_members, n_obs, n_vars)} and seen {modality: (n_members, n_obs) bool}; returns tokens
    (n_members, n_obs, n_modalities * n_tokens, width), those of a modality side by side, and which are visible.

    Parameters
    ----------
    streams : Streams
    n_vars : dict of str to int
    shape : (n_tokens of each modality, width)
    dropout, input_dropout : float
        Of the encoders.
    """

    def __init__(self, streams: Streams, n_vars: dict[str, int], shape: tuple[int, int], dropout: float, input_dropout: float) -> None:
        super().__init__()
        self.shape = n_tokens, width = shape
        self.encoders = Encoders(streams, n_vars, [n_tokens * width], dropout, input_dropout)
        self.place = start(streams, len(n_vars) * n_tokens, width)

    def forward(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        h = self.encoders(x, seen)
        tokens = torch.cat([value.unflatten(-1, self.shape) for value in h.values()], dim=2)
        return tokens + self.place.unsqueeze(1), stack_seen(seen, h).repeat_interleave(self.shape[0], dim=-1)
