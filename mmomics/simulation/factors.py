"""What causes the outcome: factors that several modalities share, one of each modality's own, age, and a product of two.

All factors are independent and standard normal, so that their shares of the predictor's variance add up.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

import numpy as np

from mmomics.simulation.plan import Plan

SHARED = {
    "inflammation": ("rna", "methylation", "protein", "ecg", "band"),
    "metabolism": ("protein", "metabolome", "cgm"),
    "rhythm": ("rna", "metabolome", "band"),
}
# parts of the predictor's variance without interaction; the factor of EEG has none: a modality that tells nothing of the outcome
PARTS = {
    "inflammation": 12, "metabolism": 8, "rhythm": 5, "age": 7,
    "rna": 12, "methylation": 10, "protein": 10, "metabolome": 6, "mutation": 4, "ecg": 8, "cgm": 10, "band": 8, "eeg": 0,
}  # fmt: skip
INTERACTION = "interaction"


@dataclass(frozen=True)
class Source:
    """One independent part of the predictor.

    Attributes
    ----------
    kind : str
        `shared`, `private` (of one modality), `covariate` or `interaction`.
    modalities : tuple of str
        Where it can be seen; an interaction only in both of them together.
    share : float
        Of the predictor's variance, 0..1.
    weight : float
        Predictor per standard deviation of the source.
    """

    kind: str
    modalities: tuple[str, ...]
    share: float
    weight: float


def sources(plan: Plan) -> dict[str, Source]:
    """Every part of the predictor by name, among them those of no weight; their shares add up to 1."""
    seen = {name: tuple(each for each in modalities if each in plan.modalities) for name, modalities in SHARED.items()}
    seen |= {"age": ("clinical",), **{name: (name,) for name in plan.modalities}}
    total = sum(PARTS[name] for name in seen)
    shares = {name: (1 - plan.interaction) * PARTS[name] / total for name in seen}
    kinds = {name: "shared" if name in SHARED else "covariate" if name == "age" else "private" for name in seen}
    found = {name: Source(kinds[name], seen[name], shares[name], plan.strength * float(np.sqrt(shares[name]))) for name in seen}
    pair = ("rna", "cgm" if "cgm" in plan.devices else "protein")
    return found | {INTERACTION: Source("interaction", pair, plan.interaction, plan.strength * float(np.sqrt(plan.interaction)))}


def draw(parts: Mapping[str, Source], n: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Values of every source: float64 (n,) each, mean 0 and standard deviation 1."""
    latents = {name: random.standard_normal(n) for name in parts if name != INTERACTION}
    first, second = parts[INTERACTION].modalities
    return {**latents, INTERACTION: latents[first] * latents[second]}


def predictor(parts: Mapping[str, Source], latents: Mapping[str, np.ndarray], known: Container[str] | None = None) -> np.ndarray:
    """The noise-free linear predictor (n,), or what of it the `known` sources tell."""
    terms = [latents[name] * source.weight for name, source in parts.items() if known is None or name in known]
    return np.sum([np.zeros_like(latents["age"]), *terms], axis=0)
