"""A cohort file, and the one that it extends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmomics.config.check import check
from mmomics.config.cohort import Cohort
from mmomics.config.yaml_file import read_yaml
from mmomics.errors import UserError, did_you_mean

WHOLE = ("outcome", "labels", "files")  # mappings whose keys belong together


def read_cohort(path: str | Path) -> Cohort:
    """A cohort file; where it `extends` another, its keys go over those of the other.

    Raises
    ------
    UserError
        If a file cannot be read, extends itself, or is not what a cohort file has to be.
    """
    return check(Cohort, read_content(path), path)


def read_content(path: str | Path) -> dict[str, Any]:
    """The keys of a cohort file and of those that it extends, unchecked."""
    return _extended(Path(path), [])


def _extended(path: Path, chain: list[Path]) -> dict[str, Any]:
    if path in chain:
        raise UserError(path, "extends itself", "take out `extends`")
    content = read_yaml(path)
    other = content.pop("extends", None)
    if other is None:
        return content
    if not isinstance(other, str) or Path(other).name != other or not other:
        raise UserError(
            f"{path}: extends", f"expected the name of a cohort file beside this one, found {other!r}", "write `extends: cohort`"
        )
    base = path.with_name(f"{other}.yaml")
    if not base.is_file():
        raise UserError(f"{path}: extends", f"there is no {base}", did_you_mean(other, [file.stem for file in path.parent.glob("*.yaml")]))
    return _over(_extended(base, [*chain, path]), content)


def _over(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A mapping over another one: inner mappings are merged too, but for those in `WHOLE`; a null takes a key out."""
    merged = dict(base)
    for key, value in given.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict) and key not in WHOLE
        merged[key] = _over(base[key], value) if both else value
    return {key: value for key, value in merged.items() if value is not None}
