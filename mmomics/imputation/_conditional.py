"""What imputers of one regression per modality share: which rows can be answered, and how far off an answer is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from mmomics.imputation import contract
from mmomics.imputation.contract import without

Learned = Callable[[str, dict[str, Tensor], dict[str, Tensor]], Tensor]  # modality, x, seen -> (n_choices, n_obs, n_vars)
FOLDS = 5
FEWEST = 10  # rows that have the modality and another one: from fewer, nothing is learned but the mean


@dataclass
class Answer:
    """How one modality is predicted: the mean (n_obs, n_vars) of x and seen, and the mean squared error (n_vars,) on rows kept apart."""

    predict: Callable[[dict[str, Tensor], dict[str, Tensor]], Tensor]
    error: Tensor


class Conditional(contract.Imputer):
    """A row without any other modality, or a modality that hardly any row has beside another, gets the training mean and its spread."""

    def fit(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> None:
        self.x, self.seen = x, seen
        self.answers: dict[str, Answer | None] = {}

    def predict(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        mean, variance = contract.moments(modality, self.x, self.seen)
        shape = x[modality].shape
        answer = self._answer(modality)
        shown = without(modality, seen)
        if answer is None or not shown:
            return mean.expand(shape), variance.sqrt().expand(shape)
        known = torch.stack(list(shown.values())).any(0).unsqueeze(-1)
        hidden = {**x, modality: torch.zeros_like(x[modality])}
        return torch.where(known, answer.predict(hidden, shown), mean), torch.where(known, answer.error, variance).sqrt()

    def predictability(self, modality: str) -> Tensor:
        variance = contract.moments(modality, self.x, self.seen)[1]
        answer = self._answer(modality)
        error = variance if answer is None else answer.error
        return torch.where(variance > 0, 1 - error / variance, 0.0).clamp(0, 1)

    @abstractmethod
    def regress(self, modality: str, rows: Tensor) -> Answer:
        """Learn one modality from the training rows (bool) that have it and another one."""

    def _answer(self, modality: str) -> Answer | None:
        if modality not in self.answers:
            rows = self.seen[modality] & contract.others_seen(modality, self.seen)
            self.answers[modality] = self.regress(modality, rows) if int(rows.sum()) >= FEWEST else None
        return self.answers[modality]


class CrossFitted(Conditional):
    """Several fits side by side, such as numbers of neighbours: per feature the one with the smallest error on rows left out.

    The training mean is one of the choices, so that a feature that the others say nothing of is not filled with confidence.
    """

    together = False  # one model answers for all modalities

    @abstractmethod
    def learn(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Learned:
        """Learn from some training rows; not all have the modality. The answer has one slice per choice."""

    def fit(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> None:
        super().fit(x, seen)
        n_obs = len(next(iter(seen.values())))
        self.fold = torch.randperm(n_obs, generator=torch.Generator().manual_seed(0)) % FOLDS
        self.models: dict[tuple[str, int], Learned] = {}

    def regress(self, modality: str, rows: Tensor) -> Answer:
        hidden = {**self.x, modality: torch.zeros_like(self.x[modality])}
        shown = without(modality, self.seen)
        errors = []
        for k in range(FOLDS):
            held = rows & (self.fold == k)
            if held.any():
                learned = self._model(modality, k)
                parts = ({name: part[held] for name, part in whole.items()} for whole in (hidden, shown))
                guess = learned(modality, *parts)
                mean, _ = contract.moments(modality, *self._apart(k))
                guess = torch.cat([mean.expand(1, *guess.shape[1:]), guess])
                errors.append((guess - self.x[modality][held]).square().sum(1))
        error = torch.stack(errors).sum(0) / rows.sum()
        best, choice = error.min(0)
        mean, learned = contract.moments(modality, self.x, self.seen)[0], self._model(modality, -1)

        def predict(x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor:
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

    def _apart(self, fold: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        rows = self.fold != fold
        return {name: values[rows] for name, values in self.x.items()}, {name: flags[rows] for name, flags in self.seen.items()}


def side_by_side(x: dict[str, Tensor], seen: dict[str, Tensor], but: str) -> Tensor:
    """All modalities but one in one matrix (n_obs, n_features), zero, the training mean, where a row lacks them."""
    return torch.cat([values * seen[name].unsqueeze(-1) for name, values in x.items() if name != but], dim=1)
