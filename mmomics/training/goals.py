"""What an outcome of classes is learned from: targets that may be softened, and rows that may weigh more the rarer their class.

Label smoothing: Szegedy et al. 2016, doi:10.1109/CVPR.2016.308. Weights alone would teach probabilities of a world in which all classes
are equally common. The log prior that they take away is taken off the predictor in the loss as well (King & Zeng 2001,
doi:10.1093/oxfordjournals.pan.a004868), so that what is learned stays in this world: the linear solution stays a good start, and
held-out losses, which know no weights, can say whether training helps.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmomics.config.protocol import Training
from mmomics.heads.contract import Head

CLASSES = ("binary", "multiclass")  # tasks that have them
FEWEST = 1.0  # rows that a class without any counts as


@dataclass
class Goal:
    """What is learned from, of any number of folds.

    Attributes
    ----------
    y : Tensor (..., n_obs, n_target)
    weight : Tensor (..., n_obs)
        Of every row, 0 or False where there is nothing to learn.
    prior : Tensor (..., n_out)
        To be taken off the predictor before its loss.
    """

    y: Tensor
    weight: Tensor
    prior: Tensor

    @property
    def weighs(self) -> bool:
        """Whether rows with an outcome weigh more or less than one another."""
        return self.weight.is_floating_point()


def goal(head: Head, y: Tensor, has: Tensor, settings: Training | None = None) -> Goal:
    """The goal of rows with targets y (..., n_obs, n_target), of which some have an outcome (..., n_obs); by default as they are."""
    found = Goal(y, has, y.new_zeros(*y.shape[:-2], head.n_out))
    if settings is None or head.outcome["task"] not in CLASSES:
        return found
    if settings.class_weights == "balanced":
        found.weight, found.prior = balanced(y, has)
    if settings.label_smoothing:
        found.y = y.lerp(torch.full_like(y, 1 / max(2, y.shape[-1])), settings.label_smoothing)
    return found


def balanced(y: Tensor, has: Tensor) -> tuple[Tensor, Tensor]:
    """Weights n / (K n_class) of the rows (..., n_obs), and the log prior (..., n_out) of the predictor: of two classes, their log odds."""
    classes = torch.cat([1 - y, y], dim=-1) if y.shape[-1] == 1 else y
    n = (classes * has.unsqueeze(-1)).sum(-2).clamp_min(FEWEST)
    total = has.sum(-1, keepdim=True)
    weight = (classes * (total / (n.shape[-1] * n)).unsqueeze(-2)).sum(-1) * has
    return weight, torch.log(n[..., 1:] / n[..., :1]) if y.shape[-1] == 1 else torch.log(n / total)
