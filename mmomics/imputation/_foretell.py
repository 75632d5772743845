"""What plain models foretell of a missing modality: the mean that generative imputers start from.

For every feature a weighted mean of kernel ridge models: linear on all other modalities together, linear on each one alone, and bent (a
Gaussian kernel per modality, added up), on all features and on the leading components. The weights are chosen per feature out of fold. A
second level looks at what was foretold of all features of the modality at once, so that related features correct each other (Breiman &
Friedman 1997, doi:10.1111/1467-9868.00054). Subjects who lack some of the other modalities are answered by a fit of their own pattern, if
it is common.
"""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor

from mmomics.imputation import contract
from mmomics.imputation._variance import Variance
from mmomics.imputation.contract import Pattern, Tensors
from mmomics.nn.smoothers import Smoother, smooth, weigh
from mmomics.nn.spectral import leading

FEWEST = 10  # rows to learn from; below, the training mean is all there is
COMMON = 0.05  # share of the training rows from which a pattern gets a fit of its own
MOST_PATTERNS = 4
MOST_ALONE = 4  # modalities that also get a model by themselves, the largest first
ROWS_OF_SECOND = 100  # rows at which the second level has half of its say
COMPONENTS = 6  # leading ones of a modality, each of unit variance: in so few a strong bend stands out, as it does not in all features
ROWS_OF_PATTERN = 20  # that have the same modalities: at so many a feature's own error has half of its say
TOGETHER = 0.6  # prior weight of the linear model on all modalities together


class Foretold:
    """One modality from a set of others.

    Parameters
    ----------
    x, seen : dict of str to Tensor
        Training rows that have the modality and any of the others: (n_obs, n_vars) and (n_obs,).
    modality : str
    others : tuple of str
    fold : Tensor (n_obs,) int
        Inner fold of each row.
    measured : Tensor (n_obs, n_vars) bool
        Entries of the modality that were measured: the error is of these.

    Attributes
    ----------
    oof : Tensor (n_obs, n_vars)
        These rows as foretold without their inner fold.
    error : Tensor (n_vars,)
        Mean square of what was left.
    variance : Variance
        The same by what is foretold.
    known : Tensor (n_vars,) bool
        Features of which any entry was measured.
    """

    def __init__(self, x: Tensors, seen: Tensors, modality: str, others: Pattern, fold: Tensor, measured: Tensor) -> None:
        self.others = others
        self.x = {name: x[name] * seen[name].unsqueeze(-1) for name in others}
        self.seen = {name: seen[name].to(x[name].dtype) for name in others}
        self.axes = {name: leading(self.x[name][seen[name]], COMPONENTS) for name in others}
        self.width = {name: 2 * self.x[name].square().sum() / self.seen[name].sum().clamp_min(1) + 1e-6 for name in others}
        by_size = sorted(others, key=lambda name: -float(self.seen[name].sum()) * x[name].shape[1])
        self.alone = by_size[:MOST_ALONE] if len(others) > 1 else []
        y = x[modality]
        self.mean, self.low, self.high = y.mean(0), y.amin(0), y.amax(0)
        self.models: list[Smoother] = [smooth(kernel, y, fold) for kernel in self._kernels(self.x, self.seen)]
        n_rest = len(self.models) - 1
        prior = torch.tensor([TOGETHER, *[(1 - TOGETHER) / n_rest] * n_rest])
        guesses = torch.stack([model.oof for model in self.models]) - self.mean
        self.weight = weigh(guesses, y - self.mean, prior)
        self.first = (guesses * self.weight.unsqueeze(1)).sum(0)
        self.second = smooth(self.first @ self.first.T, y, fold)
        both = torch.stack([self.first, self.second.oof - self.mean])
        trust = 0.5 * len(y) / (len(y) + ROWS_OF_SECOND)
        self.weight_of_levels = weigh(both, y - self.mean, torch.tensor([1 - trust, trust]))
        guess = (both * self.weight_of_levels.unsqueeze(1)).sum(0)
        self.slope = contract.stretch(y - self.mean, guess, measured, torch.tensor(len(y)))
        self.oof = self.mean + self.slope * guess
        self.variance = Variance(self.oof, (self.oof - y).square(), measured)
        self.error, self.known = self.variance.error, measured.any(0)

    def __call__(self, x: Tensors, seen: Tensors) -> Tensor:
        """Mean (n_new, n_vars) of new rows; no model leaves the range of the training values, however far out a row lies."""
        kernels = self._kernels(
            {name: x[name] * seen[name].unsqueeze(-1) for name in self.others}, {n: seen[n].to(x[n].dtype) for n in self.others}
        )
        first = torch.zeros(len(next(iter(x.values()))), len(self.mean))
        for model, weight, kernel in zip(self.models, self.weight, kernels, strict=True):
            first += (model(kernel).clamp(self.low, self.high) - self.mean) * weight
        second = self.second(first @ self.first.T).clamp(self.low, self.high) - self.mean
        return self.mean + self.slope * (first * self.weight_of_levels[0] + second * self.weight_of_levels[1])

    def _kernels(self, x: Tensors, seen: Tensors) -> list[Tensor]:
        """Similarities (n_new, n_obs) to the training rows: all together, each alone, bent."""
        products = {name: x[name] @ self.x[name].T for name in self.others}
        together = torch.stack(list(products.values())).sum(0)
        bent, more_bent = torch.zeros_like(together), torch.zeros_like(together)
        for name, product in products.items():
            both = seen[name].unsqueeze(1) * self.seen[name]
            apart = x[name].square().sum(1, keepdim=True) + self.x[name].square().sum(1) - 2 * product
            bent += torch.exp(-apart / self.width[name]) * both
            apart = torch.cdist(x[name] @ self.axes[name], self.x[name] @ self.axes[name]).square()
            more_bent += torch.exp(-apart / (2 * COMPONENTS)) * both
        return [together, *(products[name] for name in self.alone), bent, more_bent]


class Foretelling:
    """Every modality from whichever others a row has; fits are made when first asked for.

    Parameters
    ----------
    x, seen : dict of str to Tensor
        Training rows.
    fold : Tensor (n_obs,) int or None
        Inner fold of each.
    names : list of str
        Modalities that plain models can use and foretell: all but windows of a signal.
    measured : dict of str to Tensor, optional
        Of the training rows, see `contract.Imputer.fit`.
    """

    def __init__(self, x: Tensors, seen: Tensors, fold: Tensor | None, names: list[str], measured: Tensors | None = None) -> None:
        self.x, self.seen, self.names, self.measured = x, seen, names, measured
        self.fold = contract.folds(fold, len(next(iter(seen.values()), [])))
        self.fits: dict[tuple[str, Pattern], tuple[Foretold, Tensor] | None] = {}
        self.growths: dict[tuple[str, Pattern, Pattern], Tensor] = {}

    def predict(self, modality: str, x: Tensors, seen: Tensors) -> tuple[Tensor, Tensor]:
        """Mean and mean squared error (n_obs, n_vars) of a modality; of rows that have nothing to go by, mean and variance of training."""
        mean, error = self._nothing(modality, len(x[modality]))
        for (others, pattern), rows in self._by_pattern(modality, seen).items():
            if (fit := self._fit(modality, others)) is not None:
                told = fit[0]({name: x[name][rows] for name in others}, {name: seen[name][rows] for name in others})
                mean[rows] = torch.where(fit[0].known, told, mean[rows])
                error[rows] = torch.where(fit[0].known, fit[0].variance(told) * self._growth(modality, others, pattern), error[rows])
        return mean, error

    def out_of_fold(self, modality: str) -> tuple[Tensor, Tensor]:
        """Mean and mean squared error (n_obs, n_vars) of the training rows, each foretold without its inner fold."""
        mean, error = self._nothing(modality, len(self.fold))
        for (others, _), rows in self._by_pattern(modality, self.seen).items():
            if (fit := self._fit(modality, others)) is not None:
                place = torch.full((len(self.fold),), -1)
                place[fit[1]] = torch.arange(len(fit[1]))
                own = rows[place[rows] >= 0]
                told = fit[0].oof[place[own]]
                mean[own] = torch.where(fit[0].known, told, mean[own])
                error[own] = torch.where(fit[0].known, fit[0].variance(told), error[own])
        return mean, error

    def _growth(self, modality: str, others: Pattern, pattern: Pattern) -> Tensor:
        """How many times larger the error of a fit is (n_vars,) for rows that have only some of what it goes by.

        Training rows that have these are foretold without the rest: to what was left out of fold comes what the rest adds to the answer.
        """
        key = modality, others, pattern
        fit = self._fit(modality, others)
        if pattern == others or fit is None:
            return torch.ones(())
        if key not in self.growths:
            told, rows = fit
            most = (self._nothing(modality, 1)[1][0] / told.error.clamp_min(contract.LEAST)).clamp_min(1.0)  # what is left of no fit at all
            able = torch.stack([self.seen[name][rows] for name in pattern]).all(0)
            x, seen = ({name: part[name][rows][able] for name in others} for part in (self.x, self.seen))
            left = self.x[modality][rows][able] - told.oof[able]
            without = left + told(x, seen) - told(x, {name: flags & (name in pattern) for name, flags in seen.items()})
            there = contract.entries(modality, self.x, self.seen, self.measured)[rows][able]
            before, after = ((part.square() * there).sum(0) for part in (left, without))
            common = after.sum() / before.sum() if able.any() and before.sum() > 0 else most.mean()
            n = there.sum(0)
            own = (after / told.error.clamp_min(contract.LEAST) + ROWS_OF_PATTERN * common) / (n + ROWS_OF_PATTERN)
            self.growths[key] = own.clamp_min(1.0).minimum(most)
        return self.growths[key]

    def residuals(self, modality: str, pattern: Pattern) -> Tensor:
        """What was left out of fold of training rows (n_obs, n_vars), foretold from these modalities, in standard deviations.

        Zero in rows that taught nothing of it, and where nothing was measured. A rare pattern has the residuals of all rows.
        """
        fit = self._fit(modality, others) if (others := self.taught(modality, pattern)) else None
        if fit is None:
            return contract.about_the_mean(modality, self.x, self.seen, self.measured)
        left = torch.zeros_like(self.x[modality])
        left[fit[1]] = (self.x[modality][fit[1]] - fit[0].oof) / fit[0].error.clamp_min(contract.LEAST).sqrt()
        return left * contract.entries(modality, self.x, self.seen, self.measured)

    def taught(self, modality: str, pattern: Pattern) -> Pattern:
        """What the fit goes by that answers rows with these modalities; nothing where they have nothing to go by."""
        others, every = tuple(name for name in self.names if name in pattern), self._others(modality)
        return others if not others or others in self._common(modality, every) else every

    def _others(self, modality: str) -> Pattern:
        return tuple(name for name in self.names if name != modality and self.seen[name].any())

    def _nothing(self, modality: str, n_obs: int) -> tuple[Tensor, Tensor]:
        mean, variance = contract.moments(modality, self.x, self.seen, self.measured)
        return mean.repeat(n_obs, 1), variance.repeat(n_obs, 1)

    def _by_pattern(self, modality: str, seen: Tensors) -> dict[tuple[Pattern, Pattern], Tensor]:
        """Positions of rows, by what the fit that answers them goes by, and what they have of it; without those that have nothing."""
        others = self._others(modality)
        common = self._common(modality, others)
        found: dict[tuple[Pattern, Pattern], list[int]] = {}
        for row, flags in enumerate(torch.stack([seen[name] for name in others], dim=1).tolist() if others else []):
            pattern = tuple(name for name, flag in zip(others, flags, strict=True) if flag)
            if pattern:
                found.setdefault((pattern if pattern in common else others, pattern), []).append(row)
        return {key: torch.tensor(rows) for key, rows in found.items()}

    def _common(self, modality: str, others: Pattern) -> list[Pattern]:
        """Patterns of the other modalities that many training rows have, and that enough rows with the modality teach."""
        if not others:
            return []
        table = torch.stack([self.seen[name] for name in others], dim=1)
        counts = Counter(tuple(name for name, flag in zip(others, flags, strict=True) if flag) for flags in table.tolist())
        able = [
            (pattern, count)
            for pattern, count in sorted(counts.items())
            if pattern and count >= max(COMMON * len(table), 3) and int(self._rows(modality, pattern).sum()) >= 2 * FEWEST
        ]
        return [pattern for pattern, _ in sorted(able, key=lambda one: -one[1])[:MOST_PATTERNS]]

    def _rows(self, modality: str, others: Pattern) -> Tensor:
        return self.seen[modality] & torch.stack([self.seen[name] for name in others]).any(0)

    def _fit(self, modality: str, others: Pattern) -> tuple[Foretold, Tensor] | None:
        """The fit and its rows; None from too few rows."""
        key = modality, others
        if key not in self.fits:
            rows = torch.nonzero(self._rows(modality, others))[:, 0]
            self.fits[key] = None
            if len(rows) >= FEWEST:
                x, seen = ({name: part[name][rows] for name in (modality, *others)} for part in (self.x, self.seen))
                there = contract.entries(modality, self.x, self.seen, self.measured)[rows]
                self.fits[key] = Foretold(x, seen, modality, others, contract.folds(self.fold[rows], len(rows)), there), rows
        return self.fits[key]
