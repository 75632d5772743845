"""What a dry run plans, and the one line it says where the configuration is wrong."""

import re
from pathlib import Path

import networkx as nx
import pytest

GIVEN = "config/config.yaml (or --config): "
JOBS = {
    "ingest": 2, "normalize": 2, "align": 1, "split": 1, "prepare": 1,
    "impute": 2, "impute_cohort": 1, "linear": 2, "train": 4, "stack": 2, "evaluate": 1, "explain": 2, "report": 1, "all": 1,
}  # fmt: skip


def test_one_cohort(site):
    assert site.planned() == JOBS


def test_several_cohorts_in_one_call(site):
    site.write("cohorts/again.yaml", {**site.cohort, "modalities": {"rna": site.cohort["modalities"]["rna"]}})
    expected = {rule: 2 * count for rule, count in JOBS.items()} | {"ingest": 3, "normalize": 3, "all": 1}
    assert site.planned("--config", "cohorts=acc,again") == expected


def test_shards_and_models_from_the_command_line(site):
    planned = site.planned("--config", "shards=9", "seeds=3", "models={linear: {}}")
    # no more jobs than there are folds and seeds, and the shipped model, of three models; imputers have one seed
    assert planned["train"] == 3 * (2 * 3 + 1)
    assert planned["impute"] == 2 * 2


def test_trees_are_not_explained(site):
    models = site.planned("--config", "models={forest: {}}")
    assert models["explain"] == JOBS["explain"]
    assert models["train"] == JOBS["train"] + 2


def test_files_that_params_name_are_inputs(site):
    models = "models={self_attention: {ship: false, params: {pathways: sets.gmt}}}"
    says = "config/config.yaml: models.self_attention.params.pathways: there is no file sets.gmt; "
    assert site.complaint("--config", models).startswith(says)
    (site.folder / "sets.gmt").write_text("one\t\tA\tB\n")
    plan = site.snakemake("--dry-run", "--config", models).stdout
    jobs = [job for job in plan.split("\n\n") if re.search(r"^rule train:", job, re.MULTILINE)]
    assert {"self_attention" in job for job in jobs} == {True, False}
    assert all(("sets.gmt" in job) == ("self_attention" in job) for job in jobs)


@pytest.mark.parametrize("view", ["--lint", "--dag", "--rulegraph", "--summary", "--list-rules"])
def test_the_views_of_snakemake(site, view):
    done = site.snakemake(view)
    assert done.returncode == 0, done.stderr
    assert "report" in done.stdout or "good condition" in done.stdout + done.stderr


def test_the_picture_in_the_readme_is_the_rulegraph(site):
    """Without the target, what another arrow implies, and what an ensemble's bundle takes from its own folds."""
    drawn = site.snakemake("--rulegraph", "mermaid-js").stdout
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", drawn))
    edges = [(names[start], names[end]) for start, end in re.findall(r"(id\d+) --> (id\d+)", drawn)]
    graph = nx.DiGraph(edge for edge in edges if "all" not in edge and edge[0] != edge[1])
    picture = (Path(__file__).parents[2] / "README.md").read_text().split("```mermaid")[1].split("```")[0]
    assert set(re.findall(r"(\w+) --> (\w+)", picture)) == set(nx.transitive_reduction(graph).edges)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("modls=1", GIVEN + "unknown key 'modls'; did you mean 'models'?"),
        ("models={late_linear: {parms: 1}}", GIVEN + "models.late_linear: unknown key 'parms'; did you mean 'params'?"),
        ("seeds=many", GIVEN + "seeds: 'many' is not of type 'integer'; config/README.md describes every key"),
        ("training={epochs: 0}", GIVEN + "training.epochs: 0 is less than the minimum of 1; "),
        ("models={late_linaer: {}}", "config/config.yaml: models.late_linaer: there is no 'late_linaer'; did you mean 'late_linear'?"),
        ("models={poe_vae: {params: {nope: 1}}}", "config/config.yaml: models.poe_vae.params: 'poe_vae' has no parameter 'nope'; "),
        ("models={poe_vae: {params: {n_latent: big}}}",
         "config/config.yaml: models.poe_vae.params.n_latent: found 'big', expected a whole number >= 1; the default is 32"),
        ("imputers=[ridg]", "config/config.yaml: imputers: there is no 'ridg'; did you mean 'ridge'?"),
        ("cohorts=ac", "config/config.yaml: cohorts: there is no config/cohorts/ac.yaml; did you mean 'acc'?"),
    ],
)  # fmt: skip
def test_mistakes_in_the_run(site, given, says):
    assert site.complaint("--config", given).startswith(says)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"titel": "x"}, "config/cohorts/acc.yaml: unknown key 'titel'; did you mean 'title'?"),
        ({"covariates": 3}, "config/cohorts/acc.yaml: covariates: expected list, found 3; "),
        ({"folder": "{data_dir}/acc"}, "config/cohorts/acc.yaml: folder: there is no folder data/acc; set `data_dir` in"),
        ({"samples": {"files": "clinicl.tsv"}},
         "config/cohorts/acc.yaml: samples.files: there is no file resources/acc/clinicl.tsv; did you mean 'clinical.tsv'?"),
        ({"outcome": {"task": "regression", "column": "scor"}},
         "config/cohorts/acc.yaml: outcome.column: the samples table resources/acc/clinical.tsv has no column 'scor'; "),
    ],
)  # fmt: skip
def test_mistakes_in_the_cohort(site, change, says):
    site.write("cohorts/acc.yaml", {**site.cohort, **change})
    assert site.complaint().startswith(says)
