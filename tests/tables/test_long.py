"""A long table is the wide one that it was melted from, in every format that may be long."""

import numpy as np
import pandas as pd
import pytest

from mmomics.cohort import table
from mmomics.config.table import Table
from mmomics.errors import UserError

RNG = np.random.default_rng(0)
WIDE = pd.DataFrame(RNG.normal(5, 1, (9, 6)).round(4), index=[f"S{i}" for i in range(9)], columns=[f"OID{i}" for i in range(6)])
LONG = {"feature": "OlinkID", "value": "NPX"}


def npx():
    """As Olink writes it; one value is missing and one row is not there."""
    rows = WIDE.rename_axis("SampleID").reset_index().melt("SampleID", var_name="OlinkID", value_name="NPX")
    rows.insert(1, "Panel", "Inflammation")
    rows.insert(4, "QC_Warning", "PASS")
    rows["LOD"] = 0.5
    rows.loc[7, "NPX"] = np.nan
    return rows.drop(index=20).reset_index(drop=True)


EXPECTED = WIDE.copy()
EXPECTED.iloc[7, 0] = EXPECTED.iloc[2, 2] = np.nan


@pytest.mark.parametrize(
    ("name", "write", "keys"),
    [
        ("t.csv", lambda rows, path: rows.to_csv(path, index=False), {}),
        ("t.csv", lambda rows, path: rows.to_csv(path, sep=";", index=False), {}),
        ("t.csv", lambda rows, path: rows.to_csv(path, sep=";", decimal=",", index=False), {"decimal": "comma"}),
        ("t.tsv.gz", lambda rows, path: rows[rows.columns[::-1]].to_csv(path, sep="\t", index=False), {"index": "SampleID"}),
        ("t.parquet", lambda rows, path: rows.to_parquet(path), {}),
        ("t.parquet", lambda rows, path: rows.to_parquet(path, index=False), {"index": "SampleID"}),
        ("t.xlsx", lambda rows, path: rows.to_excel(path, index=False), {}),
    ],
)
def test_every_format_gives_the_wide_table(tmp_path, name, write, keys):
    write(npx(), tmp_path / name)
    found, _ = table.read(Table(files=name, long=LONG, **keys), tmp_path)
    pd.testing.assert_frame_equal(found, EXPECTED.astype(np.float32))
    words, _ = table.read(Table(files=name, long={**LONG, "value": "QC_Warning"}, **keys), tmp_path, numeric=False)
    assert set(words.stack()) == {"PASS"} and words.shape == EXPECTED.shape


def spoilt(tmp_path, rows, **keys):
    rows.to_csv(tmp_path / "t.csv", index=False)
    return table.read(Table(files="t.csv", **{"long": LONG, **keys}), tmp_path)[0]


def test_features_are_dropped_and_several_values_pooled_where_it_is_said(tmp_path):
    assert list(spoilt(tmp_path, npx(), drop=["OID1"])) == ["OID0", "OID2", "OID3", "OID4", "OID5"]
    rows = npx()
    twice = pd.concat([rows, rows.head(3).assign(NPX=rows["NPX"] + 1)])
    with pytest.raises(UserError, match=r"row 54: sample 'S0' has several values of 'OID0', as do 3 rows in all; set `pool: mean`"):
        spoilt(tmp_path, twice)
    pooled = spoilt(tmp_path, twice, pool="mean")
    assert np.allclose(pooled.iloc[:3, 0], WIDE.iloc[:3, 0] + 0.5) and np.allclose(pooled.iloc[3:7], WIDE.iloc[3:7])


@pytest.mark.parametrize(
    ("change", "keys", "said"),
    [
        (
            lambda rows: rows,
            {"long": {"feature": "OlinkIDs", "value": "NPX"}},
            "no column 'OlinkIDs' for `long.feature`; did you mean 'OlinkID'",
        ),
        (lambda rows: rows, {"index": "Sample"}, "no column 'Sample' for `index`; did you mean 'SampleID'"),
        (lambda rows: rows, {"drop": ["OID9"]}, "no feature 'OID9' for `drop`"),
        (lambda rows: rows.assign(OlinkID=rows["OlinkID"].where(rows.index != 4)), {}, "row 5: has no 'OlinkID'"),
        (lambda rows: rows.assign(SampleID=rows["SampleID"].where(rows.index != 4)), {}, "row 5: has no 'SampleID'"),
        (
            lambda rows: rows.assign(NPX=rows["NPX"].astype(object).where(rows.index != 4, "<1")),
            {},
            "row 5, column 'NPX': '<1' is not a number",
        ),
    ],
)
def test_what_is_wrong_with_a_long_table_is_one_line(tmp_path, change, keys, said):
    with pytest.raises(UserError, match=said):
        spoilt(tmp_path, change(npx()), **keys)


def test_a_format_that_is_never_long_says_so(tmp_path):
    (tmp_path / "t.gct").write_text("#1.2\n1\t1\nName\tDescription\tS0\ng\t-\t1\n")
    with pytest.raises(UserError, match="`long` means nothing"):
        table.read(Table(files="t.gct", long=LONG), tmp_path)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"long": {"feature": "NPX", "value": "NPX"}}, "name one column twice"),
        ({"long": {"feature": "SampleID", "value": "NPX"}}, "name one column twice"),
        ({"orientation": "samples_in_columns"}, "`orientation: samples_in_columns` means nothing for a `long` table"),
    ],
)
def test_a_long_table_has_three_columns_and_its_samples_are_no_columns(tmp_path, keys, said):
    npx().to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(UserError, match=said):
        table.read(Table(**{"files": "t.csv", "long": LONG, **keys}), tmp_path)
