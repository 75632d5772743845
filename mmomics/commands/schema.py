"""Write the JSON schemas and the manual of the settings, as they stand in the repository."""

from __future__ import annotations

import argparse
from pathlib import Path

from mmomics.config.manual import PATH, manual
from mmomics.config.schema import schemas
from mmomics.storage import atomic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root", default=".", type=Path, help="root of the repository")


def run(args: argparse.Namespace) -> None:
    for path, text in {**schemas(), PATH: manual()}.items():
        with atomic(args.root / path) as draft:
            draft.write_text(text, encoding="utf-8")
