"""What imputers of one regression per modality share: which rows can be answered, and how far off an answer is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from mmomics.imputation import contract
from mmomics.imputation._bounds import Bounds
from mmomics.imputation.contract import Pattern, Tensors, without

Learned = Callable[[str, Tensors, Tensors], Tensor]  # modality, x, seen -> (n_choices, n_obs, n_vars)
FEWEST = 10  # rows that have the modality and another one: from fewer, nothing is learned but the mean
FEWEST_LEFT = 5  # of these, outside any fold
COMMON = 0.05  # share of the training rows from which single values of rows with these modalities are told by factors of their own
ROWS_OF_PATTERN = 20  # that have the same modalities: at so many their own error has half of its say


@dataclass
class Answer:
    """How one modality is predicted.

    Attributes
    ----------
    predict : callable
        The mean (n_obs, n_vars) of x and seen, NaN where nothing can be said.
    oof : Tensor (n_train, n_vars)
        Training rows as foretold out of fold; elsewhere whatever.
    left : Tensor (n_train, n_vars)
        What that left of training rows kept apart; zero elsewhere, and where nothing was measured.
    judged : Tensor (n_train, n_vars) bool
        Entries of `left` that count.
    """

    predict: Callable[[Tensors, Tensors], Tensor]
    oof: Tensor
    left: Tensor
    judged: Tensor

    @property
    def error(self) -> Tensor:
        """Mean squared error (n_vars,)."""
        return self.left.square().sum(0) / self.judged.sum(0).clamp_min(1)


class Conditional(contract.Imputer):
    """A row without any other modality, or a modality that hardly any row has beside another, gets the training mean and its spread."""

    def fit(self, x: Tensors, seen: Tensors, inner: Tensor | None = None, measured: Tensors | None = None) -> None:
        self.x, self.seen, self.measured = x, seen, measured
        self.fold = contract.folds(inner, len(next(iter(seen.values()), [])))
        self.answers: dict[str, Answer | None] = {}
        self.lefts: dict[tuple[str, Pattern], tuple[Tensor, Tensor]] = {}

    def predict(self, modality: str, x: Tensors, seen: Tensors) -> tuple[Tensor, Tensor]:
        mean, variance = self.moments(modality)
        x, seen = ({name: part[name] for name in self.x} for part in (x, seen))  # no windows, which plain models cannot use
        shape = x[modality].shape
        answer = self._answer(modality)
        shown = without(modality, seen)
        if answer is None or not shown:
            return self.bounds(modality).moments(mean.expand(shape), variance.sqrt().expand(shape))
        guess = answer.predict({**x, modality: torch.zeros_like(x[modality])}, shown)
        error = variance.repeat(len(guess), 1)
        for pattern, rows in contract.by_pattern(shown).items():
            if pattern:
                left, judged = self._left(modality, answer, pattern)
                error[rows] = (left.square().sum(0) + ROWS_OF_PATTERN * answer.error) / (judged.sum(0) + ROWS_OF_PATTERN)
        known = torch.stack(list(shown.values())).any(0).unsqueeze(-1) & ~guess.isnan()
        return self.bounds(modality).moments(torch.where(known, guess, mean), torch.where(known, error, variance).sqrt())

    def predictability(self, modality: str) -> Tensor:
        variance = self.moments(modality)[1]
        answer = self._answer(modality)
        return torch.zeros_like(variance) if answer is None else contract.foretold(answer.error, variance, answer.judged.sum(0))

    def taught(self, modality: str, pattern: Pattern) -> Pattern:
        own = {name: flags for name, flags in without(modality, self.seen).items() if flags.any()}
        table = torch.stack(list(own.values()), dim=1) if own else torch.zeros(len(self.fold), 0, dtype=torch.bool)
        has = torch.tensor([name in pattern for name in own], dtype=torch.bool)
        return tuple(own) if has.any() and (table == has).all(1).float().mean() < COMMON else pattern

    def out_of_fold(self, modality: str) -> Tensor:
        mean, answer, told = self.moments(modality)[0], self._answer(modality), contract.others_seen(modality, self.seen)
        return mean.expand_as(self.x[modality]) if answer is None else torch.where(told.unsqueeze(1), answer.oof, mean)

    def residuals(self, modality: str, pattern: Pattern) -> Tensor:
        answer, pattern = self._answer(modality), tuple(name for name in pattern if name in self.x)  # no windows
        if answer is None or not pattern:
            return contract.about_the_mean(modality, self.x, self.seen, self.measured)
        return self._left(modality, answer, pattern)[0] / answer.error.clamp_min(contract.LEAST).sqrt()

    def _left(self, modality: str, answer: Answer, pattern: Pattern) -> tuple[Tensor, Tensor]:
        """What is left of training rows (n_train, n_vars) that have these modalities, were the others hidden, and which entries count.

        To what was left out of fold comes what the others add to the answer.
        """
        key = modality, pattern
        if key not in self.lefts:
            own = without(modality, self.seen)
            rows = torch.stack([own[name] for name in pattern]).all(0)
            fewer = {name: flags & (name in pattern) for name, flags in own.items()}
            hidden = {**self.x, modality: torch.zeros_like(self.x[modality])}
            x, all_of, some_of = ({name: part[rows] for name, part in parts.items()} for parts in (hidden, own, fewer))
            judged = answer.judged & rows.unsqueeze(1)
            left = answer.left.clone()
            left[rows] += (answer.predict(x, all_of) - answer.predict(x, some_of)).nan_to_num()
            self.lefts[key] = left * judged, judged
        return self.lefts[key]

    def bounds(self, modality: str) -> Bounds:
        return contract.bounds(modality, self.x, self.seen, self.measured)

    def moments(self, modality: str) -> tuple[Tensor, Tensor]:
        """Mean and variance (n_vars,) over the training rows that have it."""
        return contract.moments(modality, self.x, self.seen, self.measured)

    def judged(self, modality: str, rows: Tensor) -> Tensor:
        """Entries (n_train, n_vars) bool of these training rows (bool) that were measured."""
        return contract.entries(modality, self.x, self.seen, self.measured) & rows.unsqueeze(1)

    @abstractmethod
    def regress(self, modality: str, rows: Tensor) -> Answer:
        """Learn one modality from the training rows (bool) that have it and another one."""

    def _answer(self, modality: str) -> Answer | None:
        if modality not in self.answers:
            rows = self.seen[modality] & contract.others_seen(modality, self.seen)
            n, largest = int(rows.sum()), int(self.fold[rows].bincount().max()) if rows.any() else 0
            able = n >= FEWEST and n - largest >= FEWEST_LEFT
            self.answers[modality] = self._stretched(modality, self.regress(modality, rows), n) if able else None
        return self.answers[modality]

    def _stretched(self, modality: str, answer: Answer, n: int) -> Answer:
        """The same where n rows were learned from whose gaps were filled with the mean, see `contract.stretch`."""
        mean, truth = self.moments(modality)[0], self.x[modality]
        guess = truth - mean - answer.left
        slope = contract.stretch(truth - mean, guess, answer.judged, torch.tensor(n))
        oof = mean + slope * (answer.oof - mean)
        return Answer(lambda x, seen: mean + slope * (answer.predict(x, seen) - mean), oof, (truth - oof) * answer.judged, answer.judged)


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
        judged = self.judged(modality, rows)
        off = (self.x[modality] - guesses) * judged
        choice = off.square().sum(1).argmin(0)
        mean, learned = self.moments(modality)[0], self._model(modality, -1)

        def predict(x: Tensors, seen: Tensors) -> Tensor:
            guess = learned(modality, x, seen)
            guess = torch.cat([mean.expand(1, *guess.shape[1:]), guess])
            return guess.gather(0, choice.expand(1, *guess.shape[1:]))[0]

        oof, left = (part.gather(0, choice.expand(1, *part.shape[1:]))[0] for part in (guesses, off))
        return Answer(predict, oof, left, judged)

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
