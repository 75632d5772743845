"""Normalise one assay sample by sample; nothing is learned across samples."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="settings of the cohort, from `mmomics settings`")
    parser.add_argument("--modality", required=True, help="a modality of the cohort")
    parser.add_argument("--input", required=True, help="AnnData from `mmomics ingest`")
    parser.add_argument("--output", required=True, help="AnnData (.h5ad): `X` normalised, `layers['measured']` as ingested")


def run(args: argparse.Namespace) -> None:
    from mmomics.cohort.data import read_assay, write_assay
    from mmomics.cohort.normalize import normalize

    write_assay(args.output, normalize(read_assay(args.input)))
