"""What cohort is to be made, and random numbers that depend on nothing else."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmomics.errors import UserError, did_you_mean

TASKS = ("binary", "multiclass", "regression", "survival")
ASSAYS = ("rna", "methylation", "protein", "metabolome", "mutation")
DEVICES = ("ecg", "cgm", "band", "eeg")
MISSING = ("random", "informative")
FEWEST_SUBJECTS, FEWEST_FEATURES = 10, 10


@dataclass(frozen=True)
class Plan:
    """Settings of a simulation.

    Attributes
    ----------
    n_subjects : int
        At least 10.
    seed : int
        The same plan with the same seed gives the same values.
    task : str
        One of `TASKS`.
    n_features : int
        Of RNA and methylation; proteins and metabolites are half as many, genes with mutations a tenth (each at least 10).
    missing : str
        One of `MISSING`: whole assays are missing at random, or the more often the worse the outcome or the higher the age.
    missing_share : float
        Share of subjects that lack an assay, on average over the modalities; 0..0.6.
    devices : sequence of str
        Of `DEVICES`; none: tables only.
    strength : float
        Standard deviation of the predictor: log odds, log hazard, or in units of the residual; 0 = nothing to be found.
    interaction : float
        Share of the predictor's variance that is the product of two modalities, which no additive model sees; 0..1.
    batch_effect : float
        Standard deviation between the batches of the methylation assay, in standard deviations of a feature within a batch.
    nonlinear : bool
        Each assay sees the shared factors bent in its own way (`effects.WAVES`), so that no linear model tells one assay from another.

    Raises
    ------
    UserError
        If a setting is out of its range.
    """

    n_subjects: int = 120
    seed: int = 0
    task: str = "binary"
    n_features: int = 300
    missing: str = "random"
    missing_share: float = 0.2
    devices: Sequence[str] = DEVICES
    strength: float = 3.0
    interaction: float = 0.15
    batch_effect: float = 1.0
    nonlinear: bool = False

    def __post_init__(self) -> None:
        for option, value, low, high in (
            ("--n-subjects", self.n_subjects, FEWEST_SUBJECTS, 10_000_000),
            ("--n-features", self.n_features, FEWEST_FEATURES, 1_000_000),
            ("--seed", self.seed, 0, 2**32 - 1),
            ("--missing-share", self.missing_share, 0, 0.6),
            ("--strength", self.strength, 0, 100),
            ("--interaction", self.interaction, 0, 1),
            ("--batch-effect", self.batch_effect, 0, 100),
        ):
            if not low <= value <= high:  # NaN is not either
                raise UserError(option, f"expected {low} to {high}, found {value}")
        for option, names, choices in (
            ("--task", [self.task], TASKS),
            ("--missing", [self.missing], MISSING),
            ("--devices", self.devices, DEVICES),
        ):
            for name in names:
                if name not in choices:
                    raise UserError(option, f"there is no '{name}'", did_you_mean(name, choices))
        object.__setattr__(self, "devices", tuple(device for device in DEVICES if device in self.devices))

    @property
    def modalities(self) -> tuple[str, ...]:
        """Every assay, and the devices asked for."""
        return (*ASSAYS, *self.devices)

    def random(self, *place: str | int) -> np.random.Generator:
        """Random numbers of one place, say ``("ecg", 17)``: the same whatever else is drawn, and in whichever order."""
        words = [zlib.crc32(word.encode()) if isinstance(word, str) else word for word in place]
        return np.random.default_rng([self.seed, *words])
