"""The mean of the training subjects who are nearest in what both have (Troyanskaya et al. 2001, doi:10.1093/bioinformatics/17.6.520).

Every modality has the same weight in the distance, however many features it has. The number of neighbours is chosen per feature.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.imputation._conditional import CrossFitted, Learned

NEIGHBOURS = (3, 5, 10, 20, 40)


class Imputer(CrossFitted):
    """Subjects who have the modality, and how near they are."""

    def learn(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Learned:
        rows = seen[modality]
        theirs, have = ({name: part[rows] for name, part in parts.items() if name != modality} for parts in (x, seen))
        target = x[modality][rows]
        numbers = [min(k, len(target)) for k in NEIGHBOURS]

        def predict(modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
            total, shared = torch.zeros(2, len(x[modality]), len(target))
            for name, values in theirs.items():
                both = (seen[name].unsqueeze(1) & have[name]).float()
                total += both * torch.cdist(x[name], values).square() / values.shape[1]
                shared += both
            distance = torch.where(shared > 0, total / shared, torch.inf)
            far, near = distance.topk(numbers[-1], largest=False)  # (n_obs, k)
            counted = far.isfinite().unsqueeze(-1)
            sums, n = (target[near] * counted).cumsum(1), counted.cumsum(1)
            return torch.stack([sums[:, k - 1] / n[:, k - 1] for k in numbers])  # NaN where no neighbour has anything in common

        return predict
