"""What stands for a missing value is one thing in every format, however it is written; what else is no number is told with its cure."""

import numpy as np
import pandas as pd
import pytest

from mmomics.cohort import samples, table
from mmomics.config.table import Table
from mmomics.errors import UserError

CELLS = ["-9", "-9.0", "-9.00", "n.d.", "NA", "5", "-9.5"]
ENDS = [".csv", ".xlsx", ".parquet"]


def written(path, cells):
    """A table of one column of features as text, as people save it."""
    frame = pd.DataFrame({"a": cells, "b": ["1"] * len(cells)}, index=[f"S{place}" for place in range(len(cells))])
    write = {".xlsx": frame.to_excel, ".parquet": frame.to_parquet, ".csv": frame.to_csv}
    write[path.suffix](path)
    return path.name


@pytest.mark.parametrize("named", [[-9], [-9.0], ["-9"], ["-9.0"], [" -9 "]])
@pytest.mark.parametrize("numeric", [True, False])
@pytest.mark.parametrize("end", ENDS)
def test_a_number_is_missing_however_the_file_and_the_user_write_it(tmp_path, named, numeric, end):
    settings = Table(files=written(tmp_path / f"t{end}", CELLS), na_values=[*named, "n.d."])
    found, _ = table.read(settings, tmp_path, numeric=numeric)
    assert found["a"].isna().tolist() == [True] * 5 + [False] * 2
    assert pd.to_numeric(found["a"]).dropna().tolist() == [5, -9.5] and found["b"].notna().all()


@pytest.mark.parametrize("end", ENDS)
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


@pytest.mark.parametrize("end", ENDS)
def test_all_words_of_a_table_are_in_one_cure(tmp_path, end):
    cells = ["1", "n.d.", "2", "hemolysed", "<LOD", "3", "4"]
    settings = Table(files=written(tmp_path / f"t{end}", cells))
    with pytest.raises(UserError, match=r"'n\.d\.' is not a number; mend it, .*set `na_values: \[\"n.d.\", \"hemolysed\", \"<LOD\"\]`"):
        table.read(settings, tmp_path)
    found, _ = table.read(settings.model_copy(update={"na_values": ["n.d.", "hemolysed", "<LOD"]}), tmp_path)
    assert found["a"].dropna().tolist() == [1, 2, 3, 4]


def test_words_of_a_column_that_holds_no_numbers_are_not_proposed_for_missing(tmp_path):
    pd.DataFrame({"g": ["1", "low", "2"], "sex": ["f", "m", "f"]}, index=["S0", "S1", "S2"]).to_csv(tmp_path / "t.csv")
    with pytest.raises(UserError, match=r"'low' is not a number; .*`na_values: \[\"low\"\]`"):
        table.read(Table(files="t.csv"), tmp_path)
    with pytest.raises(UserError, match=r"'f' is not a number; .*`drop` a column"):
        table.read(Table(files="t.csv", na_values=["low"]), tmp_path)


@pytest.mark.parametrize("end", [".xlsx", ".parquet"])
@pytest.mark.parametrize("numeric", [True, False])
def test_text_among_numbers_obeys_the_signs_that_are_set(tmp_path, end, numeric):
    """A number that the file holds as one is itself, whatever the signs of text are."""
    cells = pd.DataFrame({"a": ["0,5", "1.234,5", "2", None], "b": [1.234, 2.0, 3.0, 4.5]}, index=["S0", "S1", "S2", "S3"])
    if end == ".xlsx":
        cells = cells.astype(object)
        cells.loc["S2", "a"] = 2.25
        cells.to_excel(tmp_path / "t.xlsx")
    else:
        cells.to_parquet(tmp_path / "t.parquet")
    settings = Table(files=f"t{end}", decimal="comma")
    if numeric:
        found, _ = table.read(settings, tmp_path)
        assert found["a"].tolist()[:3] == [0.5, 1234.5, 2.25 if end == ".xlsx" else 2] and np.isnan(found.loc["S3", "a"])
        assert found["b"].tolist() == cells["b"].astype(np.float32).tolist()
    else:
        found, _ = samples._text(settings, tmp_path)
        assert pd.to_numeric(found["b"]).tolist() == cells["b"].tolist() and found.loc["S0", "a"] == "0.5"


def test_a_cell_of_parquet_that_is_no_number_is_named(tmp_path):
    pd.DataFrame({"a": ["1", "2", "x", "3"]}, index=["S0", "S1", "S2", "S3"]).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(UserError, match=r"t.parquet row 'S2', column 'a': 'x' is not a number; .*`na_values: \[\"x\"\]`"):
        table.read(Table(files="t.parquet"), tmp_path)
    pd.DataFrame({"a": pd.to_datetime(["2020-01-02", "2020-01-03"])}, index=["S0", "S1"]).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(UserError, match=r"column 'a': holds datetime64.*, expected numbers"):
        table.read(Table(files="t.parquet"), tmp_path)


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


def test_the_levels_of_an_index_that_parquet_stores_are_columns(tmp_path):
    index = pd.MultiIndex.from_arrays([["S0", "S1", "S2"], [1, 2, 2]], names=["subject", "visit"])
    frame = pd.DataFrame({"a": [0.5, 1.5, 2.5]}, index=index)
    frame.to_parquet(tmp_path / "t.parquet")
    expected = frame.reset_index("visit").astype(np.float32)
    for keys in ({}, {"index": "subject"}):
        pd.testing.assert_frame_equal(table.read(Table(files="t.parquet", **keys), tmp_path)[0], expected, check_names=False)
    found, _ = table.read(Table(files="t.parquet", index="{subject}_{visit}"), tmp_path)
    assert found.index.tolist() == ["S0_1", "S1_2", "S2_2"] and found["a"].tolist() == [0.5, 1.5, 2.5]
    assert table.read(Table(files="t.parquet", number_rows=True), tmp_path)[0].to_numpy().tolist() == [[0.5], [1.5], [2.5]]
    long = Table(files="t.parquet", index="subject", long={"feature": "visit", "value": "a"})
    assert table.read(long, tmp_path)[0]["2"].tolist()[1:] == [1.5, 2.5]
    frame.assign(subject=["S0", "S1", "S2"]).to_parquet(tmp_path / "t.parquet")  # pandas: set_index(..., drop=False)
    pd.testing.assert_frame_equal(table.read(Table(files="t.parquet"), tmp_path)[0], expected, check_names=False)
    frame.assign(subject=1.0).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(UserError, match="a column and the stored index are both named 'subject', and differ; rename one"):
        table.read(Table(files="t.parquet", index="a"), tmp_path)


@pytest.mark.parametrize("cell", [{"k": 1}, [1, 2], {}, [[1], None]])
def test_a_column_of_parquet_that_holds_lists_or_records_is_refused(tmp_path, cell):
    pd.DataFrame({"a": [1.0, 2.0], "b": [cell or {"k": None}, None]}, index=["S0", "S1"]).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(UserError, match=r"t.parquet column 'b': holds lists or records, expected numbers; drop the column"):
        table.read(Table(files="t.parquet"), tmp_path)


@pytest.mark.parametrize("end", [".tsv", ".csv.gz", ".xlsx", ".parquet"])
@pytest.mark.parametrize("numeric", [True, False])
def test_what_the_clinical_tables_of_the_tcga_write_for_it_is_missing(tmp_path, end, numeric):
    frame = pd.DataFrame({"age": ["61", "[Not Available]"], "stage": ["3", "[Unknown]"]}, pd.Index(["S1", "S2"], name="id"))
    path = tmp_path / f"t{end}"
    write = {".xlsx": "to_excel", ".parquet": "to_parquet"}.get(end)
    getattr(frame, write)(path) if write else frame.to_csv(path, sep="\t" if end == ".tsv" else ",")
    found, _ = table.read(Table(files=path.name), tmp_path, numeric=numeric)
    assert found.isna().to_numpy().tolist() == [[False, False], [True, True]]
