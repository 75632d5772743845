"""Normalise one assay sample by sample; nothing is learned across samples."""

from __future__ import annotations

import argparse

from mmomics.config.load import read_settings
from mmomics.config.modality import Assay
from mmomics.errors import UserError, did_you_mean


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="settings of the cohort, from `mmomics settings`")
    parser.add_argument("--modality", required=True, help="a modality of the cohort; features of a device's records stay as they are")
    parser.add_argument("--input", required=True, help="AnnData from `mmomics ingest`")
    parser.add_argument("--output", required=True, help="AnnData (.h5ad): `X` normalised, `layers['measured']` as ingested")


def run(args: argparse.Namespace) -> None:
    modalities = read_settings(args.settings).cohort.modalities
    if args.modality not in modalities:
        raise UserError("--modality", f"the cohort has no '{args.modality}'", did_you_mean(args.modality, modalities))
    from mmomics.cohort.data import read_assay, write_assay
    from mmomics.cohort.normalize import normalize

    modality = modalities[args.modality]
    steps = modality.normalize if isinstance(modality, Assay) else None
    write_assay(args.output, normalize(read_assay(args.input), steps, f"modality {args.modality}"))
