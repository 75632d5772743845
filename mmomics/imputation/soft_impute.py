"""Completion of the matrix of all modalities by few factors, their number softly bounded by a penalty.

Mazumder, Hastie & Tibshirani 2010 (soft-impute), by the alternating ridge regressions of Hastie et al. 2015 (arXiv:1410.2596), which
end in the same matrix. A subject that lacks a modality lacks all its columns, so one small system per modality and per subject does
a step. The penalty is chosen per feature.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.imputation._conditional import CrossFitted, Learned
from mmomics.nn.spectral import svd

PENALTIES = (0.5, 0.25, 0.12, 0.06)  # of the largest singular value, from which on nothing is left
RANK, STEPS = 20, 10

Factors = dict[str, Tensor]  # modality -> loadings (n_vars, rank)


class Imputer(CrossFitted):
    """One factorisation of all modalities for every penalty, each started from the one before."""

    together = True

    def learn(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Learned:
        x = {name: values * seen[name].unsqueeze(-1) for name, values in x.items()}
        _, size, v = svd(torch.cat(list(x.values()), 1))
        rank = min(RANK, len(size))
        loadings = dict(zip(x, (v[:rank].T * size[:rank].sqrt()).split([values.shape[1] for values in x.values()]), strict=True))
        path = []
        for penalty in PENALTIES:
            weight = float(penalty * size[0].clamp_min(1e-6))
            for _ in range(STEPS):
                scores = _scores(loadings, x, seen, weight)
                loadings = {name: _solve(scores * seen[name].unsqueeze(-1), values, weight) for name, values in x.items()}
            path.append((weight, loadings))

        def predict(modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
            return torch.stack([_scores(own, x, seen, weight) @ own[modality].T for weight, own in path])

        return predict


def _scores(loadings: Factors, x: dict[str, Tensor], seen: dict[str, Tensor], weight: float) -> Tensor:
    """Factors (n_obs, rank) of every row from the modalities that it has."""
    shown = torch.stack([seen[name] for name in loadings], 1).float()
    squares = torch.stack([own.T @ own for own in loadings.values()])
    system = torch.einsum("nm,mij->nij", shown, squares) + weight * torch.eye(squares.shape[-1])
    right = sum(((x[name] * seen[name].unsqueeze(-1)) @ own for name, own in loadings.items()), torch.zeros(()))
    return torch.linalg.solve(system, right.unsqueeze(-1)).squeeze(-1)


def _solve(scores: Tensor, values: Tensor, weight: float) -> Tensor:
    """Loadings (n_vars, rank) of a modality; scores and values are zero in the rows that lack it."""
    return torch.linalg.solve(scores.T @ scores + weight * torch.eye(scores.shape[1]), scores.T @ values).T
