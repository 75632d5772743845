"""What an ensemble promises: weights of models, learned on their out-of-fold predictors of the training rows.

An ensemble's file holds a class `Ensemble` and, if it has settings, `Params`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mmomics.heads.contract import Head


@dataclass
class Params:
    """Settings of an ensemble; one with settings declares its own subclass with literal defaults."""


class Ensemble(ABC):
    """How models are combined."""

    def __init__(self, params: Any) -> None:
        self.params = params

    @abstractmethod
    def weigh(self, head: Head, eta: Tensor, y: Tensor, inner: Tensor) -> Tensor:
        """Weights (n_models,), at least 0 and of sum 1.

        Parameters
        ----------
        head : Head
        eta : Tensor (n_obs, n_models, n_out)
            Calibrated out-of-fold predictors of training rows.
        y : Tensor (n_obs, n_target)
        inner : Tensor (n_obs,) int
            Inner fold of each row.
        """
