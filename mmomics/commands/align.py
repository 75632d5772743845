"""Join the assays of a cohort with its samples table: one row per subject, missing assays stay missing."""

from __future__ import annotations

import argparse
from pathlib import Path

from mmomics.config.load import read_settings
from mmomics.errors import UserError
from mmomics.storage import atomic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="settings of the cohort, from `mmomics settings`")
    parser.add_argument("--inputs", required=True, nargs="+", help="AnnData from `mmomics normalize`, `<modality>.h5ad` each")
    parser.add_argument("--output", required=True, help="the cohort as MuData (.h5mu)")
    parser.add_argument("--tables", required=True, help="folder of tables: what matched and what did not, device records, quality")


def run(args: argparse.Namespace) -> None:
    study = read_settings(args.settings)
    from mmomics.cohort import samples
    from mmomics.cohort.align import align
    from mmomics.cohort.data import read_assay, write_cohort

    files = {Path(path).stem: path for path in args.inputs}
    if set(files) != set(study.cohort.modalities):
        raise UserError("--inputs", f"expected one file for each of {', '.join(study.cohort.modalities)}", "name them `<modality>.h5ad`")
    assays = {name: read_assay(files[name]) for name in study.cohort.modalities}
    table = samples.read(study.cohort.samples, study.folder)
    aligned = align(study.cohort, study.split, assays, table, study.prepare_each)
    write_cohort(args.output, aligned.cohort)
    with atomic(args.tables) as draft:
        draft.mkdir()
        for name in ("joins", "unmatched", "records", "quality", "flags"):
            getattr(aligned, name).to_csv(draft / f"{name}.tsv", sep="\t", index=False)
