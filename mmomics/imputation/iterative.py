"""Chained regressions: every modality in a few components, each on those of all others, round after round until the gaps settle.

van Buuren & Groothuis-Oudshoorn 2011, doi:10.18637/jss.v045.i03, with ridge regressions of whole modalities. With features in place of
components there would be thousands of regressions in every round. The penalty is chosen per feature.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics.imputation._conditional import CrossFitted, Learned
from mmomics.nn.spectral import svd

COMPONENTS, ROUNDS = 10, 5
PENALTIES = (1.0, 10.0, 100.0)

Parts = dict[str, Tensor]  # modality -> scores (n_obs, n_components), zero where a row lacks it until they are filled in


class Imputer(CrossFitted):
    """Principal components of each modality, of unit variance, and one chain of regressions over all for every penalty."""

    together = True

    def learn(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Learned:
        axes = {name: _axes(values[seen[name]]) for name, values in x.items() if seen[name].sum() > 1}
        chains = []
        for penalty in PENALTIES:
            parts, slopes = _scores(axes, x, seen), dict[str, Tensor]()
            for _ in range(ROUNDS):
                for name in axes:
                    others, rows = _others(name, parts), seen[name]
                    square = others[rows].T @ others[rows] + penalty * torch.eye(others.shape[1])
                    slopes[name] = torch.linalg.solve(square, others[rows].T @ parts[name][rows])
                    parts[name] = torch.where(rows.unsqueeze(1), parts[name], others @ slopes[name])
            chains.append(slopes)

        def predict(modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
            if modality not in axes:
                return torch.zeros(len(chains), *x[modality].shape)
            centre, _, back = axes[modality]
            return torch.stack([centre + _fill(_scores(axes, x, seen), seen, slopes)[modality] @ back for slopes in chains])

        return predict


def _fill(parts: Parts, seen: dict[str, Tensor], slopes: dict[str, Tensor]) -> Parts:
    """Rounds of the learned regressions over what rows lack."""
    for _ in range(ROUNDS):
        for name, slope in slopes.items():
            parts[name] = torch.where(seen[name].unsqueeze(1), parts[name], _others(name, parts) @ slope)
    return parts


def _axes(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean (n_vars,) of a modality's rows, how they become components (n_vars, n_components), and the way back."""
    centre = values.mean(0)
    _, size, axes = svd(values - centre)
    n = max(1, min(COMPONENTS, len(values) // 5, int((size > 1e-4 * size[0]).sum())))
    scale = size[:n].clamp_min(1e-6) / (len(values) - 1) ** 0.5
    return centre, axes[:n].T / scale, axes[:n] * scale.unsqueeze(1)


def _scores(axes: dict[str, tuple[Tensor, Tensor, Tensor]], x: dict[str, Tensor], seen: dict[str, Tensor]) -> Parts:
    return {name: ((x[name] - centre) @ onto) * seen[name].unsqueeze(1) for name, (centre, onto, _) in axes.items()}


def _others(name: str, parts: Parts) -> Tensor:
    return torch.cat([own for other, own in parts.items() if other != name], 1)
