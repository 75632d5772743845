"""Read one modality's native files, check them and write them as AnnData with a table of their quality."""

from __future__ import annotations

import argparse
from pathlib import Path

from mmomics.config.load import read_settings
from mmomics.config.modality import Device
from mmomics.errors import UserError, did_you_mean
from mmomics.storage import atomic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="settings of the cohort, from `mmomics settings`")
    parser.add_argument("--modality", required=True, help="a modality of the cohort")
    parser.add_argument("--output", required=True, help="AnnData (.h5ad): samples x features, as measured")
    parser.add_argument("--qc", required=True, help="quality table (.tsv)")


def run(args: argparse.Namespace) -> None:
    study = read_settings(args.settings)
    if args.modality not in study.cohort.modalities:
        raise UserError("--modality", f"the cohort has no '{args.modality}'", did_you_mean(args.modality, study.cohort.modalities))
    from mmomics.cohort.data import write_assay
    from mmomics.cohort.ingest import ingest
    from mmomics.cohort.quality import measured

    modality = study.cohort.modalities[args.modality]
    if isinstance(modality, Device):
        from mmomics.cohort import device, samples

        frame = samples.read(study.cohort.samples, study.folder)
        try:
            assay = device.ingest(args.modality, modality, study.folder, study.cohort.samples, frame)
        except UserError as error:
            from mmomics.onboarding import every

            raise every.together(args.modality, modality, Path(study.folder), error) from None
    else:
        assay = ingest(args.modality, modality, study.folder)
    write_assay(args.output, assay)
    with atomic(args.qc) as draft:
        measured(assay).to_csv(draft, sep="\t", index=False)
