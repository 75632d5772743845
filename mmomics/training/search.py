"""Search: the settings of a method that predict the inner held-out rows best, chosen for each fold and seed by itself.

A method declares what may be tried as a literal `SPACE`: {parameter: choices}. The candidates depend on that and on their number alone,
so they are the same in every fold, shard and run; the first is the method's defaults. They are points of a low-discrepancy sequence
(Bergstra & Bengio 2012, "Random search for hyper-parameter optimization", JMLR 13), which need not wait for one another's results: all
folds and seeds try one in one batched pass. What finished is kept beside the output, so a job that was killed repeats no trial.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import math
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from torch import Tensor

from mmomics import __version__, plugins
from mmomics.config.handling import NATIVE, Missing
from mmomics.config.params import files, shared_evenly
from mmomics.config.protocol import Training
from mmomics.config.run import Model
from mmomics.storage import atomic
from mmomics.training.fitted import Fit
from mmomics.training.fold import Fold
from mmomics.training.loop import DivergenceError
from mmomics.training.units import COLUMNS as UNIT
from mmomics.training.units import Place, Unit

log = logging.getLogger(__name__)
COLUMNS = [*UNIT, "trial", "params", "loss", "chosen"]

Train = Callable[[Model, list[Unit], bool], list[Fit]]  # the last: whether test rows with modalities hidden are asked for


@dataclass
class Searched:
    """What a search found.

    Attributes
    ----------
    fits : list of Fit
        Of the units, each trained with what was chosen for it.
    params : list of dict
        What each unit's settings are beside the method's defaults.
    table : DataFrame
        repeat, fold, seed, trial, params (JSON), loss (on the inner held-out rows), chosen. Empty where nothing was searched.
    """

    fits: list[Fit]
    params: list[dict[str, Any]]
    table: pd.DataFrame


def run(model: Model, units: list[Unit], train: Train, trials: int, folder: Path) -> Searched:
    """Train the units, each with the best of so many candidates.

    Parameters
    ----------
    model : Model
        Its `params` are what the user set: they are not searched.
    train : callable
        Trains a model on units.
    trials : int
        Candidates, the defaults among them; 0 or 1 leave the defaults.
    folder : path
        Where finished trials are kept (see `journal`).
    """
    tried = candidates(space(model), trials)
    if len(tried) < 2:
        return Searched(train(model, units, True), [model.params] * len(units), pd.DataFrame(columns=COLUMNS))
    losses = pd.concat([_trial(model, units, train, number, params, folder) for number, params in enumerate(tried)], ignore_index=True)
    ranked = losses.assign(loss=losses["loss"].fillna(math.inf)).sort_values(["loss", "trial"])
    best = ranked.drop_duplicates(UNIT).set_index(UNIT)["trial"]
    chosen = [int(best[unit.repeat, unit.fold, unit.seed]) for unit in units]
    losses["chosen"] = losses["trial"].to_numpy() == best.loc[pd.MultiIndex.from_frame(losses[UNIT])].to_numpy()
    # trained anew, also where it would still be in memory: a run that was killed must end in the same numbers
    fits: dict[Unit, Fit] = {}
    for number in sorted(set(chosen)):
        own = [unit for unit, choice in zip(units, chosen, strict=True) if choice == number]
        log.info("%s: trial %d is chosen for %d of %d folds and seeds: %s", model.method, number, len(own), len(units), tried[number])
        fits |= dict(zip(own, train(_with(model, tried[number]), own, True), strict=True))
    params = [{**model.params, **tried[number]} for number in chosen]
    return Searched([fits[unit] for unit in units], params, losses[COLUMNS])


def space(model: Model) -> dict[str, list[Any]]:
    """What may be tried of a model's method: its choices, without the parameters that the user set; each list begins with the default."""
    package = str(plugins.package_of(model.method))
    defaults = plugins.defaults(package, str(model.method))
    declared = plugins.constant(package, str(model.method), "SPACE", {})
    free = {name: choices for name, choices in declared.items() if name not in model.params}
    if "n_hidden" in free:
        free["n_hidden"] = [width for width in free["n_hidden"] if shared_evenly({**defaults, **model.params, "n_hidden": width})]
    return {name: [defaults[name], *(choice for choice in choices if choice != defaults[name])] for name, choices in free.items()}


def candidates(space: Mapping[str, list[Any]], n: int) -> list[dict[str, Any]]:
    """So many different points of a space {parameter: choices}, fewer where it has fewer; the first is the defaults, {}.

    Parameters at their default are left out. A longer list begins with the shorter one, unless it holds the whole space.
    """
    size = math.prod(len(choices) for choices in space.values())
    if n < 2 or size < 2:
        return [{}] * min(n, 1)
    places = itertools.product(*(range(len(choices)) for choices in space.values())) if n >= size else _spread(space)
    found = dict.fromkeys(itertools.islice(_different(places), min(n, size)))
    return [{name: space[name][place] for name, place in zip(space, point, strict=True) if place} for point in found]


def _spread(space: Mapping[str, list[Any]]) -> Iterator[tuple[int, ...]]:
    """Points of a scrambled Sobol sequence, as positions among the choices; the defaults first."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.QMCSampler(qmc_type="sobol", scramble=True, seed=0)
    axes: dict[str, Any] = {name: optuna.distributions.IntDistribution(0, len(choices) - 1) for name, choices in space.items()}
    study = optuna.create_study(sampler=sampler)
    study.enqueue_trial(dict.fromkeys(space, 0))
    while True:
        trial = study.ask(axes)
        study.tell(trial, 0.0)
        yield tuple(trial.params[name] for name in space)


def _different(points: Iterator[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    seen = set()
    for point in points:
        if point not in seen:
            seen.add(point)
            yield point


def _trial(model: Model, units: list[Unit], train: Train, number: int, params: dict[str, Any], folder: Path) -> pd.DataFrame:
    """Losses of one candidate on every unit; read where the trial finished already."""
    path = folder / f"trial-{number:04d}.parquet"
    if path.is_file() and ((before := pd.read_parquet(path))["params"] == json.dumps(params)).all():
        log.info("%s: trial %d was finished before", model.method, number)
        return before
    log.info("%s: trial %d: %s", model.method, number, params or "the defaults")
    losses = _losses(_with(model, params), units, train)
    rows = [(unit.repeat, unit.fold, unit.seed, number, json.dumps(params), loss) for unit, loss in zip(units, losses, strict=True)]
    table = pd.DataFrame(rows, columns=COLUMNS[:-1])
    with atomic(path) as draft:
        table.to_parquet(draft, index=False)
    return table


def _losses(model: Model, units: list[Unit], train: Train) -> list[float]:
    """Of every unit; infinite where a candidate cannot be trained, which those that train beside it do not suffer from."""
    try:
        return [_loss(fit) for fit in train(model, units, False)]
    except DivergenceError as error:
        if len(units) > 1:
            return [loss for unit in units for loss in _losses(model, [unit], train)]
        log.warning("%s", error)
        return [math.inf]


def _loss(fit: Fit) -> float:
    """On the training rows, each predicted by fits that did not see it."""
    head = fit.fold.head
    return float(head.loss(head.calibrated(fit.oof), fit.fold.y, fit.held.to(fit.oof.dtype)))


def _with(model: Model, params: dict[str, Any]) -> Model:
    return model.model_copy(update={"params": {**model.params, **params}})


@contextmanager
def journal(
    output: str | Path, model: Model, folds: Mapping[Place, Fold], units: list[Unit], settings: Training, missing: Missing
) -> Iterator[Path]:
    """The folder beside `output` for finished trials, removed when the block ends well, kept when not.

    Its name says what was trained, on what and by which version: trials of anything else are not taken up.
    """
    output = Path(output)
    digest = hashlib.blake2b(digest_size=8)
    learned: list[Any] = [str(model.method), model.modalities, model.params]  # whether it is shipped changes no trial
    if model.missing != NATIVE:
        learned += [model.missing, missing.model_dump()]
    digest.update(repr((__version__, learned, settings.model_dump(), units)).encode())
    for file in files(str(plugins.package_of(model.method)), str(model.method), model.params):
        digest.update(Path(file).read_bytes())
    for place in sorted(folds):
        digest.update(repr(place).encode())
        for tensor in _learned_from(folds[place]):
            digest.update(tensor.contiguous().numpy().data)
    folder = output.parent / f".{output.name}.search-{digest.hexdigest()}"
    yield folder
    for left in output.parent.glob(f".{output.name}.search-*"):
        shutil.rmtree(left, ignore_errors=True)


def _learned_from(fold: Fold) -> list[Tensor]:
    return [*fold.digests.values(), *(part for target in fold.also.values() for part in (target.y, target.has))]
