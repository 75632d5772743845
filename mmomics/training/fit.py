"""Train one model on the units of a shard: the same path for every method."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from mmomics import plugins
from mmomics.baselines.contract import Baseline, TrainingRows
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.heads.contract import where_seen
from mmomics.nn.streams import Streams
from mmomics.training import goals, linear_models, linear_path, loop, pretraining, subsets
from mmomics.training.fitted import Fit
from mmomics.training.fold import Fold
from mmomics.training.linear_models import LinearModels
from mmomics.training.linear_path import LinearScores
from mmomics.training.network import attach, make_network, make_params
from mmomics.training.rows import Rows
from mmomics.training.units import Place, Unit

log = logging.getLogger(__name__)
NETWORKS_PER_PASS = 40  # more in one pass are no faster, and memory grows with them
BYTES_PER_PASS = 2**27  # of the features of its folds, but one at least


def fit(
    model: Model,
    folds: Mapping[Place, Fold],
    units: list[Unit],
    settings: Training,
    device: str = "cpu",
    known: Mapping[Place, LinearModels] | None = None,
    *,
    hidden: bool = True,
    light: bool = False,
) -> list[Fit]:
    """Train a configured model on each unit.

    Parameters
    ----------
    model : Model
    folds : mapping
        The fold of every unit by (repeat, fold).
    units : list of Unit
    settings : Training
    device : str
    known : mapping, optional
        Linear models by (repeat, fold); what is not known of them is fitted where it is needed.
    hidden : bool
        Whether to predict test rows with modalities hidden too.
    light : bool
        Whether what was fitted is asked for predictions alone: features and networks are let go of as soon as these are there.
    """
    method, known = str(model.method), known or {}
    found: list[Fit] = []
    if plugins.package_of(method) == "baselines":
        for place, own in groupby(units, key=lambda unit: unit.place):  # a fold is made once for all seeds, and let go of
            found += _baselines(model, folds[place], list(own), known.get(place, {}), settings, hidden, light)
        return found
    scores: dict[Place, LinearScores] = {}
    n_units = _units_per_pass(folds[units[0].place].n_bytes, settings.members)
    for start in range(0, len(units), n_units):
        some = units[start : start + n_units]
        some_folds = {unit.place: folds[unit.place] for unit in some}
        scores = {
            place: scores.get(place) or linear_path.fit(fold, linear_models.fit(fold, known.get(place)))
            for place, fold in some_folds.items()
        }
        trained = _fusion(method, model.params, some_folds, scores, some, settings, torch.device(device), hidden)
        found += [one.lightened() for one in trained] if light else trained
        log.info("%s: %d of %d folds and seeds trained", method, len(found), len(units))
    return found


def _units_per_pass(n_bytes: int, n_members: int) -> int:
    """How many ensembles train together, each on a fold of so many bytes."""
    return max(1, min(NETWORKS_PER_PASS // n_members, BYTES_PER_PASS // max(n_bytes, 1)))


def _baselines(
    model: Model, fold: Fold, units: list[Unit], known: LinearModels, settings: Training, hidden: bool, light: bool
) -> list[Fit]:  # fmt: skip
    fits = (_baseline(model, fold, unit, known, settings, hidden) for unit in units)
    return [one.lightened() if light else one for one in fits]


def _baseline(model: Model, fold: Fold, unit: Unit, known: LinearModels, settings: Training, with_hidden: bool) -> Fit:
    method, task = str(model.method), fold.head.outcome["task"]
    network: Baseline = plugins.load("baselines", method).Baseline(make_params("baselines", method, model.params), task)
    fold = replace(fold, head=fold.head.copy())
    has = fold.has
    aim = goals.goal(fold.head, fold.y[has], has[has], settings)
    rows = TrainingRows(
        x={name: x[has] for name, x in fold.x.items()}, seen={name: seen[has] for name, seen in fold.seen.items()},
        y=fold.y[has], inner=fold.inner[has], head=fold.head, seed=unit.member_seeds(1)[0], known=known,
        weight=aim.weight if aim.weighs else None, windows=fold.windows.keys(),
    )  # fmt: skip
    oof = network.fit(rows)
    fold.head.calibrate(oof, rows.y, torch.ones(len(rows.y), dtype=torch.bool), rows.inner, settings.calibration)
    everyone = torch.zeros(len(fold.y), oof.shape[1])
    everyone[has] = oof
    x, seen = ({name: values[fold.test] for name, values in part.items()} for part in (fold.x, fold.seen))
    hidden = subsets.of_baseline(network, x, seen) if with_hidden else None
    return Fit(unit, fold, network, eta=network(fold.x, fold.seen), oof=everyone, held=has, hidden=hidden)


def _fusion(
    method: str, params: dict[str, Any], folds: Mapping[Place, Fold], scores: Mapping[Place, LinearScores],
    units: list[Unit], settings: Training, device: torch.device, with_hidden: bool,
) -> list[Fit]:  # fmt: skip
    places = list(dict.fromkeys(unit.place for unit in units))
    members = [(group, places.index(unit.place), member) for group, unit in enumerate(units) for member in range(settings.members)]
    rows = Rows(
        [folds[place] for place in places], [scores[place].scores for place in places], fold_of=[place for _, place, _ in members],
        held_out=[inner for unit in units for inner in folds[unit.place].held_out(settings.members)], device=device, settings=settings,
    )  # fmt: skip
    streams = Streams([seed for unit in units for seed in unit.member_seeds(settings.members)], device)
    any_fold = folds[places[0]]
    heads = any_fold.head, {name: target.head for name, target in any_fold.also.items()}
    network = make_network(method, params, rows.n_vars, streams, heads).to(device)
    starts = [scores[places[place]] for _, place, _ in members]
    network.path.begin(torch.stack([start.log_trust for start in starts]), torch.tensor([float(start.joint) for start in starts]))
    attach(network.method, rows)
    group = torch.tensor([group for group, _, _ in members])
    before = pretraining.pretrain(network, rows, group, settings) if settings.pretraining else None
    history = loop.train(network, rows, group, settings)
    if before is not None and len(before):
        history = pd.concat([before, history], ignore_index=True)
    eta, z = network.predict(rows)
    trained = network.trained.cpu()
    tests = [folds[units[position].place].test for position in group.tolist()]
    hidden = subsets.of_networks(network, rows, tests) if with_hidden else None
    network.cpu()  # where bundles and explanations compute
    oof, held = rows.pool(eta.gather(1, rows.validate.unsqueeze(-1).expand(-1, -1, eta.shape[-1])), group)
    fits = []
    for position, unit in enumerate(units):
        fold = folds[unit.place]
        fold = replace(fold, head=fold.head.copy())
        own_oof, own_held = where_seen(oof[position].cpu(), fold.seen), (held[position] > 0).cpu()
        first = position * settings.members
        fold.head.calibrate(own_oof, fold.y, fold.has & own_held, fold.left_out(own_held), settings.calibration, by_member=True)
        own = where_seen(eta[first : first + settings.members].cpu(), fold.seen)
        curves = history[history["group"] == position].drop(columns="group")
        fits.append(
            Fit(
                unit, fold, network, eta=own.mean(0), oof=own_oof, held=fold.has & own_held,
                scores=scores[unit.place], embedding=_first(z, trained, first, settings.members), history=curves, members=own,
                hidden=None if hidden is None else hidden[:, first : first + settings.members, : len(fold.test)].mean(1).cpu(),
            )
        )  # fmt: skip
    return fits


def _first(z: Tensor, trained: Tensor, first: int, n_members: int) -> Tensor | None:
    """Embeddings z (n_all, n_obs, n_latent) of the first member of an ensemble that learned one; None where none did."""
    learned = torch.nonzero(trained[first : first + n_members])[:, 0]
    return z[first + int(learned[0])].cpu() if len(learned) else None
