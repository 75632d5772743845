"""Every file format of the folder is found by its suffix and says what it cannot read."""

import datetime
import os
import re
import signal
import warnings
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmomics import plugins
from mmomics.cohort import table as cohort_table
from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables import delimited, xlsx
from mmomics.tables._guard import guarded
from mmomics.tables.contract import choose, in_rows, read


@pytest.mark.parametrize("name", plugins.names("tables"))
def test_every_suffix_leads_to_its_format(tmp_path, name):
    module = plugins.load("tables", name)
    for suffix in module.SUFFIXES:
        for end in (suffix, suffix.upper()):
            path = tmp_path / f"some.table{end}"
            path.touch()
            assert choose(path) is module
        packed = tmp_path / f"some.table{suffix}.gz"
        packed.touch()
        if getattr(module, "COMPRESSED", False):
            assert choose(packed) is module
        else:
            with pytest.raises(UserError, match="not read compressed"):
                choose(packed)


@pytest.mark.parametrize("name", plugins.names("tables"))
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe\x00" * 50])
@pytest.mark.parametrize("numeric", [True, False])
def test_rubbish_is_a_user_error(tmp_path, name, content, numeric):
    module = plugins.load("tables", name)
    path = tmp_path / f"t{module.SUFFIXES[0]}"
    path.write_bytes(content)
    with pytest.raises(UserError, match=path.name):
        module.read(path, Table(files=path.name), None, numeric)


FRAME = pd.DataFrame([[1.5, np.nan], [-2, 3]], index=["S1", "S2"], columns=["g1", "g2"], dtype="float32")


def workbook(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def test_a_sheet_is_read_like_text(tmp_path):
    day = datetime.datetime(2020, 1, 31)
    workbook(
        tmp_path / "t.xlsx", {"about": [["x"]], "values": [["id", "g1", "g2", "day"], ["S1", 1.5, None, day], [], ["S2", -2, "3", day]]}
    )
    found = read(tmp_path / "t.xlsx", Table(files="t.xlsx", within="values", drop=["day"]), None, True)
    pd.testing.assert_frame_equal(found, FRAME)
    titled = [["RNA counts of 2024"], [], ["id", "g1", "g2"], ["S1", 1.5, None], ["S2", -2, 3]]
    workbook(tmp_path / "u.xlsx", {"a": titled, "b": [["plate", 7], *titled[2:]]})
    for layout in ({"within": "a"}, {"within": "a", "skip_rows": 2}, {"within": "b", "skip_rows": 1}):
        pd.testing.assert_frame_equal(read(tmp_path / "u.xlsx", Table(files="u.xlsx", **layout), None, True), FRAME)
    with pytest.raises(UserError, match=r"column 3 has no name; .* set `skip_rows`"):
        read(tmp_path / "u.xlsx", Table(files="u.xlsx", within="b"), None, True)
    text = read(tmp_path / "t.xlsx", Table(files="t.xlsx", within="values", index="g1"), None, False)
    assert text.index.tolist() == ["1.5", "-2"]
    assert text["day"].tolist() == ["2020-01-31"] * 2


def test_samples_stay_in_columns_of_a_gct_when_settings_are_written_out_and_read_again(tmp_path):
    (tmp_path / "a.gct").write_text("#1.2\n2\t2\nName\tDescription\tS1\tS2\ng1\tA\t1.5\t-2\ng2\tB\t\t3\n")
    told = Table(files="a.gct")
    for table in (told, Table.model_validate_json(told.model_dump_json())):
        assert not in_rows(tmp_path / "a.gct", table)
    assert in_rows(tmp_path / "a.gct", Table(files="a.gct", orientation="samples_in_rows"))


def test_gct_of_both_versions(tmp_path):
    (tmp_path / "a.gct").write_text("#1.2\n2\t2\nName\tDescription\tS1\tS2\ng1\tA\t1.5\t-2\ng2\tB\t\t3\n")
    (tmp_path / "b.gct").write_text("#1.3\n2\t2\t1\t1\nid\tsymbol\tS1\tS2\ndose\tna\thigh\tlow\ng1\tA\t1.5\t-2\ng2\tB\tNA\t3\n")
    for name in ("a.gct", "b.gct"):
        found, _ = cohort_table.read(Table(files=name), tmp_path)
        pd.testing.assert_frame_equal(found, FRAME)
    assert read(tmp_path / "b.gct", Table(files="b.gct", index="symbol"), None, True).index.tolist() == ["A", "B"]


MAF = "#version 2.4\nHugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\n"


def test_mutations_that_change_a_protein_become_ones(tmp_path):
    (tmp_path / "t.maf").write_text(
        MAF + "TP53\tMissense_Mutation\tS1\nTP53\tNonsense_Mutation\tS1\nTTN\tSilent\tS2\nKRAS\tMissense_Mutation\tS3\n"
    )
    found, _ = cohort_table.read(Table(files="t.maf"), tmp_path)
    assert found.index.tolist() == ["S1", "S2", "S3"]
    assert found.columns.tolist() == ["KRAS", "TP53"]
    assert found.to_numpy().tolist() == [[0, 1], [0, 0], [1, 0]]


def test_mutations_that_did_not_pass_a_filter_count_and_are_told(tmp_path, caplog):
    head = MAF.rstrip("\n") + "\tFILTER\n"
    marks = ["PASS", ".", "", "oxog", "wga,common_in_exac", "oxog"]
    rows = "".join(f"G{place}\tMissense_Mutation\tS{place}\t{mark}\n" for place, mark in enumerate(marks))
    (tmp_path / "t.maf").write_text(head + rows + "TTN\tSilent\tS1\toxog\n")
    found, _ = cohort_table.read(Table(files="t.maf"), tmp_path)
    assert found.to_numpy().tolist() == np.eye(6).tolist()
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.endswith(
        "t.maf column 'FILTER': 3 of 6 mutations did not pass their filter (2 oxog, 1 wga,common_in_exac) and count as the others do; "
        "take the rows out if they should not"
    )
    caplog.clear()
    (tmp_path / "t.maf").write_text(head + "TP53\tMissense_Mutation\tS1\tPASS\nTTN\tSilent\tS1\toxog\n")
    assert cohort_table.read(Table(files="t.maf"), tmp_path)[0].shape == (1, 1) and not caplog.records


BROKEN = {
    "no such sheet": ({"a": [["id", "g"], ["S", 1]], "b": [["x"]]}, {"within": "c"}, "no sheet 'c' for `within`"),
    "several sheets": ({"a": [["id", "g"], ["S", 1]], "b": [["x"]]}, {}, "holds 2 sheets; set `within`"),
    "an error": ({"a": [["id", "g"], ["S", "#DIV/0!"]]}, {}, "sheet 'a' cell B2: '#DIV/0!' is an error"),
    "a date": ({"a": [["id", "g"], ["S", datetime.date(2020, 1, 2)]]}, {}, "cell B2: '2020-01-02' is a date"),
    "a word": ({"a": [["id", "g"], ["S", "high"]]}, {}, "cell B2: 'high' is not a number"),
    "a formula never computed": ({"a": [["id", "g"], ["S", "=1+1"]]}, {}, "cell B2: holds a formula without its value"),
    "a row without id": ({"a": [["id", "g"], [None, 1]]}, {}, "sheet 'a' row 2: has no id; give every row an id (of merged"),
    "header only": ({"a": [["id", "g"]]}, {}, "has no rows"),
    "a delimiter": ({"a": [["id", "g"], ["S", 1]]}, {"delimiter": "comma"}, "`delimiter` means nothing"),
    "another decimal sign": ({"a": [["id", "g"], ["S", "1,5"]]}, {}, "cell B2: '1,5' is not a number; set `decimal: comma`"),
    "another version.gct": ("#1.4\n", {}, "line 1: '#1.4' is no version of GCT"),
    "sizes.gct": ("#1.2\n2\n", {}, "line 2: '2' are not the 2 sizes"),
    "cut short.gct": ("#1.2\n2\t1\nName\tDescription\tS1\ng1\tA\t1\n", {}, "1 rows below the header, but line 2 says 2"),
    "wide.gct": ("#1.2\n1\t2\nName\tDescription\tS1\ng1\tA\t1\n", {}, "line 3: 3 columns, but line 2 says 4"),
    "a word.gct": ("#1.2\n1\t1\nName\tDescription\tS1\ng1\tA\tx\n", {}, "line 4, column 'S1': 'x' is not a number"),
    "silent.maf": (MAF + "TTN\tSilent\tS2\n", {}, "holds no mutation that is other than silent"),
    "lacks a column.maf": ("Hugo_Symbol\tx\nTP53\t1\n", {}, "no column 'Variant_Classification'; name the column that holds it so"),
    "cut short.maf": (MAF + "TP53\tMissense", {}, "line 3: lacks"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_line(tmp_path, case):
    content, layout, expected = BROKEN[case]
    path = tmp_path / (case if "." in case else "t.xlsx")
    if isinstance(content, str):
        path.write_text(content)
    else:
        workbook(path, content)
    with pytest.raises(UserError, match=re.escape(expected)) as error:
        read(path, Table(files=path.name, **layout), None, True)
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """A small valid file of each ending."""
    folder = tmp_path_factory.mktemp("valid")
    FRAME.to_csv(folder / "t.csv", index_label="id")
    FRAME.to_csv(folder / "t.csv.gz", index_label="id")
    FRAME.to_parquet(folder / "t.parquet")
    workbook(folder / "t.xlsx", {"a": [["id", "g1"], ["S1", 1], ["S2", 2]]})
    (folder / "t.gct").write_text("#1.2\n1\t1\nName\tDescription\tS1\ng1\tA\t1\n")
    (folder / "t.maf").write_text(MAF + "TP53\tMissense_Mutation\tS1\n")
    (folder / "t.seg").write_text("ID\tchrom\tstart\tend\tmean\nS1\t1\t1\t9\t0.5\n")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.xlsx", "t.gct", "t.maf", "t.seg"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_a_table_or_one_line(tmp_path, valid, name, data):
    content = bytearray(valid[name])
    end = data.draw(st.integers(0, len(content)))
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=3)):
        content[place] = byte
    (tmp_path / name).write_bytes(content[:end])
    numeric = data.draw(st.booleans())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = read(tmp_path / name, Table(files=name), None, numeric)
        except UserError as error:
            line = str(error)
        else:
            line, kinds = "", {kind == np.float32 for kind in found.dtypes}
            assert kinds <= {numeric}
    assert "\n" not in line


def test_a_process_that_dies_of_a_file_is_one_line(tmp_path):
    valid_path = tmp_path / "t.h5ad"
    valid_path.write_bytes(b"x")
    with pytest.raises(UserError, match="is damaged"):
        guarded(valid_path, lambda: os.kill(os.getpid(), signal.SIGSEGV))


def test_a_workbook_that_unpacks_to_far_more_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx, "FREE", 1 << 20)
    with zipfile.ZipFile(tmp_path / "t.xlsm", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (5 << 20))
    with pytest.raises(UserError, match="unpacks to 5 MiB"):
        read(tmp_path / "t.xlsm", Table(files="t.xlsm"), None, True)


@pytest.mark.parametrize(
    ("lines", "decimal", "sign"),
    [
        (["sample of whom,g1", "S1 of A,5"], "point", ","),  # as many words as there would be columns
        (["id g1 g2", "S1 1,5 2,5"], "comma", " "),
        (["id;g1,a", "S1;1,5"], "comma", ";"),
        (['id\t"g 1\tx"\tg2', "S1\t1\t2"], "point", "\t"),
        (["g1,g2", "S1,1,2"], "point", ","),
        (["id\tg1\tg2", "S1\t1"], "point", "\t"),  # a row that was cut short: the header tells
        (["id", "S1"], "comma", ";"),
        (["id", "S1"], "point", ","),
    ],
)
def test_the_delimiter_is_that_of_header_and_row(lines, decimal, sign):
    assert delimited.guess(lines, decimal) == sign


def test_the_line_of_a_byte_that_is_no_text_is_named(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"id,g1\n" + b"S,1\n" * 40_000 + b"S\xe9,1\n")
    with pytest.raises(UserError, match=r"t.csv line 40002: is not UTF-8 text \(byte 0xe9\)"):
        read(tmp_path / "t.csv", Table(files="t.csv"), None, True)


def test_archives_of_several_files_and_cut_zst(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.csv.zip", "w") as archive:
        archive.writestr("a.csv", "id,g\nS,1\n")
        archive.writestr("b.csv", "id,g\nS,1\n")
    with pytest.raises(UserError, match="archive of 2 files"):
        read(tmp_path / "t.csv.zip", Table(files="t.csv.zip"), None, True)
    with pa.CompressedOutputStream(str(tmp_path / "t.csv.zst"), "zstd") as stream:
        stream.write(b"id,g\n" + b"".join(b"S%d,%d\n" % (i, i * i) for i in range(5000)))
    packed = tmp_path / "t.csv.zst"
    packed.write_bytes(packed.read_bytes()[:-100])
    with pytest.raises(UserError, match="zst"):
        read(packed, Table(files="t.csv.zst"), None, True)


def test_lines_of_any_length(shared):
    found, _ = cohort_table.read(Table(files="phosphoproteomics_log2ratio.csv.gz"), shared / "motrpac_rat_wat")
    expected = pd.read_csv(shared / "motrpac_rat_wat" / "phosphoproteomics_log2ratio.csv.gz", index_col=0, float_precision="round_trip")
    np.testing.assert_array_equal(found, expected.to_numpy(dtype=np.float32))
    assert found.columns.tolist() == expected.columns.tolist()


def test_a_library_that_comes_to_no_end_is_ended(tmp_path, monkeypatch):
    (tmp_path / "t.h5ad").write_bytes(b"x")
    monkeypatch.setattr("mmomics.tables._guard.PATIENCE", 1)

    def circle():
        while True:
            pass

    with pytest.raises(UserError, match="comes to no end"):
        guarded(tmp_path / "t.h5ad", circle)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,g0,g1\nS1,1,2,\nS2,3,4,\n", [[1, 2], [3, 4]]),  # every row ends in a delimiter
        ("g0,g1\nS1,1,2\nS2,3,4\n", [[1, 2], [3, 4]]),  # as R writes it
        ("g0,g1\nS1,1,\nS2,3,4\n", [[1, np.nan], [3, 4]]),
        ("id,g0,g1\nS1,1,2,9\nS2,3,4,9\n", None),
        ("id,g0,g1\nS1,1,2,\nS2,3,4,9\n", None),
        ("gene,g0,g1\nS1,1,2,9\nS2,3,4,9\n", None),
    ],
)
def test_rows_with_a_cell_more_than_the_header_are_never_shifted(tmp_path, content, expected):
    path = tmp_path / "t.csv"
    path.write_text(content)
    if expected is None:
        with pytest.raises(UserError, match=r"the header, which begins with '(id|gene)', has 3 names; name every column"):
            read(path, Table(files=path.name), None, True)
    else:
        frame = read(path, Table(files=path.name), None, True)
        assert list(frame.index) == ["S1", "S2"] and list(frame.columns) == ["g0", "g1"]
        np.testing.assert_array_equal(frame, expected)


def test_row_numbers_of_r_beside_a_column_of_ids_are_no_ids(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,g0\n1,S1,33\n2,S2,44\n")
    frame = read(path, Table(files=path.name, index="id", drop=[""]), None, True)
    assert list(frame.index) == ["S1", "S2"] and frame["g0"].tolist() == [33, 44]
