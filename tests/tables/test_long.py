"""A long table is the wide one that it was melted from, in every format that may be long."""

import logging

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


def marked():
    """Three rows that the vendor warns of, one of which has no value, and one that it says nothing of."""
    rows = npx()
    rows.loc[[3, 7, 30], "QC_Warning"] = "WARN"
    rows.loc[31, "QC_Warning"] = "Fail"
    rows.loc[32, "QC_Warning"] = None
    return rows


def warned(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize("end", ["csv", "parquet", "xlsx"])
def test_values_that_are_marked_are_told_and_kept_unless_the_settings_say_which_marks_are_right(tmp_path, caplog, end):
    rows = marked()
    {"csv": rows.to_csv, "parquet": rows.to_parquet, "xlsx": rows.to_excel}[end](tmp_path / f"t.{end}", index=False)
    keys = {"files": f"t.{end}", "index": "SampleID"}
    kept, _ = table.read(Table(long=LONG, **keys), tmp_path)
    pd.testing.assert_frame_equal(kept, EXPECTED.astype(np.float32))
    (said,) = warned(caplog)
    assert "column 'QC_Warning': 3 of 52 values are marked (2 WARN, 1 Fail) and kept" in said and 'flags: {QC_Warning: "PASS"}' in said
    assert not any(sample in said for sample in WIDE.index)
    caplog.clear()
    found, _ = table.read(Table(long={**LONG, "flags": {"QC_Warning": "pass"}}, **keys), tmp_path)
    right = rows["QC_Warning"].isin(["PASS"]) | rows["QC_Warning"].isna()
    expected = rows.assign(NPX=rows["NPX"].where(right)).pivot(index="SampleID", columns="OlinkID", values="NPX")
    pd.testing.assert_frame_equal(found, expected.astype(np.float32), check_names=False)
    assert "3 of 52 values are marked (2 WARN, 1 Fail) and missing" in warned(caplog)[0]
    caplog.clear()
    table.read(Table(long={**LONG, "flags": {"QC_Warning": ["PASS", "WARN", "FAIL"]}}, **keys), tmp_path)
    assert warned(caplog) == []


def test_a_run_that_is_marked_gives_way_to_another_of_the_same_sample(tmp_path):
    rows = npx()
    again = rows.head(5).assign(NPX=99.0, flagged=1)
    twice = pd.concat([again, rows.assign(flagged=0)])
    found = spoilt(tmp_path, twice, long={**LONG, "flags": {"flagged": 0}}, pool="mean")
    pd.testing.assert_frame_equal(found.loc[WIDE.index], EXPECTED.astype(np.float32))


@pytest.mark.parametrize(
    ("name", "alike"), [("AssayQC", True), ("sample_qc_warn", True), ("QC Status", True), ("Flag", True), ("Acquired", False)]
)
def test_columns_of_marks_are_found_by_their_names(tmp_path, caplog, name, alike):
    spoilt(tmp_path, marked().rename(columns={"QC_Warning": name}))
    assert len(warned(caplog)) == alike


def test_values_below_their_limit_of_detection_are_counted_and_kept(tmp_path, caplog):
    rows = npx()
    rows["LOD"] = rows["OlinkID"].map({"OID0": 99, "OID1": 5}).fillna(-99)
    found = spoilt(tmp_path, rows)
    pd.testing.assert_frame_equal(found, EXPECTED.astype(np.float32))
    low = int((rows["NPX"] < rows["LOD"]).sum())
    mostly = 1 + int((EXPECTED["OID1"] < 5).sum() * 2 > EXPECTED["OID1"].notna().sum())
    (said,) = warned(caplog)
    assert f"{low} of 52 values are below their limit of detection (column 'LOD') and kept; of {mostly} feature" in said


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"QC_Warnings": "PASS"}, "no column 'QC_Warnings' for `long.flags`; did you mean 'QC_Warning'"),
        ({"QC_Warning": "OK"}, r"column 'QC_Warning': no row bears a mark of `long.flags` \(ok\); its marks are: PASS, WARN, Fail"),
        ({"NPX": "PASS"}, "name one column twice"),
    ],
)
def test_flags_that_cannot_be_meant_are_refused(tmp_path, flags, said):
    with pytest.raises(UserError, match=said):
        spoilt(tmp_path, marked(), long={**LONG, "flags": flags})


def laboratory(units):
    """Two tests of five people; one is measured in `units`, person by person."""
    rows = pd.DataFrame({"id": [f"S{i}" for i in range(5)] * 2, "label": ["Glucose"] * 5 + ["pH"] * 5})
    return rows.assign(valuenum=[100.0, 110, 5.6, 90, 95, *[7.4] * 5], valueuom=[*units, *[None] * 5])


LAB = {"feature": "label", "value": "valuenum"}
MIXED = ["mg/dL", "mg/dL", "mmol/L", "mg/dL", "MG/DL "]


@pytest.mark.parametrize("name", ["valueuom", "unit", "Units", "UOM", "result_units", "Unit of measure", "LBORRESU"])
def test_a_feature_in_several_units_is_refused_with_its_units(tmp_path, caplog, name):
    said = rf"column '{name}': 'Glucose' has values in several units \(mg/dL, mmol/L\); convert its values, keep them apart by "
    cure = rf'`long.feature: "\{{label\}} \{{{name}\}}"`, or name the right units in `long.flags`'
    with pytest.raises(UserError, match=said + cure):
        spoilt(tmp_path, laboratory(MIXED).rename(columns={"valueuom": name}), long=LAB)
    spoilt(tmp_path, laboratory(["mg/dL", "mg / dl", "MG/DL", None, "mg/dL"]).rename(columns={"valueuom": name}), long=LAB)
    spoilt(tmp_path, laboratory(["ICU", "Ward 3", "ICU", "Ward 3", "ICU"]).rename(columns={"valueuom": name}), long=LAB)
    assert list(spoilt(tmp_path, laboratory(MIXED).rename(columns={"valueuom": name}), long=LAB, drop=["Glucose"])) == ["pH"]
    assert warned(caplog) == []


def test_the_cures_for_several_units_mend_it(tmp_path, caplog):
    apart = spoilt(tmp_path, laboratory(MIXED), long={**LAB, "feature": "{label} {valueuom}"})
    assert {*apart} == {"Glucose mg/dL", "Glucose mmol/L", "Glucose MG/DL", "pH"} and apart.loc["S2", "Glucose mmol/L"] == np.float32(5.6)
    assert apart["Glucose mmol/L"].isna().sum() == 4 and apart["pH"].notna().all()
    right = spoilt(tmp_path, laboratory(MIXED), long={**LAB, "flags": {"valueuom": "mg/dL"}})
    assert right["Glucose"].isna().tolist() == [False, False, True, False, False]
    assert "1 of 10 values is marked (1 mmol/L) and missing" in warned(caplog)[0]
    with pytest.raises(UserError, match=r"no column 'uom' for `long.feature`"):
        spoilt(tmp_path, laboratory(MIXED), long={**LAB, "feature": "{label} {uom}"})


def test_of_several_columns_of_units_that_of_the_values_counts(tmp_path):
    rows = laboratory(MIXED).rename(columns={"valueuom": "LBORRESU", "valuenum": "LBORRES"}).assign(LBSTRESN=1.0, LBSTRESU="mmol/L")
    spoilt(tmp_path, rows, long={"feature": "label", "value": "LBSTRESN"})
    with pytest.raises(UserError, match="column 'LBORRESU'"):
        spoilt(tmp_path, rows, long={"feature": "label", "value": "LBORRES"})
