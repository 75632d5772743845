"""Train one model: on the folds of a shard, or on the whole cohort to make the bundle (shard `final`)."""

from __future__ import annotations

import argparse
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from mmomics.config.run import Model, Study
    from mmomics.training.fitted import Fit
    from mmomics.training.search import Searched
    from mmomics.training.units import Unit

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="the cohort's settings.json")
    parser.add_argument("--input", required=True, help="cohort.h5mu")
    parser.add_argument("--splits", required=True, help="splits.parquet")
    parser.add_argument("--prepare", required=True, help="prepare.safetensors")
    parser.add_argument("--linear", help="linear models of the same shard, from `mmomics linear`; without, they are fitted here")
    parser.add_argument("--model", required=True, help="name of a model in the settings")
    parser.add_argument("--shard", default="1of1", help="`final`, or `2of5` for every fifth fold and seed from the second")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or auto")
    parser.add_argument("--output", required=True, help="folder to write")


def run(args: argparse.Namespace) -> None:
    from mmomics import plugins
    from mmomics.config.handling import NATIVE
    from mmomics.config.load import read_settings
    from mmomics.errors import UserError, did_you_mean
    from mmomics.training import filled, linear_models, search, units
    from mmomics.training.device import choose
    from mmomics.training.fit import fit
    from mmomics.training.folds import Folds

    study = read_settings(args.settings)
    if args.model not in study.models:
        raise UserError(f"{args.settings}: models", f"there is no model '{args.model}'", did_you_mean(args.model, study.models))
    model = study.models[args.model]
    if model.of is not None:
        raise UserError("--model", f"'{args.model}' combines models and is not trained", "combine them with `mmomics stack`")
    device = choose(args.device)
    log.info("model %s: %s, seed %d, device %s", args.model, model.model_dump_json(exclude_defaults=True), study.seed, device)
    folds = Folds.read(args.input, args.splits, args.prepare)
    wanted = units.of_shard(folds.splits, args.shard, study.seed, study.seeds)
    if not wanted:
        raise UserError("--shard", f"'{args.shard}' has no folds", "use fewer shards")
    by_place = folds.of(wanted, model.modalities)
    known = linear_models.known(args.linear, by_place) if args.linear else {}
    whole = filled.Handling(model.missing, study.missing.imputer, study.missing.draws, study.seed)
    if model.missing == NATIVE and plugins.package_of(model.method) == "fusion":  # once for all trials
        known = {place: linear_models.fit(own, known.get(place)) for place, own in by_place.items()}

    light = args.shard != units.FINAL  # what is shipped is needed whole, of all others what they say

    def train(candidate: Model, some: list[Unit], hidden: bool) -> list[Fit]:
        if model.missing != NATIVE:
            return filled.fit(candidate, whole, by_place, some, study.training, device, light=light)
        return fit(candidate, by_place, some, study.training, device, known, hidden=hidden, light=light)

    with search.journal(args.output, model, by_place, wanted, study.training, study.missing) as finished:
        found = search.run(model, wanted, train, study.search.trials, finished)
        if args.shard == units.FINAL:
            _ship(args.output, str(model.method), study, found, len(folds.data.subjects))
        else:
            _write(args.output, args.model, found, folds.data.subjects)


def _ship(output: str, method: str, study: Study, found: Searched, n_subjects: int) -> None:
    """The bundle of the one model that trained on the whole cohort."""
    from mmomics.training import bundle
    from mmomics.training.predictor import Predictor

    (one,) = found.fits
    summary = {"cohort": study.name, "title": study.cohort.title, "n_subjects": n_subjects, "n_with_outcome": int(one.fold.has.sum()),
               "seed": study.seed, "training": study.training.model_dump(), "search": study.search.model_dump()}  # fmt: skip
    bundle.save(output, Predictor.of(one, method), found.params[0], summary)


def _write(output: str, model: str, found: Searched, subjects: pd.Index) -> None:
    import pandas as pd

    from mmomics.storage import atomic

    fits = found.fits
    history = pd.concat([one.unit.stamped(one.history) for one in fits], ignore_index=True)
    history.insert(0, "model", model)
    with atomic(output) as draft:
        draft.mkdir()
        pd.concat([one.predictions(subjects) for one in fits], ignore_index=True).to_parquet(draft / "predictions.parquet", index=False)
        pd.concat([one.predictors(subjects) for one in fits], ignore_index=True).to_parquet(draft / "predictors.parquet", index=False)
        history.to_parquet(draft / "history.parquet", index=False)
        hidden = pd.concat([one.subsets(subjects) for one in fits], ignore_index=True)
        if len(hidden):
            hidden.to_parquet(draft / "subsets.parquet", index=False)
        drawn = [one.by_draw(subjects) for one in fits if one.draws is not None]
        if drawn:
            pd.concat(drawn, ignore_index=True).to_parquet(draft / "draws.parquet", index=False)
        if len(found.table):
            found.table.to_parquet(draft / "search.parquet", index=False)
        embeddings = [one.embeddings(subjects) for one in fits if one.embedding is not None]
        if len(history):
            log.info("%d of %d folds and seeds have an embedding; the others kept the linear start", len(embeddings), len(fits))
        if embeddings:
            pd.concat(embeddings, ignore_index=True).to_parquet(draft / "embeddings.parquet", index=False)
