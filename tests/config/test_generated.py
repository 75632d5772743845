"""The schemas and the manual in the repository are what the settings classes say now, and their examples are valid."""

import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
import yaml

from mmomics import plugins
from mmomics.assays import contract as assays
from mmomics.cohort.quality import FLAGS
from mmomics.commands import schema as verb
from mmomics.config import manual
from mmomics.config.check import check
from mmomics.config.cohort import Cohort
from mmomics.config.cohort_file import read_cohort
from mmomics.config.modality import Align, Device
from mmomics.config.prepared import PLACES, settle
from mmomics.config.protocol import Prepare
from mmomics.config.run import Run
from mmomics.config.schema import json_schema, schemas
from mmomics.config.table import Table
from mmomics.signals import _channels
from mmomics.signals import contract as signals
from mmomics.tables.contract import LAYOUT

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MANUAL = (ROOT / manual.PATH).read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", README + MANUAL, re.DOTALL)


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
    cls = Cohort if path.parent.name == "cohorts" else Run
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if cls is Run and path.name != "config.yaml":  # lies over the other
        check(Run, {**yaml.safe_load(path.with_name("config.yaml").read_text(encoding="utf-8")), **content}, path)
        return
    if "extends" in content:  # whole only together with the other file
        assert read_cohort(path).title == content["title"]
        return
    check(cls, content, path)
    jsonschema.validate(content, json_schema(cls))
    # the editor finds the schema
    target = re.match(r"# yaml-language-server: \$schema=(\S+)", path.read_text(encoding="utf-8"))[1]
    assert json.loads((path.parent / target).read_text(encoding="utf-8")) == json_schema(cls)


def test_all_methods_are_all():
    both = [yaml.safe_load((ROOT / "config" / name).read_text(encoding="utf-8")) for name in ("config.yaml", "all_methods.yaml")]
    methods = {model.get("method", name) for content in both for name, model in content["models"].items()}
    assert methods == {name for package in ("fusion", "baselines", "ensembles") for name in plugins.names(package)}
    generative = [name for name in plugins.names("fusion") if plugins.family("fusion", name) == "generative"]
    assert sorted(both[1]["imputers"]) == sorted([*plugins.names("imputation"), *generative])


WHOLE = {
    "title": "What an example is laid over",
    "folder": "data",
    "samples": {"files": "clinical.csv"},
    "outcome": {"task": "binary", "column": "status", "positive": "case"},
    "modalities": {"rna": {"kind": "rna", "files": "rna.csv"}},
}


def cohort_of(block, folder):
    """The cohort that a block of the manual describes, in whole or in part; None for what one call runs."""
    content = yaml.safe_load(block)
    if "models" in content:
        check(Run, content, "example")
        return None
    if "extends" in content:
        shutil.copy(ROOT / f"config/cohorts/{content['extends']}.yaml", folder)
        (folder / "example.yaml").write_text(block, encoding="utf-8")
        return read_cohort(folder / "example.yaml")
    return check(Cohort, content if "folder" in content else {**WHOLE, **content}, "example")


@pytest.mark.parametrize("block", BLOCKS)
def test_the_examples_of_readme_and_manual_are_valid(block, tmp_path):
    cohort = cohort_of(block, tmp_path)
    if cohort is None:
        return
    settle(Prepare(), cohort, "config.yaml", "example")
    for name, assay in cohort.assays.items():
        assays.recipe(assay.kind, assay.values, assay.normalize, name)
        assert set(assay.drop_flagged) <= set(FLAGS)
        obeyed(assay)
    for table in (cohort.samples, *cohort.samples.join, *(assay.ids for assay in cohort.assays.values() if assay.ids)):
        obeyed(table)
    for name, device in cohort.devices.items():
        _channels.check(device, name)
        signals.params(device, name)
        assert device.format in (None, *plugins.names("devices"))
        assert device.format or any(ending(device.files) in plugins.load("devices", form).SUFFIXES for form in plugins.names("devices"))


@pytest.mark.parametrize("block", BLOCKS)
def test_the_examples_mean_the_same_when_written_to_the_settings_of_a_run_and_read_again(block, tmp_path):
    """There every key is written, and a default must not pass for what the user says."""
    cohort = cohort_of(block, tmp_path)
    if cohort is None:
        return
    again = Cohort.model_validate_json(cohort.model_dump_json())
    assert again == cohort
    assert all(again.assays[name].decimal_sign == assay.decimal_sign for name, assay in cohort.assays.items())


def obeyed(table):
    """Every key that is set means something to the format of the files."""
    for file in [table.files] if isinstance(table.files, str) else table.files.values():
        form = next(form for form in map(partial(plugins.load, "tables"), plugins.names("tables")) if ending(file) in form.SUFFIXES)
        assert table.model_fields_set & set(LAYOUT) <= set(form.KEYS), file


def ending(file):
    return Path(file.removesuffix(".gz")).suffix.lower()


def test_the_examples_show_every_kind_and_every_choice(tmp_path):
    cohorts = [cohort for block in BLOCKS if (cohort := cohort_of(block, tmp_path)) is not None]
    shown = [modality for cohort in cohorts for modality in cohort.modalities.values()]
    devices = [device for cohort in cohorts for device in cohort.devices.values()]
    assert {each.kind for cohort in cohorts for each in cohort.assays.values()} == set(plugins.names("assays"))
    assert {device.signal for device in devices} == set(plugins.names("signals"))
    assert {device.align.window for device in devices} == set(get_args(Align.model_fields["window"].annotation))
    for place in PLACES:
        steps = {getattr(part.prepare, place) for part in [*cohorts, *shown]}
        assert steps >= set(plugins.names(f"preparation/{place}")), place
    for cls, given in [(Table, [each for each in shown if isinstance(each, Table)] + [c.samples for c in cohorts]), (Device, devices)]:
        assert {key for each in given for key in each.model_fields_set} >= set(cls.model_fields)


def test_the_manual_lists_every_plug_in():
    for package in ("assays", "normalization", "tables", "devices", "signals"):
        for name in plugins.names(package):
            assert f"| `{name}` | " in MANUAL
    for kind in plugins.names("assays"):
        row = next(line for line in MANUAL.splitlines() if line.startswith(f"| `{kind}` |"))
        assert all(f"`{scale}`" in row for scale in plugins.load("assays", kind).SCALES)


def test_schema_and_class_refuse_the_same():
    for content in ({"models": {}, "modls": {}}, {"models": {"a": {"parms": {}}}}, {"models": {}, "seed": "a"}, {}):
        assert list(jsonschema.Draft202012Validator(json_schema(Run)).iter_errors(content))
        with pytest.raises(Exception, match=r"config\.yaml: "):
            check(Run, content, "config.yaml")
