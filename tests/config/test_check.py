"""Every mistake in a configuration is one line that names the file, the key as the user wrote it, and the cure."""

import copy

import pytest
import yaml

from mmomics.config.check import check
from mmomics.config.cohort import Cohort
from mmomics.config.run import Run
from mmomics.errors import UserError

COHORT = {
    "title": "t",
    "folder": "f",
    "samples": {"files": "s.tsv"},
    "outcome": {"task": "survival", "time": "days", "event": "dead"},
    "modalities": {"rna": {"kind": "rna", "files": "rna.tsv"}},
}

BINARY = {"task": "binary", "column": "a", "positive": "b", "labels": {0: "b"}}


def changed(content, path, value):
    content = copy.deepcopy(content)
    *places, key = path.split(".")
    here = content
    for place in places:
        here = here.setdefault(place, {})
    here[key] = value
    return content


def complaint(cls, content):
    with pytest.raises(UserError) as caught:
        check(cls, content, "file.yaml")
    line = str(caught.value)
    assert line.startswith("file.yaml: ")
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("titel", "title"),
        ("samples.idx", "index"),
        ("outcome.tme", "time"),
        ("modalities.rna.kin", "kind"),
        ("split.fold", "folds"),
        ("prepare.nfeatures", "n_features"),
    ],
)
def test_unknown_keys_of_a_cohort_get_the_nearest_one(path, near):
    assert complaint(Cohort, changed(COHORT, path, 1)) == f"file.yaml: unknown key '{path}'; did you mean '{near}'?"


@pytest.mark.parametrize(("path", "near"), [("modls", "models"), ("models.linear.parms", "params"), ("training.epoch", "epochs")])
def test_unknown_keys_of_a_run_get_the_nearest_one(path, near):
    assert complaint(Run, changed({"models": {}}, path, 1)) == f"file.yaml: unknown key '{path}'; did you mean '{near}'?"


def test_a_misspelt_key_is_named_before_the_one_that_is_missing_for_it():
    content = changed(COHORT, "outcome.tme", "days")
    del content["outcome"]["time"]
    assert "unknown key 'outcome.tme'" in complaint(Cohort, content)


@pytest.mark.parametrize("path", ["title", "samples.files", "outcome.time", "outcome.task", "modalities.rna.kind"])
def test_missing_keys_are_named(path):
    content = copy.deepcopy(COHORT)
    *places, key = path.split(".")
    here = content
    for place in places:
        here = here[place]
    del here[key]
    assert f"the key '{path}' is missing" in complaint(Cohort, content)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("title", True, "title: expected string, found True; put the value in quotes"),
        ("samples.files", 3, "samples.files: expected string or expected mapping, found 3"),
        ("samples.files", {"train": 3}, "samples.files.train: expected string, found 3"),
        ("outcome", BINARY, "outcome.labels.0: expected string, found 0; put the key in quotes"),
        ("outcome.task", "survial", "outcome.task: there is no 'survial'; did you mean 'survival'?"),
        ("covariates", "age", "covariates: expected list, found 'age'"),
        ("modalities", {}, "modalities: "),
        ("modalities.rna.orientation", "rows", "modalities.rna.orientation: expected 'samples_in_rows' or 'samples_in_columns'"),
        ("modalities.outcome", COHORT["modalities"]["rna"], "the modality name 'outcome' is kept for the outcome"),
        ("modalities." + "x" * 300, COHORT["modalities"]["rna"], f"modality name '{'x' * 60}...' is part of file names; choose at most 60"),
        ("modalities.rna.subject_pattern", "(TCGA", "modalities.rna.subject_pattern: expected a regular expression (missing )"),
        ("modalities.rna.subject_pattern", "TCGA", "modalities.rna.subject_pattern: expected a regular expression with a group"),
        ("samples.time_zone", "../etc/passwd", "samples.time_zone: expected a time zone such as Europe/Berlin or UTC"),
        ("samples.time_zone", "Mars/Base", "samples.time_zone: expected a time zone such as Europe/Berlin or UTC, found 'Mars/Base'"),
        ("modalities.x-ray", COHORT["modalities"]["rna"], "modality name 'x-ray' must be letters, digits and _"),
        ("split.folds", 1, "split.folds: expected greater than or equal to 2, found 1"),
        ("split.folds", "five", "split.folds: expected integer"),
    ],
)  # fmt: skip
def test_wrong_values_are_shown_beside_what_was_expected(path, value, says):
    assert complaint(Cohort, changed(COHORT, path, value)).startswith(f"file.yaml: {says}")


def test_numbers_in_the_notation_that_yaml_takes_for_text():
    content = yaml.safe_load("models: {}\ntraining: {learning_rate: 1e-4}")
    assert isinstance(content["training"]["learning_rate"], str)
    assert check(Run, content, "file.yaml").training.learning_rate == 1e-4
