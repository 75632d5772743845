"""Check a run's configuration, merge in the cohort files and write the settled settings as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mmomics.config.load import check, read_study, read_yaml
from mmomics.config.run import Run, Study
from mmomics.errors import UserError, did_you_mean
from mmomics.storage import atomic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", required=True, help="a YAML file, or the configuration itself as one JSON object")
    parser.add_argument("--cohorts-dir", default="config/cohorts", help="folder of the cohort files")
    parser.add_argument("--cohort", help="only this cohort")
    parser.add_argument("--output", help="write to this file instead of standard output")


def run(args: argparse.Namespace) -> None:
    inline = args.config.lstrip().startswith("{")
    where = "configuration" if inline else args.config
    content = json.loads(args.config) if inline else read_yaml(args.config)
    settings = check(Run, content, where)
    studies = {name: _study(name, settings, Path(args.cohorts_dir)) for name in _wanted(settings, args.cohort)}
    settled = {name: study.model_dump(mode="json") for name, study in studies.items()}
    text = json.dumps(settled[args.cohort] if args.cohort else settled, indent=1)
    if not args.output:
        print(text)
        return
    with atomic(args.output) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def _wanted(settings: Run, cohort: str | None) -> list[str]:
    named = settings.cohorts.split(",") if isinstance(settings.cohorts, str) else settings.cohorts
    return [cohort] if cohort else named


def _study(name: str, settings: Run, folder: Path) -> Study:
    file = folder / f"{name}.yaml"
    if not file.is_file():
        choices = [path.stem for path in folder.glob("*.yaml")]
        raise UserError("config/config.yaml: cohorts", f"there is no {file}", did_you_mean(name, choices))
    return read_study(name, settings, file)
