"""The schemas and the manual in the repository are what the settings classes say now, and their examples are valid."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from mmomics.commands import schema as verb
from mmomics.config import manual
from mmomics.config.check import check
from mmomics.config.cohort import Cohort
from mmomics.config.cohort_file import read_cohort
from mmomics.config.run import Run
from mmomics.config.schema import json_schema, schemas

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MANUAL = (ROOT / manual.PATH).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*schemas(), manual.PATH])
def test_no_drift(path):
    written = {**schemas(), manual.PATH: manual.manual()}
    assert (ROOT / path).read_text(encoding="utf-8") == written[path], "run `make schema`"


def test_the_verb_writes_them_all(tmp_path):
    import argparse

    verb.run(argparse.Namespace(root=tmp_path))
    written = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*") if file.is_file()}
    assert written == {*schemas(), manual.PATH}


@pytest.mark.parametrize("cls", [*manual.RUN.values(), *manual.COHORT.values()])
def test_the_manual_has_a_row_with_a_meaning_for_every_key(cls):
    for key in cls.model_fields:
        if key != "task":  # stands in the heading of its table
            assert re.search(rf"^\| `{key}` \|[^|]*\|[^|]*\| [`\w].*\|$", MANUAL, re.MULTILINE), key


@pytest.mark.parametrize("path", sorted((ROOT / "config").rglob("*.yaml")), ids=lambda path: path.stem)
def test_the_files_in_config_fit_class_and_schema(path):
    cls = Run if path.name == "config.yaml" else Cohort
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if "extends" in content:  # whole only together with the other file
        assert read_cohort(path).title == content["title"]
        return
    check(cls, content, path)
    jsonschema.validate(content, json_schema(cls))
    # the editor finds the schema
    target = re.match(r"# yaml-language-server: \$schema=(\S+)", path.read_text(encoding="utf-8"))[1]
    assert json.loads((path.parent / target).read_text(encoding="utf-8")) == json_schema(cls)


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", README + MANUAL, re.DOTALL))
def test_the_examples_of_readme_and_manual_are_valid(block):
    content = yaml.safe_load(block)
    check(Cohort if "folder" in content else Run, content, "example")


def test_schema_and_class_refuse_the_same():
    for content in ({"models": {}, "modls": {}}, {"models": {"a": {"parms": {}}}}, {"models": {}, "seed": "a"}, {}):
        assert list(jsonschema.Draft202012Validator(json_schema(Run)).iter_errors(content))
        with pytest.raises(Exception, match=r"config\.yaml: "):
            check(Run, content, "config.yaml")
