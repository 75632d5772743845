"""What two classes and many share: probabilities, their calibration, and sets of classes that hold the true one with a stated chance."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.heads import _isotonic
from mmomics.heads._conformal import bound
from mmomics.heads.contract import Head


class Classes(Head):
    """The set of a row holds the classes whose probability is large enough that the true one is rarely missed.

    Sadinle, Lei & Wasserman 2019, doi:10.1080/01621459.2017.1395341: of all sets with that coverage, the smallest in the mean. A set
    that would be empty holds the most probable class.
    """

    @abstractmethod
    def softened(self, eta: Tensor) -> Tensor:
        """Probabilities (..., n_obs, n_classes) that the predictor (..., n_obs, n_out) stands for."""

    @abstractmethod
    def true(self, y: Tensor) -> np.ndarray:
        """Targets (n_obs, n_target) as one-hot classes (n_obs, n_classes) bool."""

    def probabilities(self, eta: Tensor) -> np.ndarray:
        """Calibrated probabilities (..., n_obs, n_classes) of a predictor after the slope."""
        p = self.softened(eta.double()).numpy()
        if "isotonic" not in self.state:
            return p
        if p.shape[-1] == 2:  # the curve is that of the positive class
            positive = _isotonic.apply(self.state["isotonic"], p[..., 1])
            return np.stack([1 - positive, positive], axis=-1)
        bent = _isotonic.apply(self.state["isotonic"], p)
        return bent / bent.sum(-1, keepdims=True)

    def learn(self, eta: Tensor, y: Tensor, has: Tensor, method: str) -> None:
        """Also the isotonic curve, where it is asked for and there are rows enough."""
        super().learn(eta, y, has, method)
        self.state.pop("isotonic", None)
        eta, true = self.calibrated(eta)[has], self.true(y[has])
        if method == "isotonic" and _isotonic.enough(true):
            first = true.shape[1] == 2  # of two classes the positive one says all
            self.state["isotonic"] = _isotonic.fit(self.softened(eta.double()).numpy()[:, first:], true[:, first:])

    def misfit(self, eta: Tensor, y: Tensor) -> Tensor:
        """One minus the probability of the true class."""
        return torch.from_numpy(1 - self.probabilities(self.calibrated(eta))[self.true(y)])

    def predict(self, eta: Tensor, obs_index: pd.Index, members: Tensor | None = None) -> pd.DataFrame:
        classes = [str(name) for name in self.outcome["classes"]]
        p = self.probabilities(eta)
        table = pd.DataFrame(p, index=obs_index, columns=[f"p_{name}" for name in classes])
        if "scores" in self.state:
            inside = self._inside(self.left_out(eta, members)) | (p == p.max(1, keepdims=True))
            safe = np.array([name.replace(keys.SEPARATOR, "/") for name in classes], dtype=object)
            table[keys.SET] = [keys.SEPARATOR.join(safe[row]) for row in inside]
        return table

    def _inside(self, each: Tensor) -> np.ndarray:
        """Which classes (n_obs, n_classes) fit no worse than training rows do, all but the least fitting tenth."""
        scores = self.state["scores"]
        p = self.probabilities(each)
        return np.stack([bound(p[..., place] - 1, scores) >= 0 for place in range(p.shape[-1])], axis=1)
