"""ADAT: aptamers and samples are found between the metadata, controls are left out, and damage is named by its line."""

import logging

import numpy as np
import pytest

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables import adat

LINES = """!Checksum\tabc
^HEADER
!AdatId\tGID-1234
!Version\t1.2
^COL_DATA
!Name\tSeqId\tTarget
!Type\tString\tString
^ROW_DATA
!Name\tPlateId\tSampleId\tSampleType
!Type\tString\tString\tString
^TABLE_BEGIN
\t\t\tSeqId\t10000-28\t10001-7\t10003-15
\t\t\tTarget\tBeta-crystallin B2\tRAF1\tZNF41
PlateId\tSampleId\tSampleType\t\t\t\t
P1\tS1\tSample\t\t476.5\t310.1\t
P1\tS2\tSample\t\t474.4\t293.5\t104.4
P1\t\tBuffer\t\t99.0\t98.0\t97.0
P1\tC1\tCalibrator\t\t415.6\t299.6\t106.8
"""


def read(folder, content=LINES, numeric=True, **table):
    path = folder / "some.adat"
    path.write_text(content)
    return adat.read(path, Table(files=path.name, **table), None, numeric)


def test_samples_and_aptamers_are_found(tmp_path):
    frame = read(tmp_path)
    assert list(frame.index) == ["S1", "S2"] and list(frame.columns) == ["10000-28", "10001-7", "10003-15"]
    np.testing.assert_allclose(frame, [[476.5, 310.1, np.nan], [474.4, 293.5, 104.4]], rtol=1e-6)
    assert read(tmp_path, numeric=False).loc["S1", "10000-28"] == "476.5"
    assert list(read(tmp_path, drop=["10001-7"]).columns) == ["10000-28", "10003-15"]


def test_without_sample_types_all_rows_are_samples(tmp_path):
    content = LINES.replace("SampleType", "Kind").replace("P1\t\tBuffer", "P1\tB\tBuffer")
    assert list(read(tmp_path, content).index) == ["S1", "S2", "B", "C1"]
    assert list(read(tmp_path, LINES, index="PlateId").index) == ["P1", "P1"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("^TABLE_BEGIN\n", "", r"has no line '\^TABLE_BEGIN'"),
        ("\t\t\tSeqId", "\t\t\tAptamer", "has no line with the 'SeqId'"),
        ("293.5\t104.4", "293.5", "line 16: 6 cells, expected 7"),
        ("474.4", "a lot", "line 16, aptamer '10000-28': 'a lot' is not a number"),
        ("P1\tS2", "P1\t", "line 16: has no 'SampleId'"),
        ("Sample\t\t4", "QC\t\t4", "has no rows of samples"),
    ],
)
def test_damage_is_one_line(tmp_path, old, new, says):
    with pytest.raises(UserError, match=says):
        read(tmp_path, LINES.replace(old, new))


def test_an_unknown_index_is_told(tmp_path):
    with pytest.raises(UserError, match="no attribute 'SampleID' for `index`; did you mean 'SampleId'"):
        read(tmp_path, index="SampleID")


def test_aptamers_that_control_the_assay_are_left_out(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    kinds = LINES.replace(
        "PlateId\tSampleId\tSampleType\t\t",
        "\t\t\tType\tProtein\tHybridization Control Elution\tProtein\n" + "PlateId\tSampleId\tSampleType\t\t",
    )
    frame = read(tmp_path, kinds)
    assert list(frame.columns) == ["10000-28", "10003-15"] and frame.loc["S2"].tolist() == [np.float32(474.4), np.float32(104.4)]
    assert list(read(tmp_path, kinds, drop=["10001-7"]).columns) == ["10000-28", "10003-15"]
    assert "1 aptamer left out that measure" in caplog.text
    assert read(tmp_path, kinds.replace("\tProtein\t", "\tx\t").replace("\tProtein\n", "\n")).shape == (2, 3)


def test_what_the_vendor_flags_is_counted_and_kept(tmp_path, caplog):
    checks = LINES.replace("\t\t\tTarget\tBeta-crystallin B2\tRAF1\tZNF41", "\t\t\tColCheck\tPASS\tFLAG\tFLAG")
    assert read(tmp_path, checks).shape == (2, 3)
    assert "the vendor flags 2 aptamers in ColCheck (10001-7, 10003-15); kept" in caplog.text
    caplog.clear()
    rows = checks.replace("PlateId", "RowCheck").replace("P1\tS1", "FLAG\tS1").replace("P1\t\tB", "FLAG\t\tB")
    assert read(tmp_path, rows, drop=["10001-7"]).shape == (2, 2)
    assert "the vendor flags 1 aptamer in ColCheck (10003-15) and 1 sample in RowCheck; kept" in caplog.text
    caplog.clear()
    read(tmp_path, checks.replace("FLAG", "PASS"))
    assert not caplog.records
