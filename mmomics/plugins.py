"""Find plug-ins: the folder is the registry, the file stem is the name that users write.

Nothing here imports a plug-in before it is used, so listing them costs no torch.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from mmomics.errors import UserError, did_you_mean

ROOT = Path(__file__).parent
METHODS = ("fusion", "baselines", "ensembles")  # the packages whose plug-ins are methods of models
SHARED = ("contract", "record")  # what plug-ins of a folder promise and hand on; not plug-ins themselves


@cache
def paths(package: str) -> dict[str, Path]:
    """Every plug-in of a package (``"assays"``, ``"fusion"``), one folder deep at most: name -> file."""
    files = sorted([*(ROOT / package).glob("*.py"), *(ROOT / package).glob("*/*.py")])
    return {file.stem: file for file in files if not file.stem.startswith("_") and file.stem not in SHARED}


def names(package: str) -> list[str]:
    """The names of every plug-in of a package, sorted."""
    return sorted(paths(package))


def family(package: str, name: str) -> str:
    """The folder that a plug-in stands in: ``family("fusion", "poe_vae") == "generative"``."""
    return paths(package)[name].parent.name


def package_of(method: object) -> str | None:
    """The one of `METHODS` that a model's method stands in; None if there is no such method."""
    return next((package for package in METHODS if method in paths(package)), None)


def imputers() -> list[str]:
    """All that fills in assays: the files of `imputation`, and generative fusion methods, which decode what they encode."""
    return [*names("imputation"), *(name for name in names("fusion") if family("fusion", name) == "generative")]


def load(package: str, name: str, where: object = "settings") -> ModuleType:
    """Import one plug-in by its name.

    Raises
    ------
    UserError
        If there is no such plug-in; the message lists the choices.
    """
    if name not in paths(package):
        raise UserError(where, f"no '{name}' in mmomics {package}", did_you_mean(name, names(package)))
    parts = paths(package)[name].relative_to(ROOT).with_suffix("").parts
    return import_module(".".join(("mmomics", *parts)))


def summary(package: str, name: str) -> str:
    """First line of a plug-in's docstring, read without importing it."""
    return (_docstring(package, name) or [""])[0]


def references(package: str, name: str) -> list[str]:
    """The papers that a plug-in's docstring names, as ``doi:...`` and ``arXiv:...``, in its order."""
    text = "\n".join(_docstring(package, name))
    return list(dict.fromkeys(re.sub(r"[.,;:)]+$", "", found) for found in re.findall(r"(?:doi|arXiv):\s*\S+", text)))


def defaults(package: str, name: str) -> dict[str, Any]:
    """The settings of a plug-in (the literals of its ``Params`` class), read without importing it."""
    for node in _tree(package, name).body:
        if isinstance(node, ast.ClassDef) and node.name == "Params":
            fields = {ast.unparse(item.target): item.value for item in node.body if isinstance(item, ast.AnnAssign)}
            return {key: ast.literal_eval(value) for key, value in fields.items() if value is not None}
    return {}


def choices(package: str, name: str) -> dict[str, tuple[Any, ...]]:
    """The settings of a plug-in that are one of a few (``Literal[...]`` in its ``Params``) and which, read without importing it."""
    for node in _tree(package, name).body:
        if isinstance(node, ast.ClassDef) and node.name == "Params":
            kinds = {ast.unparse(item.target): item.annotation for item in node.body if isinstance(item, ast.AnnAssign)}
            few = {
                key: kind.slice for key, kind in kinds.items() if isinstance(kind, ast.Subscript) and ast.unparse(kind.value) == "Literal"
            }
            return {key: ast.literal_eval(kind if isinstance(kind, ast.Tuple) else ast.Tuple([kind])) for key, kind in few.items()}
    return {}


def constant(package: str, name: str, constant: str, default: Any) -> Any:
    """A literal that a plug-in's module gives a name (``EXPLAINABLE = False``), read without importing it; or the default."""
    for node in _tree(package, name).body:
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == constant for target in node.targets):
            return ast.literal_eval(node.value)
    return default


@cache
def _tree(package: str, name: str) -> ast.Module:
    return ast.parse(paths(package)[name].read_text(encoding="utf-8"))


def _docstring(package: str, name: str) -> list[str]:
    return (ast.get_docstring(_tree(package, name)) or "").splitlines()
