"""pyproject.toml, the pip constraints and the conda environment name the same packages, and the same versions."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"pytorch-cpu": "torch", "matplotlib-base": "matplotlib"}  # conda-forge -> PyPI


def requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(line) for group in groups for line in group]


def constraints():
    lines = [line.split("#")[0].strip() for line in (ROOT / "envs/constraints.txt").read_text().splitlines()]
    return dict(line.split("==") for line in lines if line)


def conda():
    """Package on PyPI -> version, of the conda environment."""
    pairs = [line.split("=") for line in yaml.safe_load((ROOT / "envs/mmomics.yaml").read_text())["dependencies"]]
    return {CONDA_NAMES.get(name, name): version for name, version in pairs}


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_the_tested_version_satisfies_pyproject(requirement):
    pinned = constraints()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(pinned)


def test_conda_has_what_pyproject_asks_for_in_the_tested_versions():
    wanted = {canonicalize_name(requirement.name) for requirement in requirements()}
    pinned, environment = constraints(), conda()
    python = environment.pop("python")
    assert {canonicalize_name(name): version for name, version in environment.items()} == {name: pinned[name] for name in wanted}
    assert re.fullmatch(r"3\.\d+", python)
    assert f"python{python}" >= "python3.11"


def test_constraints_are_sorted_pinned_and_name_no_build():
    pinned = constraints()
    assert list(pinned) == sorted(pinned)
    assert all(name == canonicalize_name(name) and "+" not in version for name, version in pinned.items())
