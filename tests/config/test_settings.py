"""The verb `settings`: what a dry run finds wrong beyond the types of the keys."""

import argparse
import json

import pandas as pd
import pytest
import yaml

from mmomics.__main__ import main
from mmomics.commands import settings as verb
from mmomics.errors import UserError

SAMPLES = pd.DataFrame({"id": ["a", "b"], "days": [1, 2], "dead": [0, 1], "age": [50, 60], "site": ["x", "y"]})
COHORT = {
    "title": "t",
    "samples": {"files": "s.csv", "index": "id"},
    "outcome": {"task": "survival", "time": "days", "event": "dead"},
    "covariates": ["age"],
    "batch": "site",
    "split": {"group": "site"},
    "modalities": {"rna": {"kind": "rna", "files": "rna.tsv"}},
}


@pytest.fixture
def settled(tmp_path, capsys):
    (tmp_path / "rna.tsv").touch()
    for name in ("s", "part1", "part2"):
        SAMPLES.assign(id=name + SAMPLES["id"]).to_csv(tmp_path / f"{name}.csv", index=False)
    SAMPLES.to_parquet(tmp_path / "s.parquet")
    (tmp_path / "numbers.csv").write_text("1\n0\n")

    def run(cohort=None, **config):
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**COHORT, "folder": str(tmp_path), **(cohort or {})}, sort_keys=False))
        config = json.dumps({"cohorts": ["mine"], "models": {"linear": {}}, "imputers": [], **config})
        verb.run(argparse.Namespace(config=config, cohorts_dir=tmp_path, cohort=None, output=None))
        return json.loads(capsys.readouterr().out)["mine"]

    return run


@pytest.mark.parametrize(
    "cohort",
    [
        {},
        {"samples": {"files": "s.parquet", "index": "id"}},
        {"samples": {"files": {"train": "part1.csv", "test": "part2.csv"}}, "split": {"scheme": "preset", "column": "part"}},
        {"samples": {"files": "numbers.csv", "header": False, "number_rows": True, "columns": ["y"]}, "covariates": [], "batch": None,
         "split": {}, "outcome": {"task": "binary", "column": "y", "positive": "1"}},
    ],
)  # fmt: skip
def test_columns_that_are_there(settled, cohort):
    assert settled(cohort)["name"] == "mine"


@pytest.mark.parametrize("files", ["s.csv", "s.parquet", {"train": "part1.csv", "test": "part2.csv"}])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"outcome": {**COHORT["outcome"], "time": "day"}},
         "mine.yaml: outcome.time: the samples table {} has no column 'day'; did you mean 'days'?"),
        ({"outcome": {**COHORT["outcome"], "event": "died"}}, "mine.yaml: outcome.event: the samples table {} has no column 'died'"),
        ({"outcome": {"task": "regression", "column": "scor"}}, "mine.yaml: outcome.column: the samples table {} has no column 'scor'"),
        ({"covariates": ["age", "sex"]}, "mine.yaml: covariates: the samples table {} has no column 'sex'"),
        ({"batch": "plate"}, "mine.yaml: batch: the samples table {} has no column 'plate'"),
        ({"split": {"column": "cohort"}}, "mine.yaml: split.column: the samples table {} has no column 'cohort'"),
        ({"split": {"group": "family"}}, "mine.yaml: split.group: the samples table {} has no column 'family'"),
        ({"samples": {"subject": "patient"}}, "mine.yaml: samples.subject: the samples table {} has no column 'patient'"),
        ({"samples": {"index": "sample"}}, "no column 'sample' for `index`"),
    ],
)  # fmt: skip
def test_columns_that_are_not_there(settled, tmp_path, files, change, says):
    samples = {"index": "id", **change.get("samples", {}), "files": files}
    paths = files.values() if isinstance(files, dict) else [files]
    with pytest.raises(UserError) as caught:
        settled({**change, "samples": samples})
    assert says.format(", ".join(str(tmp_path / path) for path in paths)) in str(caught.value)


def test_a_large_samples_table_is_left_to_align(settled, monkeypatch):
    monkeypatch.setattr(verb, "LARGE", 10)
    assert settled({"batch": "plate"})["cohort"]["batch"] == "plate"


def test_a_scale_that_the_kind_does_not_know(settled):
    with pytest.raises(UserError, match=r"mine\.yaml: modalities\.rna: values: the assay kind 'rna' has no scale 'foo'; choose one of: "):
        settled({"modalities": {"rna": {"kind": "rna", "values": "foo", "files": "rna.tsv"}}})


@pytest.mark.parametrize("models", [{}, {"linear": {"modalities": ["ecg"]}}])
def test_a_cohort_without_models(settled, models):
    with pytest.raises(UserError, match=r"config\.yaml: models: there is no model for cohort mine; name at least one"):
        settled(models=models)


@pytest.mark.parametrize("text", ['{"cohorts": ', "{'a': 1}"])
def test_a_configuration_that_is_no_json(text, caplog):
    assert main(["settings", "--config", text]) == 2
    assert "configuration: is not valid JSON: " in caplog.messages[-1]


@pytest.mark.parametrize("name", ["../mine", "..", "-x", "a b", "/mine", "m" * 101])
def test_a_cohort_whose_name_is_a_path_or_an_option_is_refused(settled, name):
    with pytest.raises(UserError, match=r"config\.yaml: cohorts: the name '.*' is a part of paths; use letters, digits"):
        settled(cohorts=[name])
