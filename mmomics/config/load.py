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
from mmomics.config.handling import NATIVE, How
from mmomics.config.inputs import native_files
from mmomics.config.params import LIMITS, check_param, files, shared_evenly
from mmomics.config.prepared import settle
from mmomics.config.protocol import Split
from mmomics.config.run import Model, Run, SettledModel, Study
from mmomics.config.strict import Strict
from mmomics.config.yaml_file import read_yaml
from mmomics.errors import UserError, did_you_mean, listed

__all__ = ["check", "check_model", "read_settings", "read_study", "read_yaml"]

RUN_FILE = "config/config.yaml"  # named in messages, also for a value that was given on the command line
CONTROL = "random"
SECTIONS = ("split", "prepare", "training", "search", "missing")
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
    imputers = [(f"{RUN_FILE}: imputers", imputer) for imputer in run.imputers]
    for where, imputer in [*imputers, (f"{RUN_FILE} or {cohort_file}: missing.imputer", merged["missing"].imputer)]:
        _known(plugins.imputers(), imputer, where)
    return Study(
        name=name, cohort=cohort, folder=str(folder), inputs=inputs, models=_models(run, cohort, name), imputers=run.imputers, **merged,
        prepare_each=settle(run.prepare, cohort, RUN_FILE, cohort_file),
        seed=run.seed, seeds=run.seeds, shards=min(run.shards, _n_units(merged["split"], run.seeds)),
    )  # fmt: skip


def check_name(where: str, name: str) -> None:
    """Refuse the name of a cohort or a model that is no good part of paths and commands: `..` is another folder, `-x` an option."""
    if not re.fullmatch(r"\w[\w.-]{0,99}", name):
        cure = "use letters, digits, '_', '-' and '.', 100 at most, and begin with one of the first three"
        raise UserError(where, f"the name '{name[:100]}' is a part of paths", cure)


def check_model(key: str, model: Model) -> SettledModel:
    """A model whose method exists and whose `params` the method knows and can take."""
    where = f"{RUN_FILE}: models.{key}"
    check_name(where, key)
    method = model.method or key
    _known(
        [name for package in plugins.METHODS for name in plugins.names(package)],
        method,
        where if model.method is None else f"{where}.method",
    )
    package = str(plugins.package_of(method))
    if model.of is not None and package != "ensembles":
        raise UserError(f"{where}.of", f"'{method}' combines no models", f"only these do: {', '.join(plugins.names('ensembles'))}")
    given = {"modalities": model.modalities, "per_modality": model.per_modality, "missing": model.missing != NATIVE}
    senseless = [name for name, value in given.items() if value and package == "ensembles"]
    if senseless:
        raise UserError(f"{where}.{senseless[0]}", f"'{method}' combines models and sees no modality itself", "name the models in `of`")
    empty = [name for name in ("modalities", "of") if getattr(model, name) == []]
    if empty:
        raise UserError(f"{where}.{empty[0]}", "is empty", "name some, or take the key out for all")
    defaults, choices = plugins.defaults(package, method), plugins.choices(package, method)
    limits = plugins.constant(package, method, LIMITS, {})
    for param, value in model.params.items():
        if param not in defaults:
            cure = did_you_mean(param, defaults) if defaults else "it takes none"
            raise UserError(f"{where}.params", f"'{method}' has no parameter '{param}'", cure)
        check_param(f"{where}.params", param, value, defaults[param], limits.get(param, (None, None)))
        if param in choices:
            _known(list(choices[param]), value, f"{where}.params.{param}")
    settings = {**defaults, **model.params}
    if not shared_evenly(settings):
        problem = f"{settings['n_heads']} heads cannot share {settings['n_hidden']} (n_hidden) evenly"
        raise UserError(f"{where}.params.n_heads", problem, "choose a divisor of n_hidden")
    explained = plugins.constant(package, method, "EXPLAINABLE", default=True)
    named = files(package, method, model.params)
    missing = [file for file in named if not Path(file).is_file()]
    if missing:
        param = next(name for name, value in model.params.items() if value == missing[0])
        raise UserError(f"{where}.params.{param}", f"there is no file {missing[0]}", "give its path from the working directory")
    how = NATIVE if isinstance(model.missing, list) else model.missing  # a list becomes several models
    settled = {**model.model_dump(), "method": method, "missing": how, "ship": model.ship and how == NATIVE}
    return SettledModel(**settled, explained=explained, files=named)


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
    became: dict[str, list[str]] = {key: [] for key in run.models}
    for key, model in run.models.items():
        settled = check_model(key, model)
        if settled.modalities is None and plugins.package_of(settled.method) == "baselines":
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
        alone = [modality for modality in settled.modalities or cohort.names if modality in cohort.names]
        own = {f"{key}_{modality}": settled.model_copy(update={"modalities": [modality]}) for modality in alone}
        own = _handled(own if settled.per_modality else {key: settled}, model.missing)
        twice = [each for each in own if each in models]
        if twice:
            raise UserError(f"{RUN_FILE}: models.{key}", f"two models would be called '{twice[0]}'", "rename one of them")
        models |= own
        became[key] = list(own)
    alone_only = {each for key, own in became.items() if run.models[key].per_modality for each in own}
    ensembles = [key for key, model in models.items() if plugins.package_of(model.method) == "ensembles"]
    apart = {*alone_only, *ensembles, *(key for key, model in models.items() if model.missing != NATIVE)}
    plain = [key for key, model in models.items() if key not in apart and model.method != CONTROL]
    for key in ensembles:
        where, named = f"{RUN_FILE}: models.{key}", models[key].of
        if named is None and not plain:
            raise UserError(where, "there is no model to combine", "name some in `models`, or take the ensemble out")
        of = plain if named is None else _members(named, run, became, where, name)
        if of:
            models[key] = models[key].model_copy(update={"of": of})
        else:
            log.warning("%s: cohort %s has none of the models that it combines; model left out", where, name)
            del models[key]
    return models


def _handled(models: dict[str, SettledModel], missing: str | list[How]) -> dict[str, SettledModel]:
    """One model for each way of dealing with what subjects lack, where several are listed; the native one keeps the name."""
    if isinstance(missing, str):
        return models
    found: dict[str, SettledModel] = {}
    for key, model in models.items():
        for how in dict.fromkeys(missing):
            own = {"missing": how, "ship": model.ship and how == NATIVE}
            found[key if how == NATIVE else f"{key}_{how}"] = model.model_copy(update=own)
    return found


def _members(named: list[str], run: Run, became: dict[str, list[str]], where: str, cohort: str) -> list[str]:
    """The models that an ensemble's `of` names, as far as a cohort has them.

    Several cohorts share one list, so a model of the run that this cohort leaves out is left out here too, not refused.
    """
    found: list[str] = []
    lost: list[str] = []
    one_each = {each: [each] for own in became.values() for each in own}
    for member in named:
        if member in run.models and plugins.package_of(run.models[member].method or member) == "ensembles":
            raise UserError(f"{where}.of", f"'{member}' is an ensemble itself", "name the models that it combines")
        of_another_cohort = any(model.per_modality and member.startswith(f"{key}_") for key, model in run.models.items())
        own = {**one_each, **became}.get(member, [])
        if not own and not of_another_cohort:
            _known(list(dict.fromkeys([*became, *one_each])), member, f"{where}.of")
        found += own
        lost += [] if own else [member]
    if lost:
        log.warning("%s.of: cohort %s has no %s", where, cohort, listed(lost))
    return list(dict.fromkeys(found))


def _known(choices: list[str], name: str, where: str) -> None:
    if name not in choices:
        raise UserError(where, f"there is no '{name}'", did_you_mean(name, choices))
