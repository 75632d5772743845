"""The command line starts fast: a verb imports what it needs and no more."""

import subprocess
import sys

import pytest

from mmomics import plugins

HEAVY = {"train", "impute", "explain", "predict"}  # they run networks


def imported(statement):
    """The modules that a fresh interpreter holds after a statement."""
    code = f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nprint('\\n=='.join(['', *sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {line[2:] for line in done.stdout.splitlines() if line.startswith("==")}


def test_help_imports_nothing_heavy():
    modules = imported("from mmomics.__main__ import main; main(['--help'])")
    assert "mmomics.plugins" in modules
    assert not modules & {"torch", "numpy", "pandas", "anndata", "scipy", "sklearn", "pydantic"}


@pytest.mark.parametrize("verb", sorted(set(plugins.names("commands")) - HEAVY))
def test_light_verbs_never_import_torch(verb):
    modules = imported(f"from mmomics.__main__ import main; main(['{verb}', '--help'])")
    assert f"mmomics.commands.{verb}" in modules
    assert "torch" not in modules


def test_every_verb_says_what_it_does():
    for verb in plugins.names("commands"):
        assert plugins.summary("commands", verb).endswith(".")
