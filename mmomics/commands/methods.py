"""List every method, baseline, imputer and assay kind with its family, settings and what it is."""

from __future__ import annotations

import argparse

from mmomics import plugins

PACKAGES = ("fusion", "baselines", "imputation", "assays")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("package", nargs="?", choices=PACKAGES, help="only these; default: all")


def run(args: argparse.Namespace) -> None:
    for package in [args.package] if args.package else PACKAGES:
        print(f"\n{package}")
        for name in plugins.names(package):
            family = plugins.family(package, name)
            print(f"  {name}" + (f"  [{family.replace('_', '-')}]" if family != package else ""))
            print(f"      {plugins.summary(package, name)}")
            defaults = plugins.defaults(package, name)
            if defaults:
                print("      settings: " + ", ".join(f"{key}={value!r}" for key, value in defaults.items()))
