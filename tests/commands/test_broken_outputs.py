"""Where nothing can be written, a verb says so in one line and leaves nothing behind; odd names are legal and are shown as text."""

import errno
import os

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from mmomics.__main__ import main
from mmomics.onboarding.check import check

ODD = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "+1+1", "@SUM(A1)", 'a"b', "ß/ü", "x y"]
N = 24


@pytest.fixture
def cohort(tmp_path):
    """A cohort of three small files; its settings and its folder."""
    rng = np.random.default_rng(0)
    index = pd.Index([f"S{i:02d}" for i in range(N)], name="id")
    pd.DataFrame({"y": ["a", "b"] * 12, "age": rng.normal(50, 9, N).round(3)}, index).to_csv(tmp_path / "s.csv")
    for name in ("rna", "prot"):
        pd.DataFrame(rng.poisson(90, (N, len(ODD))), index, ODD).to_csv(tmp_path / f"{name}.csv")
    content = {
        "title": "t", "folder": str(tmp_path), "samples": {"files": "s.csv", "index": "id"}, "covariates": ["age"],
        "outcome": {"task": "binary", "column": "y", "positive": "a"}, "split": {"folds": 2, "inner": 2},
        "modalities": {"rna": {"kind": "rna", "files": "rna.csv"}, "prot": {"kind": "protein", "files": "prot.csv"}},
    }  # fmt: skip
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(content))
    return content, tmp_path


def settings(folder, output):
    run = '{"models": {"linear": {}}, "imputers": ["mean"]}'
    return main(["settings", "--config", run, "--cohorts-dir", str(folder), "--cohort", "c", "--output", str(output)])


def ingest(folder, output):
    arguments = ["--settings", str(folder / "s.json"), "--modality", "rna", "--output", str(output), "--qc", str(folder / "qc.tsv")]
    return main(["ingest", *arguments])


def one_line(caplog, *phrases):
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is None and "\n" not in record.getMessage()
    assert [phrase for phrase in phrases if phrase not in record.getMessage()] == []


def test_a_full_disk_leaves_nothing(cohort, caplog, monkeypatch):
    folder = cohort[1]
    assert settings(folder, folder / "s.json") == 0
    before = sorted(folder.rglob("*"))

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("anndata.AnnData.write_h5ad", full)
    assert ingest(folder, folder / "rna.h5ad") == 2
    one_line(caplog, "No space left on device")
    assert sorted(folder.rglob("*")) == before


def test_a_file_where_a_folder_should_be(cohort, caplog):
    folder = cohort[1]
    assert settings(folder, folder / "s.csv" / "s.json") == 2
    one_line(caplog, "s.csv")


def test_a_folder_where_a_file_should_be_is_kept(cohort, caplog):
    folder = cohort[1]
    (folder / "out").mkdir()
    (folder / "out/thesis.txt").write_text("years of work")
    assert settings(folder, folder / "out") == 2
    one_line(caplog, "out: is a folder")
    assert [path.name for path in (folder / "out").iterdir()] == ["thesis.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(cohort, caplog):
    folder = cohort[1]
    (folder / "out").mkdir(mode=0o555)
    assert settings(folder, folder / "out/s.json") == 2
    one_line(caplog, "out", "Permission denied")


def test_a_folder_that_may_not_be_made(cohort, caplog, monkeypatch):
    folder = cohort[1]

    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(folder / "out"))

    monkeypatch.setattr("tempfile.mkdtemp", refused)
    assert settings(folder, folder / "out/s.json") == 2
    one_line(caplog, "out", "Permission denied")


def test_names_of_formulas_and_html_are_legal_and_shown_as_text(cohort):
    from mmomics.report.page import _environment

    assert check(cohort[1] / "c.yaml").errors == []
    shown = _environment().from_string("<td>{{ name }}</td>").render(name=ODD[1])
    assert shown == "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>"


def mutations(content):
    """The places of a cohort file: paths of keys."""
    places = []

    def walk(node, path):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            places.append((*path, key))
            walk(value, (*path, key))

    walk(content, ())
    return places


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just([]) | st.just({}) | st.just(["age", 1])


@hypothesis(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_cohort_file_ends_in_anything_but_status_0_or_2_and_single_lines(cohort, caplog, capsys, data):
    original, folder = cohort
    content = yaml.safe_load(yaml.safe_dump(original))
    for _ in range(data.draw(st.integers(1, 3))):
        *above, last = data.draw(st.sampled_from(mutations(content)) if mutations(content) else st.just(("x",)))
        node = content
        for step in above:
            node = node[step]
        how = data.draw(st.sampled_from(["delete", "rename", "retype"]))
        if how == "retype":
            node[last] = data.draw(VALUES)
        elif isinstance(node, dict):
            value = node.pop(last, None)
            if how == "rename":
                node[data.draw(st.text(max_size=6))] = value
    (folder / "c.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    caplog.clear()
    capsys.readouterr()
    first, second = settings(folder, folder / "x.json"), main(["check", str(folder / "c.yaml")])
    assert first in (0, 2) and second in (0, 2)
    assert second == 2 or first == 0, "what the run refuses, the check finds"
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == (first == 2) + (second == 2)
    assert all("\n" not in record.getMessage() and record.exc_info is None for record in errors)
    assert all(line.startswith(("error: ", "warning: ", str(folder))) for line in capsys.readouterr().out.splitlines())
