"""Impute missing assays: score one imputer on hidden assays of a shard's folds, or fill the cohort (shard `final`)."""

from __future__ import annotations

import argparse
import logging

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="the cohort's settings.json")
    parser.add_argument("--input", required=True, help="cohort.h5mu")
    parser.add_argument("--splits", required=True, help="splits.parquet")
    parser.add_argument("--prepare", required=True, help="prepare.safetensors")
    parser.add_argument("--imputer", required=True, help="a file of mmomics/imputation, or a fusion method that decodes")
    parser.add_argument("--shard", default="1of1", help="`final`, or `2of5` for every fifth fold from the second")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or auto")
    parser.add_argument("--output", required=True, help="folder to write")


def run(args: argparse.Namespace) -> None:
    import pandas as pd

    from mmomics.cohort.imputed import write_imputed
    from mmomics.config.load import read_settings
    from mmomics.storage import atomic
    from mmomics.training import fold, impute, imputer, units
    from mmomics.training.device import choose

    study = read_settings(args.settings)
    device = choose(args.device)
    log.info("imputer %s, seed %d, device %s", args.imputer, study.seed, device)
    folds = fold.Folds.read(args.input, args.splits, args.prepare)
    tables = []
    wanted = units.of_shard(folds.splits, args.shard, study.seed, 1)
    with atomic(args.output) as draft:
        draft.mkdir()
        for unit in wanted:
            rows = folds.make(unit)
            fitted = imputer.fit(args.imputer, rows, unit, study.training, device)
            if args.shard == units.FINAL:
                write_imputed(args.input, draft / "imputed.h5mu", impute.fill(fitted, rows), rows.preparation, args.imputer)
            else:
                tables.append(impute.score(fitted, rows, unit))
                log.info("fold %d of repeat %d scored", unit.fold, unit.repeat)
        if tables:
            pd.concat(tables, ignore_index=True).to_parquet(draft / "scores.parquet", index=False)
