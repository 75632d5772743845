"""Olink's wide export is the table of its samples and proteins, as a workbook and as text."""

import csv

import numpy as np
import openpyxl
import pandas as pd
import pytest

from mmomics.cohort import table
from mmomics.config.table import Table
from mmomics.errors import UserError

ROWS = [
    ["Project Name: some study", "NPX Manager 2.2.0"],
    ["NPX data"],
    ["Panel", *["Olink INFLAMMATION(v.3012)"] * 3, "Olink INFLAMMATION(v.3012)", "Olink INFLAMMATION(v.3012)"],
    ["Assay", "IL8", "VEGFA", "CD8A", "Plate ID", "QC Warning"],
    ["Uniprot ID", "P10145", "P15692", "P01732", None, None],
    ["OlinkID", "OID00471", "OID00472", "OID00473", None, None],
    [],
    ["S1", 1.5, -2.25, 3.0, "P1", "Pass"],
    ["S2", 2.5, None, 4.0, "P1", "Warning"],
    ["S3", 0.5, 1.25, 5.0, "P2", "Pass"],
    [],
    ["LOD", 1.0, 1.0, 1.0, None, None],
    ["Missing Data freq.", 0.1, 0.2, 0.0, None, None],
    ["Normalization", *["Plate control"] * 3, None, None],
]
EXPECTED = pd.DataFrame(
    [[1.5, -2.25, 3], [2.5, np.nan, 4], [0.5, 1.25, 5]], ["S1", "S2", "S3"], ["OID00471", "OID00472", "OID00473"], dtype=np.float32
)


def export(folder, end, rows=ROWS):
    path = folder / f"npx.{end}"
    if end == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        with path.open("w", newline="", encoding="utf-8") as stream:
            sign = ";" if end == "txt" else ","
            csv.writer(stream, delimiter=sign).writerows([*row, *[None] * (6 - len(row))] if row or end == "txt" else [] for row in rows)
    return path.name


@pytest.mark.parametrize("end", ["xlsx", "csv", "txt"])
def test_the_export_is_its_samples_and_proteins(tmp_path, caplog, end):
    name = export(tmp_path, end)
    found, _ = table.read(Table(files=name), tmp_path)
    pd.testing.assert_frame_equal(found, EXPECTED)
    (said,) = (record.getMessage() for record in caplog.records)
    assert "1 of 3 samples bears a warning and is kept" in said
    left, _ = table.read(Table(files=name, drop=["OID00472"]), tmp_path)
    pd.testing.assert_frame_equal(left, EXPECTED.drop(columns="OID00472"))
    words, _ = table.read(Table(files=name), tmp_path, numeric=False)
    assert words.shape == (3, 3) and words.loc["S1", "OID00471"] == "1.5" and pd.isna(words.loc["S2", "OID00472"])


@pytest.mark.parametrize("end", ["xlsx", "csv"])
def test_a_word_among_its_values_is_named_and_quantities_have_a_row_of_units(tmp_path, end):
    units = [*ROWS[:6], ["Unit", *["pg/mL"] * 3], *ROWS[7:]]
    pd.testing.assert_frame_equal(table.read(Table(files=export(tmp_path, end, units)), tmp_path)[0], EXPECTED)
    odd = [*ROWS[:7], ["S1", "low", -2.25, 3.0, "P1", "Pass"], *ROWS[8:]]
    with pytest.raises(UserError, match="'low' is not a number"):
        table.read(Table(files=export(tmp_path, end, odd)), tmp_path)


def test_a_table_with_a_sample_called_so_is_no_export(tmp_path):
    (tmp_path / "t.csv").write_text("id,a\nS1,1\nOlinkID,2\n")
    assert table.read(Table(files="t.csv"), tmp_path)[0].index.tolist() == ["S1", "OlinkID"]
