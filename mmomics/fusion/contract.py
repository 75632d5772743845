"""What a fusion method promises: from the modalities that are seen to one embedding, for many networks at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from mmomics.nn.sizes import windows_of
from mmomics.nn.streams import Streams


@dataclass
class Params:
    """Settings of a method; each method declares its own subclass with literal defaults."""


@dataclass
class Anchors:
    """Training rows that a method is shown before it learns: the nodes of a graph, what correlates with what, which feature is which gene.

    Attributes
    ----------
    x, seen : dict of str to Tensor
        Features (n_members, n_anchors, n_vars), zeros where not seen, and whether they were measured (n_members, n_anchors). A member
        with fewer rows has its surplus marked as not seen.
    features : dict of str to list of tuple of str
        Names of each member's features (a fold selects its own), fewer than n_vars where the fold kept fewer: the rest is filling.
    """

    x: dict[str, Tensor]
    seen: dict[str, Tensor]
    features: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)


class Method(nn.Module, ABC):
    """A fusion method for `len(streams)` members at once.

    Every parameter leads with the member dimension (the loop clips, stops and saves members one by one), randomness comes from
    `streams` alone, and a row's embedding depends on that row (and on anchors kept from training), never on its neighbours in a
    minibatch. The engine adds the linear path, the outcome's read-out and loss, the optimiser and early stopping.

    Parameters
    ----------
    n_vars : dict of str to int
        Modalities and their number of features; the engine's `Sizes` also says which are windows of a signal (`nn.encoders` knows).
    params : Params
        The method's settings.
    streams : Streams
        One random stream per member.
    """

    n_latent: int
    n_anchors: int = 0  # training rows that `attach` wants to see

    def __init__(self, n_vars: dict[str, int], params: Any, streams: Streams) -> None:
        super().__init__()
        self.n_vars, self.params, self.streams = n_vars, params, streams

    @abstractmethod
    def encode(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
        """Embedding z (n_members, n_obs, n_latent) of x {modality: (n_members, n_obs, n_vars)}, seen {modality: (n_members, n_obs)}."""

    def step(self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Embedding for a training minibatch, and the method's own loss terms by name, each (n_members,).

        `shown` is the part of `seen` that modality dropout left: the embedding may use `shown` only, targets may use all that was seen.
        """
        return self.encode(x, shown), {}

    def attach(self, anchors: Anchors) -> None:
        """Keep what is needed of `n_anchors` training rows per member in buffers, before training. Default: keep nothing."""


class Generative(Method):
    """A method that can also draw the modalities from its embedding, and so impute those that are missing.

    What is decoded need not be the features themselves: an imputer has it draw what plain models leave of them. `encode` gives the
    embedding that decodes to the mean. Windows of a signal are encoded but never drawn: samples without a common phase have no mean
    worth drawing.
    """

    n_noise: int  # standard normal numbers that `draw` takes for every row

    @property
    def drawn(self) -> list[str]:
        """The modalities that are decoded: all but windows of a signal."""
        windows = windows_of(self.n_vars)
        return [name for name in self.n_vars if name not in windows]

    @abstractmethod
    def decode(self, z: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """Mean (n_members, n_obs, n_vars) and standard deviation (n_members, 1, n_vars) of the `drawn` modalities."""

    @abstractmethod
    def draw(self, x: dict[str, Tensor], seen: dict[str, Tensor], noise: Tensor) -> Tensor:
        """One of the embeddings (n_members, n_obs, n_latent) that what is seen allows: which, says noise (n_members, n_obs, n_noise)."""

    @abstractmethod
    def step(
        self, x: dict[str, Tensor], seen: dict[str, Tensor], shown: dict[str, Tensor], target: dict[str, Tensor] | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """As of any method; `target` {modality: (n_members, n_obs, n_vars)} is what to draw of those seen, by default the features."""
