"""Say all that is wrong or suspicious with a cohort file and the files that it names."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cohort", help="cohort file: config/cohorts/<cohort>.yaml")
    parser.add_argument("--data-dir", default="data", help="folder that `{data_dir}` in the cohort file stands for")


def run(args: argparse.Namespace) -> None:
    from mmomics.errors import UserError, count
    from mmomics.onboarding.check import check

    found = check(args.cohort, args.data_dir)
    for line in found.errors:
        print(f"error: {line}")
    for line in found.warnings:
        print(f"warning: {line}")
    told = f"{count(len(found.errors), 'error')}, {count(len(found.warnings), 'warning')}"
    if found.errors:
        raise UserError(args.cohort, told, "mend the errors first")
    print(f"{args.cohort}: {told}")
