"""Write the report of one cohort: a page that opens offline, and its figures and tables as files."""

from __future__ import annotations

import argparse
import logging

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="the cohort's settings.json")
    parser.add_argument("--input", required=True, help="cohort.h5mu")
    parser.add_argument("--splits", required=True, help="splits.parquet")
    parser.add_argument("--joins", help="align/joins.tsv")
    parser.add_argument("--qc", default=[], nargs="*", help="ingest/*.qc.tsv")
    parser.add_argument("--quality", help="align/quality.tsv: checks of each modality")
    parser.add_argument("--flags", help="align/flags.tsv: samples that look wrong")
    parser.add_argument("--records", help="align/records.tsv: what devices recorded of each specimen")
    parser.add_argument("--evaluate", required=True, help="folder that `evaluate` wrote")
    parser.add_argument("--training", default=[], nargs="*", help="folders that `train` wrote, <model>/<shard>")
    parser.add_argument("--explain", default=[], nargs="*", help="folders that `explain` wrote, <model>")
    parser.add_argument("--output", required=True, help="HTML file to write")
    parser.add_argument("--figures", required=True, help="folder of figures and tables to write")


def run(args: argparse.Namespace) -> None:
    from mmomics.report.inputs import read_inputs
    from mmomics.report.page import build
    from mmomics.storage import atomic

    inputs = read_inputs(args)
    with atomic(args.figures) as folder, atomic(args.output) as draft:
        folder.mkdir()
        draft.write_text(build(inputs, folder, _address(args.figures, args.output)), encoding="utf-8")
        log.info("%d figures, page of %.1f kB", len(list(folder.glob("*.svg"))), draft.stat().st_size / 1000)


def _address(figures: str, output: str) -> str:
    """The folder of figures as seen from the page."""
    import os
    from pathlib import Path
    from urllib.parse import quote

    return quote(os.path.relpath(figures, Path(output).parent).replace(os.sep, "/"))
