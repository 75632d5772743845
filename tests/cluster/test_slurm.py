"""The embedded cohort through a real Slurm: `make test-cluster`. Needs root and Debian packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CONFIG = {
    "cohorts": ["acc"],
    "models": {"late_linear": {}, "poe_vae": {}},
    "imputers": ["ridge"],
    "split": {"folds": 2, "inner": 2},
    "prepare": {"n_features": 50},
    "training": {"members": 2, "epochs": 3},
}

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(os.getuid() != 0 or not shutil.which("apt-get"), reason="needs root and Debian packages"),
]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A one-node Slurm; the folder of its state and logs."""
    folder = tmp_path_factory.mktemp("slurm")
    try:
        subprocess.run([HERE / "slurm-up.sh", folder], check=True)
        yield folder
    finally:
        subprocess.run([HERE / "slurm-down.sh", folder], check=True)


def snakemake(folder, *arguments):
    """Run the workflow through the profile for Slurm, with what differs on one small node given on top."""
    command = [Path(sys.executable).with_name("snakemake"), "--snakefile", ROOT / "Snakefile", "--directory", folder]
    profile = ["--workflow-profile", ROOT / "workflow/profiles/slurm", "--latency-wait", "5", "--seconds-between-status-checks", "1"]
    quick = ["--slurm-init-seconds-before-status-checks", "1", "--slurm-logdir", folder / "slurm_logs", "--slurm-keep-successful-logs"]
    return subprocess.run([*command, *profile, *quick, *arguments], capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "config", folder / "config")
    (folder / "config/config.yaml").write_text(yaml.safe_dump(CONFIG))
    (folder / "resources").symlink_to(ROOT / "resources")
    return folder


def finished_jobs(slurm):
    """Comment or name -> state of every job that Slurm has ended."""
    lines = (slurm / "log/jobs.txt").read_text().splitlines()
    return [dict(field.split("=", 1) for field in line.split() if "=" in field) for line in lines]


def test_the_cohort_runs_through_slurm(slurm, site):
    done = snakemake(site)
    assert done.returncode == 0, done.stdout + done.stderr
    results = site / "results/acc"
    assert (results / "report.html").stat().st_size > 10_000
    rules = list((results / "logs").rglob("*.log"))
    jobs = finished_jobs(slurm)
    assert len(jobs) == len(rules) > 15
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}


def test_nothing_is_left_to_do(slurm, site):
    done = snakemake(site)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr


def test_shards_spread_the_work_and_keep_the_numbers(slurm, site):
    summary, jobs = site / "results/acc/evaluate/summary.tsv", len(finished_jobs(slurm))
    index = ["model", "family", "metric"]
    before = pd.read_csv(summary, sep="\t").set_index(index)
    done = snakemake(site, "--config", "shards=2")
    assert done.returncode == 0, done.stdout + done.stderr
    after = pd.read_csv(summary, sep="\t").set_index(index).loc[before.index]
    # which networks share a batch shows in the last bits of float32, and a rank or two may turn on them
    np.testing.assert_allclose(after["mean"], before["mean"], atol=1e-3)
    assert len(finished_jobs(slurm)) - jobs == 2 * 2 + 2 + 2  # train, impute, evaluate and report


def test_a_job_that_runs_out_of_memory_is_tried_again_with_more(slurm, site):
    """The first attempt asks for far too little; the profile's retries ask for more."""
    profile = (ROOT / "workflow/profiles/slurm/profile.yaml").read_text()
    assert yaml.safe_load(profile)["retries"] >= 1
    done = snakemake(site, "--forcerun", "split", "--until", "split", "--set-resources", "split:mem_mb=60 if attempt == 1 else 2000")
    assert done.returncode == 0, done.stdout + done.stderr
    states = [job["JobState"] for job in finished_jobs(slurm)[-2:]]
    assert states[-1] == "COMPLETED"
    assert states[0] != "COMPLETED"
