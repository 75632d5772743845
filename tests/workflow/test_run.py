"""The whole workflow, small: it ends with a report, does nothing twice, reruns what a change concerns, and survives a kill."""

import os
import signal
import subprocess
import time

import h5py
import pytest

FROM_ALIGN = {
    "align", "split", "prepare", "impute", "impute_cohort", "linear", "train", "stack", "evaluate", "explain", "report",
}  # fmt: skip
pytestmark = pytest.mark.xdist_group("workflow")  # one worker, since the tests share a finished run


@pytest.fixture(scope="module")
def finished(tmp_path_factory, make_site):
    site = make_site(tmp_path_factory.mktemp("undisturbed"))
    done = site.snakemake()
    assert done.returncode == 0, done.stdout + done.stderr
    return site


def test_it_ends_with_report_bundles_and_tables(finished):
    results = finished.folder / "results/acc"
    assert "<html" in (results / "report.html").read_text()[:1000].lower()
    assert len((results / "evaluate/summary.tsv").read_text().splitlines()) > 2
    for model in finished.config["models"]:
        assert (results / f"train/{model}/final/model.json").is_file()
    with h5py.File(results / "imputed.h5mu") as file:
        assert "X_poe_vae" in file["obsm"] and {"imputed", "imputed_sd"} <= set(file["mod/protein/layers"])
    assert list((results / "figures").glob("*.svg"))


def test_every_job_leaves_log_and_benchmark(finished):
    results = finished.folder / "results/acc"
    logs, benchmarks = (
        {str(f.relative_to(results / kind).with_suffix("")) for f in (results / kind).rglob("*.*")} for kind in ("logs", "benchmarks")
    )
    assert logs == benchmarks
    assert {"align", "ingest/rna", "train/poe_vae/1of1", "train/poe_vae/final", "report"} <= logs
    assert "mmomics 0" in (results / "logs/train/poe_vae/final.log").read_text()


def test_nothing_is_left_to_do(finished):
    assert finished.planned() == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("models={poe_vae: {params: {n_latent: 4}}}",
         {"impute_cohort": 1, "train": 2, "stack": 2, "evaluate": 1, "explain": 1, "report": 1, "all": 1}),
        ("prepare={n_features: 10}",
         {"prepare": 1, "impute": 2, "impute_cohort": 1, "linear": 2, "train": 4, "stack": 2, "evaluate": 1,
          "explain": 2, "report": 1, "all": 1}),
        ("models={poe_vae: {ship: false}}", {"impute_cohort": 1, "report": 1, "all": 1}),
        ("imputers=[mean]", {"impute_cohort": 1, "evaluate": 1, "report": 1, "all": 1}),
    ],
)  # fmt: skip
def test_a_change_reruns_what_it_concerns_and_what_follows(finished, change, expected):
    assert finished.planned("--config", change) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "Another title"}, {"report"}),
        ({"also": {"purity": {"task": "regression", "column": "purity"}}}, FROM_ALIGN),
    ],
)
def test_a_change_of_the_cohort_reruns_what_it_concerns(finished, change, expected):
    import yaml

    cohort = yaml.safe_load((finished.folder / "config/cohorts/acc.yaml").read_text())
    finished.write("cohorts/acc.yaml", {**cohort, **change})
    try:
        assert set(finished.planned()) - {"all"} == expected
    finally:
        finished.write("cohorts/acc.yaml", cohort)


def test_snakemakes_own_report(finished):
    done = finished.snakemake("--report", "snakemake.html")
    assert done.returncode == 0, done.stderr
    assert (finished.folder / "snakemake.html").stat().st_size > 100_000


def test_a_killed_run_is_finished_by_the_next(finished, site):
    evaluated = "--", "results/acc/evaluate"  # what follows it adds nothing here
    head = subprocess.Popen(site.command(*evaluated), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    training = site.folder / "results/acc/logs/train"
    deadline = time.monotonic() + 120
    while not (training.is_dir() and any(training.rglob("*.log"))):  # some model is at its training
        assert head.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(head.pid, signal.SIGKILL)
    head.wait()
    assert not (site.folder / "results/acc/evaluate").exists()
    again = site.snakemake(*evaluated)
    assert again.returncode == 0, again.stdout + again.stderr
    results = "results/acc/evaluate/summary.tsv"
    assert (site.folder / results).read_text() == (finished.folder / results).read_text()
