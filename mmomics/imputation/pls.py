"""Partial least squares: all features of a modality on the few directions of the others that vary together with them.

Wold, Sjostrom & Eriksson 2001, doi:10.1016/S0169-7439(01)00155-1; scikit-learn's `PLSRegression`. The number of directions is chosen
per feature. A predictor modality that a row lacks stands at its mean.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from mmomics.imputation._conditional import CrossFitted, Learned, side_by_side

DIRECTIONS = (1, 2, 4, 8)


class Imputer(CrossFitted):
    """One model per modality; the first directions of a model are those of a smaller one."""

    def learn(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Learned:
        from sklearn.cross_decomposition import PLSRegression
        from sklearn.exceptions import ConvergenceWarning

        rows = seen[modality]
        others, target = side_by_side(x, seen, modality)[rows].numpy(), x[modality][rows].numpy()
        most = min(DIRECTIONS[-1], *others.shape)
        with warnings.catch_warnings():  # a direction that is not settled to the last digit, and none being left, do no harm
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", message="y residual is constant", category=UserWarning)
            model = PLSRegression(most, scale=False).fit(others.astype(float), target.astype(float))
        rotation, loading = (torch.from_numpy(part).float() for part in (model.x_rotations_, model.y_loadings_))
        centre = torch.from_numpy(others.mean(0)), torch.from_numpy(target.mean(0))

        def predict(modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
            scores = (side_by_side(x, seen, modality) - centre[0]) @ rotation
            return torch.stack([centre[1] + scores[:, :n] @ loading[:, :n].T for n in DIRECTIONS])

        return predict
