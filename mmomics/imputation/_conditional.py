"""What imputers of one regression per modality share: which rows can be answered, and how far off an answer is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from mmomics.imputation import contract
from mmomics.imputation.contract import Tensors, without

Learned = Callable[[str, Tensors, Tensors], Tensor]  # modality, x, seen -> (n_choices, n_obs, n_vars)
FEWEST = 10  # rows that have the modality and another one: from fewer, nothing is learned but the mean
FEWEST_LEFT = 5  # of these, outside any fold


@dataclass
class Answer:
    """How one modality is predicted: the mean (n_obs, n_vars) of x and seen, NaN where nothing can be said, and the mean squared error
    (n_vars,) on rows kept apart.
    """

    predict: Callable[[Tensors, Tensors], Tensor]
    error: Tensor


class Conditional(contract.Imputer):
    """A row without any other modality, or a modality that hardly any row has beside another, gets the training mean and its spread."""

    def fit(self, x: Tensors, seen: Tensors, inner: Tensor | None = None, measured: Tensors | None = None) -> None:
        self.x, self.seen, self.measured = x, seen, measured
        self.fold = contract.folds(inner, len(next(iter(seen.values()), [])))
        self.answers: dict[str, Answer | None] = {}

    def predict(self, modality: str, x: Tensors, seen: Tensors) -> tuple[Tensor, Tensor]:
        mean, variance = self.moments(modality)
        x, seen = ({name: part[name] for name in self.x} for part in (x, seen))  # no windows, which plain models cannot use
        shape = x[modality].shape
        answer = self._answer(modality)
        shown = without(modality, seen)
        if answer is None or not shown:
            return mean.expand(shape), variance.sqrt().expand(shape)
        known = torch.stack(list(shown.values())).any(0).unsqueeze(-1)
        hidden = {**x, modality: torch.zeros_like(x[modality])}
        guess = answer.predict(hidden, shown)
        known = known & ~guess.isnan()
        return torch.where(known, guess, mean), torch.where(known, answer.error, variance).sqrt()

    def predictability(self, modality: str) -> Tensor:
        variance = self.moments(modality)[1]
        answer = self._answer(modality)
        error = variance if answer is None else answer.error
        return torch.where(variance > 0, 1 - error / variance, 0.0).clamp(0, 1)

    def moments(self, modality: str) -> tuple[Tensor, Tensor]:
        """Mean and variance (n_vars,) over the training rows that have it."""
        return contract.moments(modality, self.x, self.seen, self.measured)

    def error(self, modality: str, rows: Tensor, guess: Tensor) -> Tensor:
        """Mean squared error (..., n_vars) of guesses (..., n_rows, n_vars) at some training rows (bool), over what was measured there."""
        there = contract.entries(modality, self.x, self.seen, self.measured)[rows]
        return ((guess - self.x[modality][rows]).square() * there).sum(-2) / there.sum(0).clamp_min(1)

    @abstractmethod
    def regress(self, modality: str, rows: Tensor) -> Answer:
        """Learn one modality from the training rows (bool) that have it and another one."""

    def _answer(self, modality: str) -> Answer | None:
        if modality not in self.answers:
            rows = self.seen[modality] & contract.others_seen(modality, self.seen)
            n, largest = int(rows.sum()), int(self.fold[rows].bincount().max()) if rows.any() else 0
            self.answers[modality] = self.regress(modality, rows) if n >= FEWEST and n - largest >= FEWEST_LEFT else None
        return self.answers[modality]


class CrossFitted(Conditional):
    """Several fits side by side, such as numbers of neighbours: per feature the one with the smallest error on rows left out.

    The training mean is one of the choices, so that a feature that the others say nothing of is not filled with confidence.
    """

    together = False  # one model answers for all modalities

    @abstractmethod
    def learn(self, modality: str, x: Tensors, seen: Tensors) -> Learned:
        """Learn from some training rows; not all have the modality. The answer has one slice per choice."""

    def fit(self, x: Tensors, seen: Tensors, inner: Tensor | None = None, measured: Tensors | None = None) -> None:
        super().fit(x, seen, inner, measured)
        self.models: dict[tuple[str, int], Learned] = {}

    def regress(self, modality: str, rows: Tensor) -> Answer:
        hidden = {**self.x, modality: torch.zeros_like(self.x[modality])}
        shown = without(modality, self.seen)
        guesses = torch.empty(0)
        for k in self.fold[rows].unique().tolist():
            held = rows & (self.fold == k)
            learned = self._model(modality, k)
            parts = ({name: part[held] for name, part in whole.items()} for whole in (hidden, shown))
            mean, _ = contract.moments(modality, *self._apart(k))
            guess = learned(modality, *parts)
            guess = torch.cat([mean.expand(1, *guess.shape[1:]), torch.where(guess.isnan(), mean, guess)])
            if not len(guesses):
                guesses = guess.new_zeros(len(guess), len(rows), guess.shape[2])
            guesses[:, held] = guess
        best, choice = self.error(modality, rows, guesses[:, rows]).min(0)
        mean, learned = self.moments(modality)[0], self._model(modality, -1)

        def predict(x: Tensors, seen: Tensors) -> Tensor:
            guess = learned(modality, x, seen)
            guess = torch.cat([mean.expand(1, *guess.shape[1:]), guess])
            return guess.gather(0, choice.expand(1, *guess.shape[1:]))[0]

        return Answer(predict, best)

    def _model(self, modality: str, fold: int) -> Learned:
        """Learned from all training rows but those of a fold."""
        key = ("" if self.together else modality, fold)
        if key not in self.models:
            self.models[key] = self.learn(modality, *self._apart(fold))
        return self.models[key]

    def _apart(self, fold: int) -> tuple[Tensors, Tensors]:
        rows = self.fold != fold
        return {name: values[rows] for name, values in self.x.items()}, {name: flags[rows] for name, flags in self.seen.items()}


def side_by_side(x: Tensors, seen: Tensors, but: str) -> Tensor:
    """All modalities but one in one matrix (n_obs, n_features), zero, the training mean, where a row lacks them."""
    return torch.cat([values * seen[name].unsqueeze(-1) for name, values in x.items() if name != but], dim=1)
