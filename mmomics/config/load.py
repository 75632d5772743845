"""Read settings from YAML and merge them into one `Study`; every mistake is one line that names file and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from mmomics import plugins
from mmomics.config.cohort import Cohort
from mmomics.config.run import Model, Run, Study
from mmomics.config.strict import Strict
from mmomics.errors import UserError, did_you_mean

S = TypeVar("S", bound=Strict)


def read_yaml(path: str | Path) -> dict[str, Any]:
    """A YAML file as a mapping.

    Raises
    ------
    UserError
        If the file is missing, is not YAML, or does not hold a mapping.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(path, f"cannot be read ({error.strerror})", "check the path") from error
    except UnicodeDecodeError as error:
        raise UserError(path, f"is not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path} line {mark.line + 1}" if mark else path
        raise UserError(where, f"is not valid YAML ({getattr(error, 'problem', error)})", "mind indentation and quotes") from error
    if not isinstance(content, dict):
        raise UserError(path, "holds no keys, expected a mapping `key: value`", "see config/README.md")
    return content


def check(cls: type[S], content: dict[str, Any], where: object) -> S:
    """Settings of a class from a mapping; the first mistake becomes a `UserError` with file and key."""
    try:
        return cls.model_validate(content)
    except ValidationError as error:
        raise _explain(cls, error, where) from error


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
    cohort = check(Cohort, read_yaml(cohort_file), cohort_file)
    folder = Path(root) / cohort.folder.replace("{data_dir}", run.data_dir)
    if not folder.is_dir():
        cure = "set `data_dir` to where the data lie (snakemake --config data_dir=...)" if "{data_dir}" in cohort.folder else "mend `folder`"
        raise UserError(f"{cohort_file}: folder", f"there is no folder {folder}", cure)
    merged = {
        section: check(type(getattr(run, section)), {**given(getattr(run, section)), **given(getattr(cohort, section))}, f"{cohort_file}: {section}")
        for section in ("split", "prepare", "training")
    }
    modalities = [*cohort.modalities, *(["clinical"] if cohort.covariates else [])]
    for key, modality in cohort.modalities.items():
        _known("assays", modality.kind, f"{cohort_file}: modalities.{key}.kind")
    for imputer in run.imputers:
        if imputer not in plugins.names("imputation"):
            _known("fusion", imputer, "config: imputers", also=plugins.names("imputation"))
    models = {}
    for key, model in run.models.items():
        settled = check_model(key, model)
        if settled.modalities is not None:
            # several cohorts share one list of models, so a modality that this cohort lacks is left out, not refused
            kept = [modality for modality in settled.modalities if modality in modalities]
            if not kept:
                continue
            settled = settled.model_copy(update={"modalities": kept})
        models[key] = settled
    return Study(
        name=name, cohort=cohort, folder=str(folder), models=models, imputers=run.imputers, **merged,
        seed=run.seed, seeds=run.seeds, shards=run.shards,
    )  # fmt: skip


def check_model(key: str, model: Model) -> Model:
    """A model whose method exists and whose `params` the method knows."""
    method = model.method or key
    package = "baselines" if method in plugins.names("baselines") else "fusion"
    _known(package, method, f"config: models.{key}.method", also=plugins.names("baselines"))
    defaults = plugins.defaults(package, method)
    for param in model.params:
        if param not in defaults:
            raise UserError(f"config: models.{key}.params", f"'{method}' has no parameter '{param}'", did_you_mean(param, defaults))
    return model.model_copy(update={"method": method})


def given(settings: Strict) -> dict[str, Any]:
    """The keys that were written down, without the defaults."""
    return settings.model_dump(exclude_unset=True)


def _known(package: str, name: str, where: str, also: list[str] = []) -> None:  # noqa: B006
    if name not in plugins.names(package) and name not in also:
        raise UserError(where, f"there is no '{name}'", did_you_mean(name, [*plugins.names(package), *also]))


def _explain(cls: type[Strict], error: ValidationError, where: object) -> UserError:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        return UserError(where, f"unknown key '{key}'", did_you_mean(path[-1], _keys(cls, path[:-1])))
    if first["type"] == "missing":
        return UserError(where, f"the key '{key}' is missing", "add it; config/README.md lists every key")
    found = "" if isinstance(first["input"], dict | list | Strict) else f", found {first['input']!r}"
    message = first["msg"].removeprefix("Value error, ")
    return UserError(where, f"{key}: {message[0].lower() + message[1:]}{found}", "config/README.md describes every key")


def _keys(cls: type[Strict], path: list[str]) -> set[str]:
    """The keys allowed at a place, from the schema: follows references, mappings and unions."""
    schema = cls.model_json_schema()

    def resolve(node: dict[str, Any]) -> list[dict[str, Any]]:
        if "$ref" in node:
            return resolve(schema["$defs"][node["$ref"].rsplit("/", 1)[1]])
        unions = [option for option in node.get("oneOf", node.get("anyOf", []))]
        return [leaf for option in unions for leaf in resolve(option)] or [node]

    nodes = resolve(schema)
    for part in path:
        step = []
        for node in nodes:
            child = node.get("properties", {}).get(part) or node.get("additionalProperties") or None
            if isinstance(child, dict):
                step += resolve(child)
            elif node.get("properties", {}).get("task", {}).get("const") == part:
                step.append(node)
        nodes = step or nodes
    return {key for node in nodes for key in node.get("properties", {})}


def read_settings(path: str | Path) -> Study:
    """The settled settings that `mmomics settings` wrote for one cohort."""
    return check(Study, read_yaml(path), path)
