"""What stands for a missing value is one thing in every format, however it is written; what else is no number is told with its cure."""

import numpy as np
import pandas as pd
import pytest

from mmomics.cohort import table
from mmomics.config.table import Table
from mmomics.errors import UserError

CELLS = ["-9", "-9.0", "-9.00", "n.d.", "NA", "5", "-9.5"]


def written(path, cells):
    """A table of one column of features as text, as people save it."""
    frame = pd.DataFrame({"a": cells, "b": ["1"] * len(cells)}, index=[f"S{place}" for place in range(len(cells))])
    frame.to_excel(path) if path.suffix == ".xlsx" else frame.to_csv(path)
    return path.name


@pytest.mark.parametrize("named", [[-9], [-9.0], ["-9"], ["-9.0"], [" -9 "]])
@pytest.mark.parametrize("numeric", [True, False])
@pytest.mark.parametrize("end", [".csv", ".xlsx"])
def test_a_number_is_missing_however_the_file_and_the_user_write_it(tmp_path, named, numeric, end):
    settings = Table(files=written(tmp_path / f"t{end}", CELLS), na_values=[*named, "n.d."])
    found, _ = table.read(settings, tmp_path, numeric=numeric)
    assert found["a"].isna().tolist() == [True] * 5 + [False] * 2
    assert pd.to_numeric(found["a"]).dropna().tolist() == [5, -9.5] and found["b"].notna().all()


@pytest.mark.parametrize("end", [".csv", ".xlsx"])
def test_values_beyond_a_limit_are_told_with_the_key_that_takes_them(tmp_path, end):
    settings = Table(files=written(tmp_path / f"t{end}", ["1", "<0.5", "2"]))
    with pytest.raises(UserError, match=r"'<0.5' is not a number; .* set `na_values: .\"<0.5\".`; .*`prepare: {fill: minimum}`"):
        table.read(settings, tmp_path)
    found, _ = table.read(settings.model_copy(update={"na_values": ["<0.5"]}), tmp_path)
    assert np.isnan(found["a"]).tolist() == [False, True, False]


def test_all_values_beyond_limits_are_in_the_cure(tmp_path):
    settings = Table(files=written(tmp_path / "t.csv", ["1", "<0.5", "> 100", "<0.5"]))
    with pytest.raises(UserError, match=r"'<0\.5' is not a number") as told:
        table.read(settings, tmp_path)
    assert str(told.value).endswith('set `na_values: ["<0.5", "> 100"]`')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "is a pointer of git-lfs, not the file itself"),
        ("\n<!DOCTYPE html>\n<html><head><title>404 Not Found</title>", r"is a web page \('404 Not Found'\), not the file itself"),
        ('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', r"is a web page \('AccessDenied'\)"),
        ("<html><body>no</body></html>", "is a web page, not the file itself"),
    ],
)
@pytest.mark.parametrize("end", ["csv", "xlsx", "parquet", "h5ad", "tsv.gz"])
def test_what_a_download_leaves_in_place_of_a_file_is_told(tmp_path, text, said, end):
    (tmp_path / f"t.{end}").write_text(text)
    with pytest.raises(UserError, match=rf"t.{end}: {said}"):
        table.read(Table(files=f"t.{end}"), tmp_path)
