"""Impute missing assays: score one imputer on hidden assays of a shard's folds, or fill the cohort (shard `final`)."""

from __future__ import annotations

import argparse
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmomics.config.run import Study
    from mmomics.training.folds import Folds

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="the cohort's settings.json")
    parser.add_argument("--input", required=True, help="cohort.h5mu")
    parser.add_argument("--splits", required=True, help="splits.parquet")
    parser.add_argument("--prepare", required=True, help="prepare.safetensors")
    parser.add_argument("--imputer", required=True, help="a file of mmomics/imputation, or a fusion method that decodes")
    parser.add_argument("--shard", default="1of1", help="`final`, or `2of5` for every fifth fold from the second")
    parser.add_argument("--bundles", default=[], nargs="*", help="`final`: models whose embeddings are added, train/<model>/final")
    parser.add_argument("--tsv", help="`final`: folder for the filled assays as tables")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or auto")
    parser.add_argument("--output", required=True, help="folder of scores to write; `final`: the filled cohort (.h5mu)")


def run(args: argparse.Namespace) -> None:
    from mmomics.config.load import read_settings
    from mmomics.errors import UserError
    from mmomics.training import units
    from mmomics.training.device import choose
    from mmomics.training.folds import Folds

    _known(args.imputer)
    if args.tsv and args.shard != units.FINAL:
        raise UserError(
            "--tsv", f"tables are of the filled cohort, and shard '{args.shard}' fills none", "leave --tsv out, or --shard final"
        )
    study = read_settings(args.settings)
    device = choose(args.device)
    log.info("imputer %s, seed %d, device %s", args.imputer, study.seed, device)
    folds = Folds.read(args.input, args.splits, args.prepare)
    wanted = units.of_shard(folds.splits, args.shard, study.seed, 1)
    (_fill if args.shard == units.FINAL else _score)(args, study, folds, wanted, device)


def _known(name: str) -> None:
    """Refuse an unknown name, and propose only what imputes: most methods do not."""
    from mmomics import plugins
    from mmomics.errors import UserError, did_you_mean

    if name not in plugins.imputers() and name not in plugins.names("fusion"):
        raise UserError("--imputer", f"there is no imputer '{name}'", did_you_mean(name, plugins.imputers()))


def _score(args: argparse.Namespace, study: Study, folds: Folds, wanted: list[Any], device: str) -> None:
    import pandas as pd

    from mmomics.storage import atomic
    from mmomics.training import hidden, imputer

    found = []
    for unit in wanted:
        rows = folds.make(unit.place)
        fitted = imputer.fit(args.imputer, rows, unit, study.training, device)
        found.append(hidden.scores(fitted, rows, unit, [hidden.ALONE, hidden.PATTERN, hidden.WITHIN]))
        log.info("fold %d of repeat %d scored", unit.fold, unit.repeat)
    with atomic(args.output) as draft:
        draft.mkdir()
        if found:
            for name, parts in zip(("scores", "assays"), zip(*found, strict=True), strict=True):
                table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
                table.to_parquet(draft / f"{name}.parquet", index=False)


def _fill(args: argparse.Namespace, study: Study, folds: Folds, wanted: list[Any], device: str) -> None:
    import json
    from pathlib import Path

    from mmomics import __version__
    from mmomics.cohort.imputed import Imputation, write_imputed, write_tables
    from mmomics.evaluation.missingness import distances
    from mmomics.storage import atomic
    from mmomics.training import bundle, embed, impute, imputer

    (unit,) = wanted
    rows = folds.make(unit.place)
    fitted = imputer.fit(args.imputer, rows, unit, study.training, device)
    drawn = impute.fill(fitted, rows)
    settings = json.dumps({"training": study.training.model_dump(mode="json"), "missing": study.missing.model_dump(mode="json")})
    made = Imputation(
        imputer=args.imputer,
        drawn=drawn,
        gaps=impute.complete(fitted, rows),
        predictability=impute.predictability(fitted, rows),
        about={"version": __version__, "seed": study.seed, "cohort": study.name, "settings": settings},
        distance=distances(folds.data),
        embeddings={Path(folder).parent.name: embed.embedding(bundle.load(folder)[0], folds.data) for folder in args.bundles},
    )
    for name, (asked, *_) in drawn.items():
        log.info("%s drawn for %d subjects", name, len(asked))
    alone = impute.unanswerable(rows)
    if alone:
        log.warning("%d subjects have nothing to impute from: they stay without the assays that they lack", alone)
    with atomic(args.output) as draft:
        write_imputed(args.input, draft, made, rows.preparation)
    if args.tsv:
        with atomic(args.tsv) as folder:
            folder.mkdir()
            write_tables(args.output, folder)
