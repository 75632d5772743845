"""What the factors do to the features of an assay: sparse loadings, nuisance factors of its own, and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.simulation.factors import SHARED
from mmomics.simulation.plan import Plan

LOADED = 0.12  # share of features that each factor moves
LOADING = (0.5, 1.0)  # absolute, uniform
NUISANCES, NUISANCE = 3, 0.4  # further factors that tell nothing of the outcome and move every other feature: their loadings' sd
NOISE = 0.6
NAMES = {"rna": "GENE", "methylation": "cg", "protein": "PROT", "metabolome": "MET", "mutation": "MUT"}
DIVISOR = {"rna": 1, "methylation": 1, "protein": 2, "metabolome": 2, "mutation": 10}
# half waves over the ranks of a factor that an assay sees where relations are nonlinear: once is nearly a line, twice is a bowl
WAVES = {"rna": 1, "methylation": 2, "protein": 3, "metabolome": 2}
CELLS = 2_000_000  # made at once


@dataclass(frozen=True)
class Effects:
    """An assay as the factors see it.

    Attributes
    ----------
    modality : str
    features : array of str (n_vars,)
    factors : tuple of str (n_factors,)
        Those of `SHARED` that the assay sees, and its own.
    loadings : array (n_factors + n_nuisances, n_vars)
        Effect on a feature per standard deviation of a factor.
    latents : array (n_subjects, n_factors + n_nuisances)
        As the assay sees them, bent where the plan says so.
    """

    modality: str
    features: np.ndarray
    factors: tuple[str, ...]
    loadings: np.ndarray
    latents: np.ndarray

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of the effect on each feature (n_vars,)."""
        return np.sqrt((self.loadings**2).sum(axis=0) + NOISE**2)

    @property
    def causal(self) -> dict[str, dict[str, float]]:
        """Loadings of the features that a factor moves: feature -> factor -> loading."""
        found: dict[str, dict[str, float]] = {}
        for factor, row in zip(self.factors, self.loadings, strict=False):
            for j in np.flatnonzero(row):
                found.setdefault(str(self.features[j]), {})[factor] = round(float(row[j]), 4)
        return found

    def draw(self, rows: np.ndarray, columns: slice, random: np.random.Generator) -> np.ndarray:
        """Effects on some features of some subjects: (n_rows, n_columns), mean 0, standard deviation `spread`."""
        effect = self.latents[rows] @ self.loadings[:, columns]
        return effect + NOISE * random.standard_normal(effect.shape)


def make(plan: Plan, modality: str, latents: dict[str, np.ndarray]) -> Effects:
    """Loadings and latent values of one assay."""
    random = plan.random(modality, "loadings")
    n_vars = max(10, plan.n_features // DIVISOR[modality])
    width = len(str(n_vars))
    factors = (*(name for name, modalities in SHARED.items() if modality in modalities), modality)
    loadings = np.zeros((len(factors) + NUISANCES, n_vars))
    for row in loadings[: len(factors)]:
        moved = random.choice(n_vars, max(1, round(LOADED * n_vars)), replace=False)
        row[moved] = random.uniform(*LOADING, len(moved)) * random.choice([-1, 1], len(moved))
    loadings[len(factors) :] = NUISANCE * random.standard_normal((NUISANCES, n_vars)) * (random.uniform(size=(NUISANCES, n_vars)) < 0.5)
    nuisances = plan.random(modality, "nuisances").standard_normal((plan.n_subjects, NUISANCES))
    seen = {name: bent(latents[name], WAVES[modality]) if plan.nonlinear and name in SHARED else latents[name] for name in factors}
    names = np.array([f"{NAMES[modality]}{j:0{width}d}" for j in range(1, n_vars + 1)], dtype=object)
    return Effects(modality, names, factors, loadings, np.column_stack([*seen.values(), nuisances]))


def bent(factor: np.ndarray, waves: int) -> np.ndarray:
    """`sqrt(2) cos(pi waves Phi(factor))` of a standard normal factor: mean 0, variance 1, uncorrelated with any other number of waves."""
    from scipy.special import ndtr

    return np.sqrt(2) * np.cos(np.pi * waves * ndtr(factor))


def blocks(n: int, size: int) -> list[slice]:
    """Stretches of `n` rows or columns that make at most `CELLS` cells each, if one row or column has `size` cells."""
    step = max(1, CELLS // max(size, 1))
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]
