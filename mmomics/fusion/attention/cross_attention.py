"""Inter-modality attention: the tokens of each modality read those of the others, and never their own.

Cross-modal attention (Tsai et al. 2019, doi:10.18653/v1/P19-1656) has a network for each ordered pair of modalities, so cost and
parameters grow with the square of their number. Here a modality reads what the others say together: the n-th tokens of the others,
averaged with weights that each token asks for itself (additive attention pooling, Wu et al. 2021, arXiv:2108.09084). Such an average
over all but one is the average over all without that one, so cost is linear in modalities; one network serves them all, and the
learned place of each token tells it whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmomics.fusion import contract
from mmomics.nn.attention import Block, ModalityTokens
from mmomics.nn.layers import Linear
from mmomics.nn.streams import Streams

SUBCLASS = "inter-modality"
SPACE = {"n_hidden": [16, 32, 64], "n_tokens": [1, 2, 4], "n_layers": [1, 2], "dropout": [0.1, 0.3, 0.5]}
MOST = 2.0  # log weight that a token can ask for: taking one of many away again leaves enough digits


@dataclass
class Params(contract.Params):
    """Settings of `cross_attention`."""

    n_hidden: int = 32
    n_tokens: int = 2  # per modality
    n_layers: int = 1
    n_heads: int = 4
    dropout: float = 0.3
    input_dropout: float = 0.3


class Method(contract.Method):
    """Tokens that read those of the other modalities; the embedding is the mean over what is seen."""

    def __init__(self, n_vars: dict[str, int], params: Params, streams: Streams) -> None:
        super().__init__(n_vars, params, streams)
        width = self.n_latent = params.n_hidden
        self.tokens = ModalityTokens(streams, n_vars, (params.n_tokens, width), params.dropout, params.input_dropout)
        self.ask = nn.ModuleList([Linear(streams, width, 1, zero=True) for _ in range(params.n_layers)])
        self.blocks = nn.ModuleList([Block(streams, width, params.n_heads, params.dropout) for _ in range(params.n_layers)])

    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        tokens, visible = (part.unflatten(2, (-1, self.params.n_tokens)) for part in self.tokens(x, seen))
        there = visible[..., :1, None]  # (n_members, n_obs, n_modalities, 1, 1)
        company = (there.sum(2, keepdim=True) > there).expand_as(visible.unsqueeze(-1)).flatten(1, 2)[..., 0]  # is another modality seen?
        for ask, block in zip(self.ask, self.blocks, strict=True):
            say = torch.exp(MOST * torch.tanh(ask(tokens))) * there
            heard, total = tokens * say, say
            heard, total = heard.sum(2, keepdim=True) - heard, total.sum(2, keepdim=True) - total
            others = heard / total.clamp_min(1e-2)
            # modalities side by side with subjects: each attends by itself
            tokens = block(tokens.flatten(1, 2), company, others.flatten(1, 2)).unflatten(1, tokens.shape[1:3])
        return (tokens * there).mean(3).sum(2) / there.sum(2)[..., 0, :].clamp_min(1)
