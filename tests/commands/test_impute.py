"""`mmomics impute` refuses in one line what it cannot do, before it reads or fits anything."""

import pytest

from mmomics.__main__ import main

FILES = ["--settings", "s.json", "--input", "c.h5mu", "--splits", "s.parquet", "--prepare", "p.safetensors", "--output", "out"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--imputer", "ridge", "--tsv", "tables"], "--tsv: tables are of the filled cohort, and shard '1of1' fills none"),
        (["--imputer", "rigde"], "--imputer: there is no imputer 'rigde'; did you mean 'ridge'?"),
        (["--imputer", "late_linaer"], "--imputer: there is no imputer 'late_linaer'; "),
    ],
)
def test_what_cannot_be_asked_for_is_one_line(tmp_path, caplog, monkeypatch, options, says):
    monkeypatch.chdir(tmp_path)
    assert main(["impute", *FILES, *options]) == 2
    (error,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert error.startswith(says) and "late_linear" not in error and "\n" not in error
    assert list(tmp_path.iterdir()) == []
