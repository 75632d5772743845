"""Fit the preprocessing of every fold on its training rows: reference, batches, features kept, shape, fill, centre and scale."""

from __future__ import annotations

import argparse

from mmomics import keys
from mmomics.config.load import read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="settings of the cohort, from `mmomics settings`")
    parser.add_argument("--input", required=True, help="the cohort, from `mmomics align`")
    parser.add_argument("--splits", required=True, help="the folds, from `mmomics split`")
    parser.add_argument("--output", required=True, help="what was fitted (.safetensors)")


def run(args: argparse.Namespace) -> None:
    study = read_settings(args.settings)
    import pandas as pd

    from mmomics.cohort.data import read_cohort
    from mmomics.cohort.prepare import fit, save

    data = read_cohort(args.input)
    splits = pd.read_parquet(args.splits)
    train = splits[splits[keys.ROLE] == keys.TRAIN]
    rows = {fold: data.obs.index.get_indexer(own[keys.SUBJECT]) for fold, own in train.groupby([keys.REPEAT, keys.FOLD])}
    settings = {name: study.prepare_of(name) for name in data.values}
    save(args.output, {fold: fit(data, positions, settings) for fold, positions in rows.items()})
