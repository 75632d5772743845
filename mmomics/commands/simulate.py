"""Write the files of a cohort whose truth is known: tables, ECG, EEG, glucose monitors and wristbands, of any size."""

from __future__ import annotations

import argparse
import logging
import shlex
from pathlib import Path

log = logging.getLogger(__name__)
MB_PER_SUBJECT = {"ecg": 0.03, "cgm": 0.02, "band": 0.13, "eeg": 0.024}  # of a record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", required=True, type=Path, help="folder to write; must be new, empty or an earlier simulation")
    parser.add_argument("--n-subjects", type=int, default=120, help="people (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same files (default: %(default)s)")
    parser.add_argument("--task", default="binary", help="binary, multiclass, regression or survival (default: %(default)s)")
    parser.add_argument("--n-features", type=int, default=300, help="features of RNA and methylation; others less (default: %(default)s)")
    parser.add_argument("--devices", nargs="*", default=["ecg", "cgm", "band", "eeg"], help="which devices; none after it: tables only")
    parser.add_argument("--missing", default="random", help="assays missing at random, or informative: by outcome and age")
    parser.add_argument("--missing-share", type=float, default=0.2, help="share of subjects without an assay (default: %(default)s)")
    parser.add_argument("--strength", type=float, default=3.0, help="standard deviation of the predictor (default: %(default)s)")
    parser.add_argument(
        "--interaction", type=float, default=0.15, help="share of the product of two modalities in it (default: %(default)s)"
    )
    parser.add_argument("--batch-effect", type=float, default=1.0, help="between batches of methylation, in sd (default: %(default)s)")
    parser.add_argument("--nonlinear", action="store_true", help="assays see the shared factors bent, each in its own way")


def run(args: argparse.Namespace) -> None:
    from mmomics.errors import UserError
    from mmomics.simulation.plan import DEVICES, Plan
    from mmomics.simulation.write import TRUTH, write
    from mmomics.storage import atomic

    plan = Plan(**{name: getattr(args, name) for name in Plan.__dataclass_fields__})
    output: Path = args.output.resolve()
    try:
        if output.exists() and not (output.is_dir() and ((output / TRUTH).is_file() or not any(output.iterdir()))):
            raise UserError(output, "is there already and is no simulated cohort", "choose another --output")
        size = sum(MB_PER_SUBJECT[device] for device in plan.devices) * plan.n_subjects
        log.info("%d subjects with %s; device records take about %.0f MB", plan.n_subjects, ", ".join(plan.modalities), size)
        with atomic(output) as draft:
            write(plan, draft)
    except OSError as error:
        raise UserError(error.filename or output, error.strerror or str(error), "nothing was written") from error
    log.info("%s holds what was planted", output / TRUTH)
    log.info("config/cohorts/simulated.yaml describes the files, and how to do so for another task or choice of devices")
    if output.name == "simulated" and plan.task == "binary" and plan.devices == DEVICES:
        log.info("analyse it with: snakemake --cores all --config cohorts=simulated data_dir=%s", shlex.quote(str(output.parent)))
