"""Measured values of each assay, with the noise and the flaws that its technique has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.simulation.effects import Effects
from mmomics.simulation.plan import Plan

DEPTH = 500.0  # mean count per feature


@dataclass(frozen=True)
class Rna:
    """Negative binomial counts: variance mu + dispersion mu^2, mu = library size x abundance x exp(effect / 2).

    Attributes
    ----------
    depth : array (n_samples,)
        Mean count per feature: lognormal, so that library sizes differ by a factor of about 4 over the cohort.
    abundance, dispersion : array (n_vars,)

    References
    ----------
    Love, Huber, Anders (2014). Moderated estimation of fold change and dispersion for RNA-seq data with DESeq2.
    https://doi.org/10.1186/s13059-014-0550-8
    """

    depth: np.ndarray
    abundance: np.ndarray
    dispersion: np.ndarray

    @classmethod
    def of(cls, plan: Plan, n_samples: int, n_vars: int) -> Rna:
        """Library sizes and features of a plan."""
        random = plan.random("rna", "features")
        abundance, dispersion = np.exp(random.normal(0, 1.2, n_vars)), np.exp(random.normal(np.log(0.1), 0.5, n_vars))
        depth = DEPTH * np.exp(random.normal(0, 0.35, n_samples))
        return cls(depth, abundance / abundance.mean(), dispersion)

    def values(self, effect: np.ndarray, columns: slice, random: np.random.Generator) -> np.ndarray:
        """Whole numbers (n_samples, n_columns)."""
        mean = self.depth[:, None] * self.abundance[columns] * np.exp(effect / 2)
        dispersion = self.dispersion[columns]
        return random.poisson(random.gamma(1 / dispersion, mean * dispersion))


@dataclass(frozen=True)
class Methylation:
    """Beta values: Beta distributed around 2^M / (1 + 2^M), with the factors and the batches at work on the scale of M.

    Attributes
    ----------
    level : array (n_vars,)
        Mean M value: most sites are either methylated or not.
    batches : array (n_batches, n_vars)
        What each batch adds to M.

    References
    ----------
    Du et al. (2010). Comparison of Beta-value and M-value methods. https://doi.org/10.1186/1471-2105-11-587
    """

    level: np.ndarray
    batches: np.ndarray

    @classmethod
    def of(cls, plan: Plan, effects: Effects, n_batches: int) -> Methylation:
        """Sites and batches of a plan."""
        random = plan.random("methylation", "features")
        n_vars = len(effects.features)
        level = random.choice([-2.5, 0.0, 2.5], n_vars, p=[0.4, 0.2, 0.4]) + random.normal(0, 0.5, n_vars)
        batches = random.standard_normal((n_batches, n_vars))
        return cls(level, plan.batch_effect * effects.spread * (batches - batches.mean(axis=0)))

    def values(self, effect: np.ndarray, batch: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Numbers in 0..1 (n_samples, n_vars), float32."""
        mean = 1 / (1 + np.exp2(-(self.level + effect + self.batches[batch])))
        precision = 100.0
        return np.clip(random.beta(mean * precision, (1 - mean) * precision), 0, 1).astype(np.float32)


@dataclass(frozen=True)
class Protein:
    """Base-2 logarithms of mass spectrometry: the lower, the more often not detected and so missing.

    Attributes
    ----------
    level, limit : array (n_vars,)
        Mean, and where half of the samples are not detected.
    """

    level: np.ndarray
    limit: np.ndarray
    slope = 3.0  # log odds of detection per unit above the limit
    lost = 0.01  # missing for no reason

    @classmethod
    def of(cls, plan: Plan, n_vars: int) -> Protein:
        """Proteins of a plan."""
        random = plan.random("protein", "features")
        level = random.normal(22, 2, n_vars)
        return cls(level, level - random.uniform(0.8, 6, n_vars))

    def values(self, effect: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Numbers or NaN (n_samples, n_vars)."""
        value = self.level + 0.8 * effect + random.normal(0, 0.3, (len(effect), 1))  # how much of the sample was loaded
        detected = random.uniform(size=value.shape) < (1 - self.lost) / (1 + np.exp(-self.slope * (value - self.limit)))
        return np.where(detected, value, np.nan)


@dataclass(frozen=True)
class Metabolome:
    """Intensities of peaks: lognormal, scaled by the dilution of the sample, 0 below the limit of detection.

    Attributes
    ----------
    level, limit : array (n_vars,)
        Mean of the natural logarithm, and the limit on the same scale.
    """

    level: np.ndarray
    limit: np.ndarray

    @classmethod
    def of(cls, plan: Plan, n_vars: int) -> Metabolome:
        """Peaks of a plan."""
        random = plan.random("metabolome", "features")
        level = random.normal(11, 1.5, n_vars)
        return cls(level, level - random.uniform(0.8, 5, n_vars))

    def values(self, effect: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Numbers >= 0 (n_samples, n_vars)."""
        value = self.level + 0.6 * effect + random.normal(0, 0.4, (len(effect), 1))
        return np.where(value < self.limit, 0, np.exp(value))


@dataclass(frozen=True)
class Mutation:
    """Mutated (1) or not (0), with log odds from the factors.

    Attributes
    ----------
    level : array (n_vars,)
        Log odds where the effect is 0: 5 to 40 % are mutated.
    """

    level: np.ndarray

    @classmethod
    def of(cls, plan: Plan, n_vars: int) -> Mutation:
        """Genes of a plan."""
        share = plan.random("mutation", "features").uniform(0.05, 0.4, n_vars)
        return cls(np.log(share / (1 - share)))

    def values(self, effect: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """0 or 1 (n_samples, n_vars)."""
        return (random.uniform(size=effect.shape) < 1 / (1 + np.exp(-(self.level + 2 * effect)))).astype(int)
