"""List every method, assay kind, step, file format and signal, with its settings and what it is."""

from __future__ import annotations

import argparse
import importlib
import textwrap
from collections.abc import Iterator
from typing import Any

from mmomics import plugins
from mmomics.config.params import FILES
from mmomics.errors import UserError, did_you_mean

PACKAGES = (
    "fusion", "baselines", "ensembles", "imputation", "assays", "normalization", "preparation", "tables", "devices", "signals",
)  # fmt: skip
WIDTH = 118


def add_arguments(parser: argparse.ArgumentParser) -> None:
    folders = f"{', '.join(PACKAGES[:-1])} or {PACKAGES[-1]}"
    parser.add_argument("package", nargs="?", help=f"only these: {folders}; default: all, signals without their features")
    parser.add_argument("name", nargs="?", help="only this one, which may also stand alone: `mmomics methods transformer`")


def run(args: argparse.Namespace) -> None:
    given, only = (args.package, args.name) if args.package in (None, *PACKAGES) else (None, args.package)
    wanted = [folder for package in ([given] if given else PACKAGES) for folder in _folders(package)]
    choices = {name for package in wanted for name in plugins.names(package)}
    if only in choices and args.name not in (None, only):
        raise UserError("methods", f"'{only}' is a name, which stands alone, and '{args.name}' follows", "leave one of them out")
    if only and only not in choices:
        raise UserError("methods", f"no '{only}' in mmomics{f' {given}' if given else ''}", did_you_mean(only, {*choices, *PACKAGES}))
    whole = bool(args.package)
    for package in wanted:
        names = [name for name in plugins.names(package) if only in (None, name)]
        if names:
            print(f"\n{package}: {_about(package)}")
        for name in names:
            family = plugins.family(package, name)
            subclass = plugins.constant(package, name, "SUBCLASS", "")
            about = [family.replace("_", "-")] * (family != package.split("/")[-1]) + [subclass] * bool(subclass)
            print(f"  {name}" + (f"  [{': '.join(about)}]" if about else ""))
            _write(plugins.summary(package, name))
            defaults = plugins.defaults(package, name)
            if defaults:
                _write("settings: " + ", ".join(f"{key}={value!r}" for key, value in defaults.items()))
            space = plugins.constant(package, name, "SPACE", {})
            if space:
                _write("search: " + ", ".join(f"{key} {choices}" for key, choices in space.items()))
            references = plugins.references(package, name) if whole else []
            if references:
                _write("references: " + ", ".join(references))
            for line in _more(package, name, whole):
                _write(line)


def _folders(package: str) -> list[str]:
    """The folders that a package keeps plug-ins in: `preparation` has one per step, whose choices are the values of one key."""
    if package != "preparation":
        return [package]
    return [f"{package}/{file.parent.name}" for file in sorted((plugins.ROOT / package).glob("*/__init__.py"))]


def _about(package: str) -> str:
    """First line of a package's docstring."""
    return (importlib.import_module(f"mmomics.{package.replace('/', '.')}").__doc__ or "").split("\n", 1)[0]


def _more(package: str, name: str, whole: bool) -> Iterator[str]:
    """What only the plug-in itself can tell; no other is imported."""
    if package == "fusion":
        for key in plugins.constant(package, name, FILES, []):
            yield f"may read: the file that `{key}` names"
        if name in plugins.imputers():
            yield "also imputes: as one of `imputers`"
    elif package == "assays":
        yield from _scales(plugins.load(package, name))
    elif package == "normalization":
        yield f"values: {plugins.load(package, name).NEEDS}"
    elif package in ("tables", "devices"):
        form = plugins.load(package, name)
        if form.SUFFIXES:
            yield "files: " + ", ".join(form.SUFFIXES) + ("; also compressed" if getattr(form, "COMPRESSED", False) else "")
    elif package == "signals" and whole:
        yield from _signal(plugins.load(package, name))


def _scales(kind: Any) -> Iterator[str]:
    for name, scale in kind.SCALES.items():
        default = " (default)" if name == kind.DEFAULT else ""
        steps = ", ".join(scale.recipe) or "none"
        line = f"values: {name}{default}: {scale}; normalize: {steps}"
        if scale.prepare:
            line += "; prepare: " + ", ".join(f"{key}={value!r}" for key, value in scale.prepare.items()) + f" ({scale.because})"
        yield line if scale.replicates == "mean" else f"{line}; replicates: {scale.replicates}"


def _signal(kind: Any) -> Iterator[str]:
    if getattr(kind, "PER_CHANNEL", False):
        yield "channel: any that `channels` names; each gives the features <role>_<feature>"
    for name, role in getattr(kind, "ROLES", {}).items():
        unit = f" ({role.unit})" if role.unit else ""
        yield f"channel: {name}{unit}{'' if role.needed else ', if there is one'}: {', '.join(role.names)}"
    for feature in kind.FEATURES:
        unit = f" ({feature.unit.format(unit='unit of the channel')})" if feature.unit else ""
        yield f"feature: {feature.name}{unit}: {feature.meaning}" + (f" [{feature.reference}]" if feature.reference else "")


def _write(line: str) -> None:
    print(textwrap.fill(line, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 10, break_on_hyphens=False))
