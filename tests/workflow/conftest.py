"""A working directory with a small configuration, and Snakemake run in it on the repository's Snakefile."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
SMALL = {
    "cohorts": ["acc"],
    "models": {"late_linear": {}, "poe_vae": {}, "stack": {}},
    "imputers": ["mean", "ridge"],
    "split": {"folds": 2, "inner": 2},
    "prepare": {"n_features": 20},
    "training": {"members": 2, "epochs": 2, "pretraining": 2},
}


@dataclass
class Site:
    """A working directory of the workflow."""

    folder: Path
    config = SMALL
    cohort = yaml.safe_load((ROOT / "config/cohorts/acc.yaml").read_text())

    def write(self, name, content):
        """Put a YAML file below `config/`."""
        path = self.folder / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False))

    def command(self, *arguments):
        return [SNAKEMAKE, "--snakefile", ROOT / "Snakefile", "--directory", self.folder, "--cores", "2", *arguments]

    def snakemake(self, *arguments, **options):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, **options)

    def planned(self, *arguments):
        """Rule -> number of jobs that a dry run plans."""
        done = self.snakemake("--dry-run", *arguments)
        assert done.returncode == 0, done.stderr
        if "Nothing to be done" in done.stdout + done.stderr:
            return {}
        lines = done.stdout.split("Job stats:")[1].split("total")[0].splitlines()[3:]
        return {rule: int(count) for rule, count in (line.split() for line in lines if line.strip())}

    def complaint(self, *arguments):
        """The last line of a dry run that must fail."""
        done = self.snakemake("--dry-run", *arguments)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        said = [line for line in done.stderr.splitlines() if not line.startswith(("Config file ", "Using workflow specific profile "))]
        assert len(said) == 1, done.stderr
        return said[0]


def _make_site(folder):
    """The embedded cohort with two of its assays, and a configuration of a few seconds."""
    site = Site(folder)
    modalities = {name: site.cohort["modalities"][name] for name in ("rna", "protein")}
    site.write("cohorts/acc.yaml", {**site.cohort, "modalities": modalities})
    site.write("config.yaml", SMALL)
    (folder / "resources").symlink_to(ROOT / "resources")
    return site


@pytest.fixture(scope="session")
def make_site():
    return _make_site


@pytest.fixture
def site(tmp_path):
    return _make_site(tmp_path)
