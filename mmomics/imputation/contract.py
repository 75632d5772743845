"""What an imputer promises: learned on training rows, it draws a modality that a subject lacks from those it has.

An imputer's file holds a class `Imputer` and, if it has settings, `Params`. Values are standardised as the fold's preparation
left them, so zero is the training mean of a feature. A measured assay may have entries that were not, which the preparation filled in:
they are learned from, but nothing is judged by them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import torch
from torch import Tensor

from mmomics.config.cohort import device
from mmomics.errors import UserError
from mmomics.imputation._bounds import Bounds
from mmomics.imputation._gaps import Factors

Tensors = dict[str, Tensor]
Pattern = tuple[str, ...]  # the modalities that a row has
FOLDS = 5  # where none are given
CHANCE = 8.0  # divided by rows: the share that one feature of noise in twenty reaches, as penalties are chosen on the same rows
LEAST = 1e-6  # variance of a feature that never varies


class Imputer(ABC):
    """Fit on training rows, then predict any modality of any rows."""

    @abstractmethod
    def fit(self, x: Tensors, seen: Tensors, inner: Tensor | None = None, measured: Tensors | None = None) -> None:
        """Learn from training rows.

        Parameters
        ----------
        x, seen : dict of str to Tensor
            Values (n_obs, n_vars), and whether the modality was measured (n_obs,) bool.
        inner : Tensor (n_obs,) int, optional
            Fold that each row is left out with where something is chosen or an error estimated: rows of one group share it.
        measured : dict of str to Tensor (n_obs, n_vars) bool, optional
            Entries that were measured; of a modality that is not in it, all.
        """

    @abstractmethod
    def predict(self, modality: str, x: Tensors, seen: Tensors) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (n_obs, n_vars) of one modality given what is seen of the others; its own values are not used."""

    @abstractmethod
    def bounds(self, modality: str) -> Bounds:
        """What values the modality may take."""

    @abstractmethod
    def out_of_fold(self, modality: str) -> Tensor:
        """Mean (n_train, n_vars) of training rows that have the modality, each foretold without its inner fold as far as that is known."""

    @abstractmethod
    def residuals(self, modality: str, pattern: Pattern) -> Tensor:
        """What is left of training rows (n_train, n_vars) foretold from some modalities, in about standard deviations; zero elsewhere."""

    def taught(self, modality: str, pattern: Pattern) -> Pattern:
        """The modalities whose residuals stand for those of a pattern: its own, or those of all if hardly any training row has it."""
        return pattern

    def factors(self, modality: str, pattern: Pattern) -> Factors:
        """Of the residuals of a modality foretold from others, each feature's of unit variance; learned when first asked for."""
        known: dict[tuple[str, Pattern], Factors] = self.__dict__.setdefault("_factors", {})
        key = modality, self.taught(modality, pattern)
        if key not in known:
            left = self.residuals(*key)
            unit = (left.square().sum(0) / (left != 0).sum(0).clamp_min(1)).clamp_min(LEAST).sqrt()
            known[key] = Factors(left / unit, left != 0)
        return known[key]

    def draw(self, modality: str, x: Tensors, seen: Tensors, n: int, seed: int) -> Tensor:
        """Random draws (n, n_obs, n_vars): the mean and, as far as it errs, `noise`.

        With the same rows and seed, modalities are drawn as they go together. What was learned is the same in all draws: the error out of
        fold has its uncertainty entry by entry, but not as far as it is common to many subjects.
        """
        mean, sd = self.predict(modality, x, seen)
        noises, bounds = self.noise(modality, seen, n, torch.Generator().manual_seed(seed)), self.bounds(modality)
        return torch.stack([bounds.draw(mean, sd, noise) for noise in noises])

    def noise(self, modality: str, seen: Tensors, n: int, generator: torch.Generator) -> Iterator[Tensor]:
        """So many times noise (n_obs, n_vars) of unit variance: residuals of training rows, weighted at random.

        Its features are as correlated as what the modalities that a row has do not foretell of them.
        """
        parts = []
        for pattern, rows in by_pattern(without(modality, seen)).items():
            left = self.residuals(modality, pattern)
            parts.append((rows, left / left.square().sum(0).clamp_min(LEAST).sqrt()))
        for _ in range(n):
            weights = torch.randn(len(seen[modality]), len(parts[0][1]) if parts else 0, generator=generator)
            noise = weights.new_zeros(len(weights), parts[0][1].shape[1] if parts else 0)
            for rows, left in parts:
                noise[rows] = weights[rows] @ left
            yield noise

    def complete(
        self, modality: str, x: Tensors, seen: Tensors, measured: Tensor, learned: Tensor | None = None, *, n: int = 0, seed: int = 0
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Single entries that rows with the modality lack.

        Parameters
        ----------
        modality : str
        x, seen : dict of str to Tensor
            Of the rows, all of which have the modality.
        measured : Tensor (n_obs, n_vars) bool
            Its entries that were measured: these tell, besides the other modalities, what the others are (see `_gaps`).
        learned : Tensor (n_obs,) int, optional
            Position of each row among the training rows, -1 of a new one: what a model says of rows that it was fitted to is too good to
            tell what is left of them. Default: all are new.
        n, seed : int
            Of draws.

        Returns
        -------
        mean, sd : Tensor (n_obs, n_vars)
            Of these entries; others are as `predict` has them.
        draws : Tensor (n, n_obs, n_vars)
            What a row's own values leave open of the factors that its entries share, these have in common.
        """
        mean, sd = (part.clone() for part in self.predict(modality, x, seen))
        if learned is not None and (learned >= 0).any():
            mean[learned >= 0] = self.out_of_fold(modality)[learned[learned >= 0]]
        noise, generator = mean.new_zeros(n, *mean.shape), torch.Generator().manual_seed(seed)
        for pattern, rows in by_pattern(without(modality, seen)).items():
            factors = self.factors(modality, pattern)
            own = torch.where(measured[rows], (x[modality][rows] - mean[rows]) / sd[rows].clamp_min(LEAST**0.5), 0.0)
            told, variance = factors(own, measured[rows])
            mean[rows] += told * sd[rows]
            sd[rows] *= variance.sqrt()
            noise[:, rows] = factors.draw(measured[rows], n, generator)
        bounds = self.bounds(modality)
        draws = torch.stack([bounds.draw(mean, sd, one) for one in noise]) if n else noise
        return *bounds.moments(mean, sd), draws

    def predictability(self, modality: str) -> Tensor | None:
        """Share of each feature's variance (n_vars,), 0 to 1, that is foretold on training rows kept apart; None if it is not known."""
        return None


def bounds(modality: str, x: Tensors, seen: Tensors, measured: Tensors | None = None) -> Bounds:
    """What values a modality took in training rows."""
    return Bounds(x[modality], entries(modality, x, seen, measured))


def by_pattern(seen: Tensors) -> dict[Pattern, Tensor]:
    """Positions of the rows that have the same modalities, by these."""
    found: dict[Pattern, list[int]] = {}
    for row, flags in enumerate(torch.stack(list(seen.values()), dim=1).tolist()):
        found.setdefault(tuple(name for name, flag in zip(seen, flags, strict=True) if flag), []).append(row)
    return {pattern: torch.tensor(rows) for pattern, rows in found.items()}


def stretch(truth: Tensor, guess: Tensor, judged: Tensor, n: Tensor) -> Tensor:
    """By how much guesses fall short (n_vars,) that were learned from gaps filled with the mean: 1 at least, n / measured at most.

    Parameters
    ----------
    truth, guess : Tensor (n_obs, n_vars)
        About the mean; of rows that the guess did not see.
    judged : Tensor (n_obs, n_vars) bool
        Entries that were measured.
    n : Tensor
        Rows that were learned from, measured and filled.
    """
    slope = (truth * guess * judged).sum(0) / (guess.square() * judged).sum(0).clamp_min(LEAST)
    return slope.minimum(n / judged.sum(0).clamp_min(1)).clamp_min(1.0)


def about_the_mean(modality: str, x: Tensors, seen: Tensors, measured: Tensors | None = None) -> Tensor:
    """Training rows (n_obs, n_vars) of a modality in standard deviations from its mean; zero where nothing was measured."""
    mean, variance = moments(modality, x, seen, measured)
    return (x[modality] - mean) * entries(modality, x, seen, measured) / variance.clamp_min(LEAST).sqrt()


def foretold(error: Tensor, variance: Tensor, n: Tensor) -> Tensor:
    """Share of each feature's variance (n_vars,), 0 to 1, from the error and the number of rows; nought where noise would do as well."""
    share = torch.where(variance > 0, 1 - error / variance.clamp_min(LEAST), 0.0).clamp(0, 1)
    return torch.where(share > CHANCE / n.clamp_min(1), share, 0.0)


def without(modality: str, seen: Tensors) -> Tensors:
    """What is seen when one modality is hidden; a device goes with its windows."""
    return {name: flags & (device(name) != device(modality)) for name, flags in seen.items()}


def others_seen(modality: str, seen: Tensors) -> Tensor:
    """Rows that have another modality to predict this one from (n_obs,) bool."""
    return torch.stack(list(without(modality, seen).values())).any(0)


def folds(inner: Tensor | None, n_obs: int) -> Tensor:
    """The fold (n_obs,) of each row: those given, else drawn at random."""
    if inner is not None and len(inner.unique()) > 1:
        return inner
    return torch.randperm(n_obs, generator=torch.Generator().manual_seed(0)) % FOLDS


def entries(modality: str, x: Tensors, seen: Tensors, measured: Tensors | None) -> Tensor:
    """The entries (n_obs, n_vars) bool of a modality that were measured."""
    whole = seen[modality].unsqueeze(1).expand_as(x[modality])
    return whole & measured[modality] if measured and modality in measured else whole


def moments(modality: str, x: Tensors, seen: Tensors, measured: Tensors | None = None) -> tuple[Tensor, Tensor]:
    """Mean and variance (n_vars,) of a modality over the training rows that have it, as far as they were measured.

    Raises
    ------
    UserError
        If no row has it: it cannot be imputed.
    """
    if modality not in seen or not seen[modality].any():
        raise UserError(f"modality '{modality}'", "no training subject has it, so it cannot be imputed", "add subjects who have it")
    there = entries(modality, x, seen, measured)
    n = there.sum(0)
    mean = (x[modality] * there).sum(0) / n.clamp_min(1)
    return mean, ((x[modality] - mean).square() * there).sum(0) / (n - 1).clamp_min(1)
