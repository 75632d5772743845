"""A cohort file that extends another one."""

import pytest
import yaml

from mmomics.config.cohort_file import read_cohort
from mmomics.errors import UserError

BASE = {
    "title": "base",
    "folder": ".",
    "samples": {"files": "s.csv", "index": "id"},
    "outcome": {"task": "binary", "column": "y", "positive": "1"},
    "modalities": {"rna": {"kind": "rna", "files": "a.csv", "drop": ["x"]}, "mirna": {"kind": "mirna", "files": "b.csv"}},
}


@pytest.fixture
def write(tmp_path):
    def put(**files):
        for name, content in files.items():
            (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
        return tmp_path

    return put


def test_keys_go_over_those_of_the_other_file(write):
    outcome = {"task": "regression", "column": "z"}
    more = {"extends": "base", "title": "more", "outcome": outcome, "modalities": {"rna": {"drop": []}, "mirna": None}}
    cohort = read_cohort(write(base=BASE, more=more) / "more.yaml")
    assert cohort.title == "more"
    assert cohort.outcome.task == "regression"  # an outcome is taken whole: no `positive` is left over
    assert cohort.samples.index == "id"
    assert list(cohort.modalities) == ["rna"]
    assert cohort.modalities["rna"].files == "a.csv" and cohort.modalities["rna"].drop == []


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"extends": "bas"}, "did you mean 'base'?"),
        ({"extends": "../base"}, "expected the name of a cohort file beside this one"),
        ({"extends": "more"}, "extends itself"),
        ({"extends": ["base"]}, "expected the name"),
    ],
)
def test_a_wrong_extension_is_one_line(write, other, says):
    with pytest.raises(UserError) as error:
        read_cohort(write(base=BASE, more=other) / "more.yaml")
    assert says in str(error.value)
