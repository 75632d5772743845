"""Merge a run's configuration and a cohort file into one `Study`, and check what can be checked before anything is read."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from mmomics import plugins
from mmomics.config.check import check
from mmomics.config.cohort import SIGNAL, Cohort
from mmomics.config.cohort_file import read_cohort
from mmomics.config.inputs import native_files
from mmomics.config.params import check_param
from mmomics.config.prepared import settle
from mmomics.config.protocol import Split
from mmomics.config.run import Model, Run, SettledModel, Study
from mmomics.config.strict import Strict
from mmomics.config.yaml_file import read_yaml
from mmomics.errors import UserError, did_you_mean, listed

__all__ = ["check", "check_model", "read_settings", "read_study", "read_yaml"]

RUN_FILE = "config/config.yaml"  # named in messages, also for a value that was given on the command line
METHODS = ("fusion", "baselines", "ensembles")
CONTROL = "random"
SECTIONS = ("split", "prepare", "training", "search")
log = logging.getLogger("mmomics")


def read_study(name: str, run: Run, cohort_file: str | Path, root: str | Path = ".") -> Study:
    """The settled settings of one cohort: the cohort's keys win over the run's.

    Parameters
    ----------
    name : str
        Name of the cohort: the folder of its results.
    run : Run
        The run's settings.
    cohort_file : path
        The cohort's YAML file.
    root : path
        Folder that relative folders start from.
    """
    cohort = read_cohort(cohort_file)
    folder = _folder(cohort, run, cohort_file, Path(root))
    inputs = native_files(cohort, folder, cohort_file)
    merged: dict[str, Any] = {section: _merged(section, run, cohort, cohort_file) for section in SECTIONS}
    for key, assay in cohort.assays.items():
        _known(plugins.names("assays"), assay.kind, f"{cohort_file}: modalities.{key}.kind")
    for key, device in cohort.devices.items():
        _known(plugins.names("signals"), device.signal, f"{cohort_file}: modalities.{key}.signal")
        if device.format:
            _known(plugins.names("devices"), device.format, f"{cohort_file}: modalities.{key}.format")
    for imputer in run.imputers:
        _known([*plugins.names("imputation"), *_generative()], imputer, f"{RUN_FILE}: imputers")
    return Study(
        name=name, cohort=cohort, folder=str(folder), inputs=inputs, models=_models(run, cohort, name), imputers=run.imputers, **merged,
        prepare_each=settle(run.prepare, cohort, RUN_FILE, cohort_file),
        seed=run.seed, seeds=run.seeds, shards=min(run.shards, _n_units(merged["split"], run.seeds)),
    )  # fmt: skip


def check_model(key: str, model: Model) -> SettledModel:
    """A model whose method exists and whose `params` the method knows and can take."""
    where = f"{RUN_FILE}: models.{key}"
    if not re.fullmatch(r"[\w.-]+", key):
        raise UserError(where, "a model's name is a part of paths", "use letters, digits, '_', '-' and '.'")
    method = model.method or key
    _known([name for package in METHODS for name in plugins.names(package)], method, where if model.method is None else f"{where}.method")
    package = next(package for package in METHODS if method in plugins.names(package))
    if model.of is not None and package != "ensembles":
        raise UserError(f"{where}.of", f"'{method}' combines no models", f"only these do: {', '.join(plugins.names('ensembles'))}")
    defaults, choices = plugins.defaults(package, method), plugins.choices(package, method)
    for param, value in model.params.items():
        if param not in defaults:
            cure = did_you_mean(param, defaults) if defaults else "it takes none"
            raise UserError(f"{where}.params", f"'{method}' has no parameter '{param}'", cure)
        check_param(f"{where}.params", param, value, defaults[param])
        if param in choices:
            _known(list(choices[param]), value, f"{where}.params.{param}")
    explained = plugins.constant(package, method, "EXPLAINABLE", default=True)
    return SettledModel(**{**model.model_dump(), "method": method}, explained=explained)


def read_settings(path: str | Path) -> Study:
    """The settled settings that `mmomics settings` wrote for one cohort."""
    return check(Study, read_yaml(path), path)


def _folder(cohort: Cohort, run: Run, cohort_file: str | Path, root: Path) -> Path:
    folder = root / Path(cohort.folder.replace("{data_dir}", run.data_dir)).expanduser()
    if not folder.is_dir():
        data_dir = f"set `data_dir` in {RUN_FILE} to where the data lie, or give it: snakemake --config data_dir=..."
        raise UserError(f"{cohort_file}: folder", f"there is no folder {folder}", data_dir if "{data_dir}" in cohort.folder else "mend it")
    return folder


def _merged(section: str, run: Run, cohort: Cohort, cohort_file: str | Path) -> Strict:
    both = {**_given(getattr(run, section)), **_given(getattr(cohort, section))}
    merged = check(type(getattr(run, section)), both, f"{cohort_file}: {section}")
    if isinstance(merged, Split) and merged.scheme == "preset" and not merged.column and isinstance(cohort.samples.files, str):
        raise UserError(f"{cohort_file}: split", "scheme 'preset' needs the key `column`", "name the column that marks the test rows")
    return merged


def _n_units(split: Split, seeds: int) -> int:
    """Folds and seeds to train: more jobs than that would find nothing to do."""
    return seeds * (1 if split.scheme == "preset" else split.folds * split.repeats)


def _given(settings: Strict) -> dict[str, Any]:
    """The keys that were written down, without the defaults."""
    return settings.model_dump(exclude_unset=True)


def _models(run: Run, cohort: Cohort, name: str) -> dict[str, SettledModel]:
    modalities = [*cohort.names, *(["clinical"] if cohort.covariates else [])]
    models: dict[str, SettledModel] = {}
    alone_only: set[str] = set()
    for key, model in run.models.items():
        settled = check_model(key, model)
        if settled.modalities is None and str(settled.method) in plugins.names("baselines"):
            # raw samples beside the features made of them are no help to a method that learns no filters
            featured = [
                modality for modality in modalities if not modality.endswith(SIGNAL) or modality.removesuffix(SIGNAL) not in modalities
            ]
            settled = settled if featured == modalities else settled.model_copy(update={"modalities": featured})
        if settled.modalities is not None:
            # several cohorts share one list of models, so a modality that this cohort lacks is left out, not refused
            kept = [modality for modality in settled.modalities if modality in modalities]
            lost = [modality for modality in settled.modalities if modality not in modalities]
            if lost:
                log.warning("%s: models.%s: cohort %s has no %s%s", RUN_FILE, key, name, listed(lost), "" if kept else "; model left out")
            if not kept:
                continue
            settled = settled.model_copy(update={"modalities": kept})
        if settled.per_modality:
            alone = [modality for modality in settled.modalities or cohort.names if modality in cohort.names]
            models |= {f"{key}_{modality}": settled.model_copy(update={"modalities": [modality]}) for modality in alone}
            alone_only |= {f"{key}_{modality}" for modality in alone}
        else:
            models[key] = settled
    ensembles = {key for key, model in models.items() if model.method in plugins.names("ensembles")}
    plain = [key for key, model in models.items() if key not in ensembles | alone_only and model.method != CONTROL]
    for key in ensembles:
        for member in models[key].of or []:
            _known([name for name in models if name not in ensembles], member, f"{RUN_FILE}: models.{key}.of")
        of = plain if models[key].of is None else models[key].of
        if not of:
            raise UserError(f"{RUN_FILE}: models.{key}", "there is no model to combine", "name some in `models`, or take the ensemble out")
        models[key] = models[key].model_copy(update={"of": of})
    return models


def _generative() -> list[str]:
    """The fusion methods that can impute: they decode what they encode."""
    return [name for name in plugins.names("fusion") if plugins.family("fusion", name) == "generative"]


def _known(choices: list[str], name: str, where: str) -> None:
    if name not in choices:
        raise UserError(where, f"there is no '{name}'", did_you_mean(name, choices))
