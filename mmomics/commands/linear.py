"""Fit the linear models of every fold: what baselines compare and fusion models begin from, computed once."""

from __future__ import annotations

import argparse
import logging

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="the cohort's settings.json")
    parser.add_argument("--input", required=True, help="cohort.h5mu")
    parser.add_argument("--splits", required=True, help="splits.parquet")
    parser.add_argument("--prepare", required=True, help="prepare.safetensors")
    parser.add_argument("--shard", default="1of1", help="`final`, or `2of5` for every fifth fold and seed from the second")
    parser.add_argument("--output", required=True, help="file to write (.safetensors)")


def run(args: argparse.Namespace) -> None:
    from mmomics.config.load import read_settings
    from mmomics.training import linear_models, units
    from mmomics.training.folds import Folds

    study = read_settings(args.settings)
    folds = Folds.read(args.input, args.splits, args.prepare)
    wanted = units.of_shard(folds.splits, args.shard, study.seed, study.seeds)
    found, digests = {}, {}
    for place, fold in folds.of(wanted).items():
        found[place], digests[place] = linear_models.fit(fold), fold.digests
        log.info("repeat %d, fold %d: %d modalities", *place, len(found[place]))
    linear_models.save(args.output, found, digests)
