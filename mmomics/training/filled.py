"""Train a model on whole data: on complete subjects alone, or with what subjects lack filled in, once or several times.

With several draws the model is trained on each, and its predictors are averaged over them (Rubin 1987, doi:10.1002/9780470316696). Test
subjects are filled in like training subjects, by an imputer that learned from training subjects. The outcome is no part of the imputer:
for test subjects it is not known.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mmomics.config.handling import COMPLETE, SINGLE
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.imputation.contract import Imputer
from mmomics.training import fit as native
from mmomics.training import imputer
from mmomics.training.fitted import Fit
from mmomics.training.fold import Fold
from mmomics.training.impute import among_training, gappy, lacking
from mmomics.training.units import Place, Unit

log = logging.getLogger(__name__)
Filled = tuple[Tensor, Tensor]  # rows (n_rows,) int and their values (n_draws, n_rows, n_vars)
FEWEST = 20  # complete training subjects; from fewer nothing is learned


@dataclass(frozen=True)
class Handling:
    """What is done about modalities that subjects lack.

    Attributes
    ----------
    how : {"complete", "single", "multiple"}
        Learn from complete subjects alone; fill in the mean; fill in draws.
    imputer : str
    draws : int
        Of `multiple`.
    seed : int
        Of the imputer and its draws, whatever the seed of a model.
    """

    how: str
    imputer: str
    draws: int
    seed: int


def fit(
    model: Model, handling: Handling, folds: Mapping[Place, Fold], units: list[Unit], training: Training, device: str = "cpu",
    *, light: bool = False,
) -> list[Fit]:  # fmt: skip
    """Train a model on each unit, on whole data.

    Parameters
    ----------
    model : Model
    handling : Handling
    folds : mapping
        The fold of every unit by (repeat, fold).
    units : list of Unit
    training : Training
    device : str
    light : bool
        Whether what was fitted is asked for predictions alone.

    Returns
    -------
    list of Fit
        In the order of the units; of `multiple` with `draws`. Where hardly any training subject is complete, a model of complete
        subjects predicts the same of everybody.
    """
    found: dict[Unit, Fit] = {}
    for place in dict.fromkeys(unit.place for unit in units):
        own = [unit for unit in units if unit.place == place]
        worlds = _worlds(folds[place], handling, training)
        fits = [native.fit(model, {place: world}, own, training, device, hidden=False, light=light) for world in worlds]
        found |= {unit: pool(list(draws), training) for unit, *draws in zip(own, *fits, strict=True)} if fits else {}
        found |= {unit: _constant(folds[place], unit, light) for unit in own if not fits}
        log.info("%s: %d of %d folds and seeds trained", model.method, len(found), len(units))
    return [found[unit] for unit in units]


def complete(fold: Fold) -> Fold:
    """A fold whose training rows are those that have every modality of which anything can be learned; test rows stay as they are."""
    whole = torch.stack([flags for name, flags in fold.seen.items() if name in fold.preparation]).all(0)
    also = {name: replace(target, has=target.has & whole) for name, target in fold.also.items()}
    inner = fold.inner.where(whole, torch.tensor(-1))
    return replace(fold, has=fold.has & whole, train=fold.train[whole[fold.train]], inner=inner, also=also)


def pool(fits: list[Fit], training: Training) -> Fit:
    """One model from its fits to the draws of one fold: the mean predictor, calibrated on the mean of what was out of fold."""
    first = fits[0]
    if len(fits) == 1:
        return first
    draws, oof = torch.stack([one.eta for one in fits]), torch.stack([one.oof for one in fits]).mean(0)
    head = first.fold.head.copy()
    head.calibrate(
        oof, first.fold.y, first.held, first.fold.left_out(first.held), training.calibration, by_member=first.members is not None
    )
    # each network keeps the inner fold that it left out
    members = None if first.members is None else torch.stack([one.members for one in fits if one.members is not None]).mean(0)
    return replace(
        first, fold=replace(first.fold, head=head), eta=draws.mean(0), oof=oof, members=members, draws=draws, embedding=None, hidden=None
    )


def _worlds(fold: Fold, handling: Handling, training: Training) -> Iterator[Fold]:
    """The folds to train on in place of one: none, one, or one per draw."""
    if handling.how == COMPLETE:
        own = complete(fold)
        n, n_all = int(own.has.sum()), int(fold.has.sum())
        log.info("repeat %d, fold %d: %d of %d training subjects are complete", fold.repeat, fold.fold, n, n_all)
        if n >= FEWEST and len(own.inner[own.has].unique()) > 1:
            yield own
        return
    unit = Unit(fold.repeat, fold.fold, handling.seed)
    fitted = imputer.fit(handling.imputer, fold, unit, training)
    n_draws, seed = 1 if handling.how == SINGLE else handling.draws, unit.member_seeds(1)[0]
    assays, gaps = _assays(fitted, fold, handling, seed), _gaps(fitted, fold, handling, seed)
    for number in range(n_draws):
        x, seen = dict(fold.x), dict(fold.seen)
        for name, (rows, values) in assays.items():
            x[name], seen[name] = x[name].clone(), seen[name].clone()
            x[name][rows], seen[name][rows] = values[number], True
        for name, (rows, values) in gaps.items():
            x[name] = x[name].clone()
            x[name][rows] = values[number]
        yield replace(fold, x=x, seen=seen, measured={})


def _assays(fitted: Imputer, fold: Fold, handling: Handling, seed: int) -> dict[str, Filled]:
    """Assays of the rows that lack them."""
    rows_of = dict(lacking(fold, fold.train))
    anyone = torch.cat([torch.zeros(0, dtype=torch.long), *rows_of.values()]).unique()  # the same rows for all: see `Imputer.draw`
    x, seen = ({key: part[key][anyone] for key in fold.x} for part in (fold.x, fold.seen))
    filled = {}
    for name, rows in rows_of.items():
        if handling.how == SINGLE:
            drawn = fitted.predict(name, x, seen)[0][None]
        else:
            drawn = fitted.draw(name, x, seen, handling.draws, seed)
        drawn = drawn[:, torch.searchsorted(anyone, rows)]
        drawn[..., len(fold.preparation[name].features) :] = 0.0  # columns of filling
        filled[name] = rows, drawn
    return filled


def _gaps(fitted: Imputer, fold: Fold, handling: Handling, seed: int) -> dict[str, Filled]:
    """Assays of the rows that lack single values of them: what was measured, and these."""
    filled = {}
    for place, (name, rows) in enumerate(gappy(fold)):
        n_features, there = len(fold.preparation[name].features), fold.measured[name][rows]
        x, seen = ({key: part[rows] for key, part in parts.items()} for parts in (fold.x, fold.seen))
        n_draws = 0 if handling.how == SINGLE else handling.draws
        mean, _, drawn = fitted.complete(name, x, seen, there, among_training(fold)[rows], n=n_draws, seed=seed + place)
        drawn = drawn if n_draws else mean[None]
        drawn[..., n_features:] = 0.0
        filled[name] = rows, drawn.where(~there, x[name])
    return filled


def _constant(fold: Fold, unit: Unit, light: bool) -> Fit:
    """What can be said without anybody to learn from: the same of everybody."""
    head = fold.head.copy()
    nothing = torch.zeros(len(fold.y), head.n_out)
    own = replace(fold, head=head)
    head.calibrate(nothing, fold.y, fold.has)
    found = Fit(unit, own, None, eta=nothing, oof=nothing, held=fold.has)
    return found.lightened() if light else found
