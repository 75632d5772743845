"""Check a run's configuration, merge in the cohort files and write the settled settings as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from mmomics.config.load import RUN_FILE, check, check_name, read_study, read_yaml
from mmomics.config.run import Run, Study
from mmomics.errors import UserError, did_you_mean
from mmomics.storage import atomic

LARGE = 4 << 20  # bytes of samples tables that are not opened here: this verb takes no more than a second


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", required=True, help="a YAML file, or the configuration itself as one JSON object")
    parser.add_argument("--cohorts-dir", default="config/cohorts", help="folder of the cohort files")
    parser.add_argument("--cohort", help="only this cohort")
    parser.add_argument("--output", help="write to this file instead of standard output")


def run(args: argparse.Namespace) -> None:
    inline = args.config.lstrip().startswith("{")
    where = "configuration" if inline else args.config
    content = _read_json(args.config, where) if inline else read_yaml(args.config)
    settings = check(Run, content, where)
    studies = {name: _study(name, settings, Path(args.cohorts_dir)) for name in _wanted(settings, args.cohort)}
    settled = {name: study.model_dump(mode="json") for name, study in studies.items()}
    text = json.dumps(settled[args.cohort] if args.cohort else settled, indent=1)
    if not args.output:
        print(text)
        return
    with atomic(args.output) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def _read_json(text: str, where: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(where, f"is not valid JSON: {error.msg}, character {error.pos + 1}", "mind brackets and quotes") from error
    return content


def _wanted(settings: Run, cohort: str | None) -> list[str]:
    named = settings.cohorts.split(",") if isinstance(settings.cohorts, str) else settings.cohorts
    return [cohort] if cohort else named


def _study(name: str, settings: Run, folder: Path) -> Study:
    check_name(f"{RUN_FILE}: cohorts", name)
    file = folder / f"{name}.yaml"
    if not file.is_file():
        choices = [path.stem for path in folder.glob("*.yaml")]
        raise UserError(f"{RUN_FILE}: cohorts", f"there is no {file}", did_you_mean(name, choices))
    study = read_study(name, settings, file)
    if not study.models:
        raise UserError(f"{RUN_FILE}: models", f"there is no model for cohort {name}", "name at least one: `models: {linear: {}}`")
    _check_modalities(study, file)
    _check_columns(study, file)
    return study


def _check_modalities(study: Study, file: Path) -> None:
    """Scales, steps, flags, roles and parameters are those that the kind of a modality knows."""
    from mmomics.cohort.named import check_modality

    for name, modality in study.cohort.modalities.items():
        check_modality(name, modality, f"{file}: modalities.{name}")


def _check_columns(study: Study, file: Path) -> None:
    """Every column that the settings name is in the samples table, as its reader gives it."""
    from mmomics.cohort import named, samples
    from mmomics.cohort.columns import column

    if sum(Path(path).stat().st_size for path in study.inputs["samples"]) > LARGE:
        return
    frame = samples.read(study.cohort.samples, study.folder)
    for key, name in named.columns(study.cohort, study.split):
        column(frame, name, f"{file}: {key}")
    samples.subjects(study.cohort.samples, frame)
