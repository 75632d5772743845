"""Draw the outer and inner folds: by subject, stratified by the outcome."""

from __future__ import annotations

import argparse

from mmomics.config.load import read_settings
from mmomics.storage import atomic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="settings of the cohort, from `mmomics settings`")
    parser.add_argument("--input", required=True, help="the cohort, from `mmomics align`")
    parser.add_argument("--output", required=True, help="table of the folds (.parquet)")


def run(args: argparse.Namespace) -> None:
    study = read_settings(args.settings)
    from mmomics.cohort.data import read_cohort
    from mmomics.cohort.split import split

    table = split(read_cohort(args.input).obs, study.split, study.seed)
    with atomic(args.output) as draft:
        table.to_parquet(draft, index=False)
