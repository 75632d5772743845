"""Predict new subjects with a trained bundle, from files of the same layout and whichever assays they have."""

from __future__ import annotations

import argparse
import logging

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bundle", required=True, help="folder results/<cohort>/train/<model>/final")
    parser.add_argument("--config", required=True, help="cohort file that describes the new files")
    parser.add_argument("--data-dir", default="data", help="folder that `{data_dir}` in the cohort file stands for")
    parser.add_argument("--output", required=True, help="table to write (.tsv)")


def run(args: argparse.Namespace) -> None:
    from mmomics.cohort.new import read_new
    from mmomics.config.cohort_file import read_cohort
    from mmomics.errors import UserError
    from mmomics.storage import atomic
    from mmomics.training.bundle import load
    from mmomics.training.device import choose

    choose("cpu")
    predictor, model = load(args.bundle)
    log.info("%s trained on %s", model["method"], model["training"]["title"])
    cohort = read_cohort(args.config)
    data = read_new(cohort, cohort.folder.replace("{data_dir}", args.data_dir))
    shared = [name for name in predictor.preparation if name in data.values]
    if not shared:
        raise UserError(
            args.config,
            f"has none of the modalities of the bundle ({', '.join(predictor.preparation)})",
            "name the modalities as at training",
        )
    absent = [name for name in predictor.preparation if name not in data.values]
    if absent:
        log.warning("the model also knows %s, which %s does not bring (or whose files are not there)", ", ".join(absent), args.config)
    table = predictor.predict(data)
    without = int((table["modalities"] == "").sum())
    if without:
        log.warning("%d subjects have none of the model's modalities: their prediction is the average", without)
    with atomic(args.output) as draft:
        table.to_csv(draft, sep="\t")
    log.info("%d subjects predicted from %s", len(table), ", ".join(shared))
