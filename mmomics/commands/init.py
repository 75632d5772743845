"""Look at a folder of files and write a commented draft of a cohort file."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="folder of the cohort's files")
    parser.add_argument("--output", help="cohort file to write; default: config/cohorts/<folder>.yaml, `-` for standard output")


def run(args: argparse.Namespace) -> None:
    from mmomics.errors import UserError
    from mmomics.onboarding.draft import draft
    from mmomics.storage import atomic

    name = Path(args.folder).resolve().name
    output = args.output or f"config/cohorts/{name}.yaml"
    if output != "-" and Path(output).exists():
        raise UserError(output, "is there already", "give another name with --output")
    text = draft(args.folder, name)
    if output == "-":
        print(text, end="")
        return
    with atomic(output) as file:
        file.write_text(text, encoding="utf-8")
    log.info("%s written: go through its lines marked GUESS and CHOOSE, then run `mmomics check %s`", output, output)
