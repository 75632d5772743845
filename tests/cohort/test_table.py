"""Tables of any layout come out the same, and a broken file is one line that says where and what."""

import gzip
import io

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmomics.cohort.table import read
from mmomics.config.samples import Samples
from mmomics.config.table import Table
from mmomics.errors import UserError

SEPARATORS = {"comma": ",", "tab": "\t", "semicolon": ";", "space": " "}
NUMBERS = st.floats(-1e6, 1e6, width=32) | st.just(float("nan"))
UNHURRIED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def table_of(values):
    return pd.DataFrame(values, index=[f"S{i:02d}" for i in range(len(values))], columns=[f"g{i}" for i in range(values.shape[1])])


@UNHURRIED
@given(
    values=arrays(np.float32, st.tuples(st.integers(2, 6), st.integers(2, 6)), elements=NUMBERS),
    separator=st.sampled_from(sorted(SEPARATORS)),
    guess=st.booleans(),
    compression=st.sampled_from(["", ".gz", ".bz2", ".xz", ".zip"]),
    orientation=st.sampled_from(["samples_in_rows", "samples_in_columns"]),
)
def test_text_round_trip(tmp_path, values, separator, guess, compression, orientation):
    frame = table_of(values)
    file = f"t.txt{compression}"
    out = frame if orientation == "samples_in_rows" else frame.T
    out.to_csv(tmp_path / file, sep=SEPARATORS[separator], index_label="id", na_rep="NA")
    found, part = read(Table(files=file, orientation=orientation, delimiter="auto" if guess else separator), tmp_path)
    assert part is None
    pd.testing.assert_frame_equal(found, frame, check_names=False)


@pytest.mark.parametrize("orientation", ["samples_in_rows", "samples_in_columns"])
@pytest.mark.parametrize("stored", [True, False])
def test_parquet_is_read_like_text(tmp_path, orientation, stored):
    frame = table_of(np.arange(6, dtype="float32").reshape(2, 3))
    out = frame if orientation == "samples_in_rows" else frame.T
    (out if stored else out.rename_axis("id").reset_index()).to_parquet(tmp_path / "t.parquet")
    found, _ = read(Table(files="t.parquet", orientation=orientation), tmp_path)
    pd.testing.assert_frame_equal(found, frame, check_names=False)


def test_ids_and_text_cells_keep_their_zeros(tmp_path):
    (tmp_path / "t.csv").write_text("name,site,id\nx,01,007\ny,,008\n")
    found, _ = read(Table(files="t.csv", index="id"), tmp_path, numeric=False)
    assert found.index.tolist() == ["007", "008"]
    assert found.loc["007"].tolist() == ["x", "01"]
    assert pd.isna(found.loc["008", "site"])


def test_a_file_as_r_writes_it(tmp_path):
    (tmp_path / "t.txt").write_text('"g1" "g2"\n"S1" 1 2\n"S2" 3 4\n')
    found, _ = read(Table(files="t.txt"), tmp_path)
    assert found.to_numpy().tolist() == [[1, 2], [3, 4]]
    assert found.index.tolist() == ["S1", "S2"]


def test_stacked_files_keep_their_label_and_order_their_columns(tmp_path):
    (tmp_path / "a.csv").write_text("id,g1,g2\nS1,1,2\n")
    (tmp_path / "b.csv").write_text("id,g2,g1\nS2,4,3\nS3,6,5\n")
    found, part = read(Table(files={"train": "a.csv", "test": "b.csv"}), tmp_path)
    assert part.tolist() == ["train", "test", "test"]
    assert found.to_numpy().tolist() == [[1, 2], [3, 4], [5, 6]]


def test_rows_without_ids_are_numbered_and_a_blank_line_is_a_missing_value(tmp_path):
    (tmp_path / "y.csv").write_text("1\n\n0\n")
    found, _ = read(Table(files="y.csv", header=False, number_rows=True, columns=["y"]), tmp_path, numeric=False)
    assert found.index.tolist() == ["row_0001", "row_0002", "row_0003"]
    assert found["y"].isna().tolist() == [False, True, False]


def test_names_from_a_file(tmp_path):
    (tmp_path / "names.txt").write_text("g1\ng2\n")
    (tmp_path / "x.csv").write_text("1,2\n3,4\n")
    found, _ = read(Table(files={"train": "x.csv"}, header=False, number_rows=True, columns="names.txt"), tmp_path)
    assert found.columns.tolist() == ["g1", "g2"]
    assert found.index.tolist() == ["train_0001", "train_0002"]


def test_decimal_encoding_and_drop(tmp_path):
    (tmp_path / "t.csv").write_bytes("id;größe;note\r\nS1;1,5;x\nS2;;y\n".encode("utf-16"))
    found, _ = read(Table(files="t.csv", decimal="comma", encoding="utf-16", drop=["note"]), tmp_path)
    assert found.columns.tolist() == ["größe"]
    np.testing.assert_array_equal(found.to_numpy(), [[1.5], [np.nan]])


def test_a_mark_of_bytes_and_a_delimiter_at_the_end_leave_no_trace(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfid,g1,\nS1,1,\nS2,2,\n")
    found, _ = read(Table(files="t.csv", index="id"), tmp_path)
    assert found.columns.tolist() == ["g1"]
    assert found["g1"].tolist() == [1, 2]


def test_a_quoted_name_may_hold_the_delimiter_and_a_line_end(tmp_path):
    (tmp_path / "t.csv").write_text('id,"a,\nb",c\n"S,1",1,2\n')
    found, _ = read(Table(files="t.csv"), tmp_path)
    assert found.columns.tolist() == ["a,\nb", "c"]
    assert found.index.tolist() == ["S,1"]


@pytest.mark.parametrize(("pool", "expected"), [("sum", [[4.0, 2.0], [5.0, 6.0]]), ("mean", [[2.0, 2.0], [5.0, 6.0]])])
def test_rows_of_equal_ids_are_pooled_over_what_is_there(tmp_path, pool, expected):
    (tmp_path / "t.csv").write_text("id,g1,g2\nS1,1,2\nS2,5,6\nS1,3,\n")
    found, _ = read(Table(files="t.csv", pool=pool), tmp_path)
    assert found.index.tolist() == ["S1", "S2"]
    np.testing.assert_array_equal(found.to_numpy(), expected)


@pytest.mark.parametrize(
    ("content", "layout", "expected"),
    [
        ('id,g1,g2\nS1,"1,234,567","2,001"\nS2,12,"-3,456.5"\n', {}, [[1234567, 2001], [12, -3456.5]]),
        ("id\tg1\tg2\nS1\t1,234\t2.5\nS2\t12\t0\n", {}, [[1234, 2.5], [12, 0]]),  # the point is the decimal sign
        ("id\tg1\tg2\nS1\t1.234\t2.001.345\nS2\t12\t\n", {}, [[1234, 2001345], [12, np.nan]]),
        ("id;g1;g2\nS1;1.234;2,5\nS2;12;0\n", {"decimal": "comma"}, [[1234, 2.5], [12, 0]]),
        ("id;g1;g2\nS1;1\u202f234\u202f567;2,5\n", {"decimal": "comma"}, [[1234567, 2.5]]),
        ("id;g1;g2\nS1;1'234'567;2\n", {}, [[1234567, 2]]),
        ("id;g1;g2\nS1;1,234;2\n", {"thousands": "comma"}, [[1234, 2]]),
        ("id;g1;g2\nS1;1.234;2\n", {"thousands": "point"}, [[1234, 2]]),
        ("id;g1;g2\nS1;1.234;2\n", {}, [[1.234, 2]]),  # which counts alone can tell: see the suspicions of assays
    ],
)
def test_thousands_are_read_where_the_table_leaves_no_doubt(tmp_path, content, layout, expected):
    (tmp_path / "t.csv").write_text(content, encoding="utf-8")
    found, _ = read(Table(files="t.csv", **layout), tmp_path)
    np.testing.assert_allclose(found.to_numpy(), expected, rtol=1e-6)
    (tmp_path / "t.seg").write_text("ID;chrom;start;end;mean\nS;1;1;9;0.5\n")
    with pytest.raises(UserError, match=r"'0\.5' is not a number"):  # no other sign passes for the decimal one
        read(Table(files="t.seg", decimal="comma"), tmp_path)


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.xlsx"])
def test_further_values_stand_for_missing(tmp_path, name):
    frame = pd.DataFrame({"g1": [1.5, -9.0, -99.0], "g2": [-90, 2, 3]}, index=pd.Index(["-9", "S2", "S3"], name="id"))
    words = frame.astype({"g2": object}).replace({"g2": {3: "n.d."}}) if name != "t.parquet" else frame.replace({"g2": {3: -99}})
    {"t.csv": words.to_csv, "t.parquet": words.to_parquet, "t.xlsx": words.to_excel}[name](tmp_path / name)
    table = Table(files=name, na_values=["n.d.", -9, "-99"])
    found, _ = read(table, tmp_path)
    assert found.index.tolist() == ["-9", "S2", "S3"]
    np.testing.assert_array_equal(found, [[1.5, -90], [np.nan, 2], [np.nan, np.nan]])
    assert read(table, tmp_path, numeric=False)[0].isna().to_numpy().tolist() == [[False, False], [True, False], [True, True]]


FEATURE_COUNTS = """# Program:featureCounts v2.0.3; Command:"featureCounts" "-T" "4" "-a" "genes.gtf" "-o" "counts.txt" "S1.bam" "S2.bam"
Geneid\tChr\tStart\tEnd\tStrand\tLength\tS1.bam\tS2.bam
ENSG1\tchr1;chr1\t1;5\t3;9\t+;+\t100\t1\t2
ENSG2\tchr1\t1\t3\t-\t100\t3\t4
"""


@pytest.mark.parametrize(
    ("content", "layout"),
    [
        (FEATURE_COUNTS, {"drop": ["Chr", "Start", "End", "Strand", "Length"]}),
        ("# Constructed from biom file\n#OTU ID\tS1\tS2\nO1\t1\t2\nO2\t3\t4\n", {}),
        ("#a\tb\tc\n#OTU ID\tS1\tS2\nO1\t1\t2\nO2\t3\t4\n", {}),
        ("Export of 3 May\n\nid,S1,S2\nO1,1,2\nO2,3,4\n", {}),
        ("Export of 3 May,,\nid,S1,S2\nO1,1,2\nO2,3,4\n", {}),
        ("# made by R\nS1 S2\nO1 1 2\nO2 3 4\n", {}),
        ('lab,"of, many",x,y,z\nplate,7\n\nid,S1,S2\nO1,1,2\nO2,3,4\n', {"skip_rows": 3}),
        ("id,S1,S2\n% first\nO1,1,2\n% second\nO2,3,4\n", {"comment": "%"}),
        ("id|S1|S2\nO1|1|2\nO2|3|4\n", {}),
    ],
)
def test_what_stands_above_a_table_is_left_out(tmp_path, content, layout):
    for text, name in ((content, "t.txt"), (content.replace("\n", "\r\n"), "w.txt")):
        (tmp_path / name).write_text(text, newline="")
        found, _ = read(Table(files=name, **layout), tmp_path)  # numbers at once
        assert found.to_numpy().tolist() == [[1, 2], [3, 4]]
        words, _ = read(Table(files=name, **layout), tmp_path, numeric=False)  # cell by cell
        assert words.to_numpy().tolist() == [["1", "2"], ["3", "4"]]
    (tmp_path / "t.txt").write_text(content.rstrip()[:-2])
    with pytest.raises(UserError, match=f"t.txt(:| line {len(content.rstrip().splitlines())}:) has (fewer than|one column)"):
        read(Table(files="t.txt", **layout), tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("made in May\nid,g\nS1,1\nS2,2\n", {"g": {"S1": "1", "S2": "2"}}),
        ("# made in May, by R\nid,g\nS1,1\nS2,2\n", {"g": {"S1": "1", "S2": "2"}}),
        ("g\nS1,NA\nS2,2\n", {"g": {"S1": np.nan, "S2": "2"}}),
        ("sex\nS1,f\nS2,m\n", {"sex": {"S1": "f", "S2": "m"}}),
        ("#id,sex\nS1,f\nS2,m\n", {"sex": {"S1": "f", "S2": "m"}}),
    ],
)
def test_a_title_is_told_from_a_name_above_the_only_column(tmp_path, content, expected):
    (tmp_path / "t.csv").write_text(content)
    found, _ = read(Table(files="t.csv"), tmp_path, numeric=False)
    pd.testing.assert_frame_equal(found, pd.DataFrame(expected), check_dtype=False, check_names=False)


def workbook():
    """The bytes of a small workbook."""
    out = io.BytesIO()
    pd.DataFrame({"id": ["S1"], "g1": [1]}).to_excel(out, index=False)
    return out.getvalue()


BROKEN = {
    "missing file": ({}, {"files": "t.cvs"}, ["t.cvs: there is no such file", "did you mean 't.csv'?"]),
    "unknown format": ({"t.docx": b"x"}, {"files": "t.docx"}, ["'.docx'", ".parquet"]),
    "empty": ({"t.csv": b""}, {}, ["t.csv: is empty"]),
    "header only": ({"t.csv": b"id,g1,g2\n"}, {}, ["t.csv: has no rows"]),
    "wrong delimiter": ({}, {"delimiter": "semicolon"}, ["one column only", "`delimiter`"]),
    "undecodable": ({"t.csv": "id,g1\nS1,é\n".encode("latin-1")}, {}, ["UTF-8"]),
    "undecodable late": ({"t.csv": b"id,g1\nS1,1\nS2,1\n" + "Sé,1\n".encode("latin-1")}, {}, ["UTF-8"]),
    "truncated gzip": ({"t.csv.gz": gzip.compress(b"id,g1\nS1,1\n")[:-9]}, {"files": "t.csv.gz"}, ["t.csv.gz", "damaged or cut short"]),
    "not gzip at all": ({"t.csv.gz": b"id,g1\nS1,1\n"}, {"files": "t.csv.gz"}, ["is no packed file, though its name ends in .gz"]),
    "not parquet": ({"t.parquet": b"id,g1\nS1,1\n"}, {"files": "t.parquet"}, ["t.parquet"]),
    "ragged": ({"t.csv": b"id,g1\nS1,1\nS2,2,3,4\n"}, {}, ["line 3: has 4 cells, the header has 2; mend the line"]),
    "cut short in a row": ({"t.csv": b"id,g1,g2\nS1,1,2\nS2,1"}, {}, ["t.csv line 3: has fewer than 3 cells"]),
    "cut short, quoted": ({"t.csv": b'id,g1,"a,b"\n"S1",1,2\n"S2",1'}, {}, ["t.csv line 3: has fewer than 3 cells"]),
    "utf-16": ({"t.csv": "id,g1\nS1,1\n".encode("utf-16")}, {}, ["UTF-16", "set `encoding: utf-16`"]),
    "utf-16 without a mark": ({"t.csv": "id,g1\nS1,1\n".encode("utf-16-le")}, {}, ["NUL bytes"]),
    "NUL late": ({"t.csv": b"id,g1\nS1,1\nS2,1\nS3,\0\n"}, {}, ["NUL bytes", "`encoding`"]),
    "no such encoding": ({}, {"encoding": "utf8-bomb"}, ["no encoding of text 'utf8-bomb'"]),
    "encoding of no text": ({}, {"encoding": "base64"}, ["no encoding of text 'base64'"]),
    "decimal comma": ({"t.csv": b"id;g1\nS1;1,5\n"}, {}, ["'1,5' is not a number", "set `decimal: comma`"]),
    "decimal point": ({"t.csv": b"id;g1\nS1;1.5\n"}, {"decimal": "comma"}, ["'1.5' is not a number", "set `decimal: point`"]),
    "thousands": (
        {"t.csv": b"id;g1\nS1;1,000\n"}, {}, ["'1,000' is not a number; set `thousands: comma` if", "decimal sign, set `decimal: comma`"],
    ),
    "thousands by point": ({"t.csv": b"id;g1\nS1;1.000\n"}, {"decimal": "comma"}, ["set `thousands: point`", "set `decimal: point`"]),
    "thousands of two kinds": ({"t.csv": b"id;g1;g2\nS1;1,000,000;1 000\n"}, {}, ["'1,000,000' is not a number; set `thousands: comma`"]),
    "thousands and another word": ({"t.csv": b"id;g1;g2\nS1;1,000,000;2,5\n"}, {}, ["is not a number"]),
    "a point that is none": ({"t.csv": b"id;g1;g2\nS1;1.000;2.5\n"}, {"thousands": "point"}, ["'2.5' is not a number"]),
    "thousands by the other sign": ({"t.csv": b"id;g1\nS1;1.234,5\n"}, {}, ["'1.234,5' is not a number; set `decimal: comma`"]),
    "lines above": (
        {"t.csv": b"Lab;K\xc3\xb6ln;2024\nplate;7\n\nid;g1;g2;g3\nS1;1;2;3\nS2;1;2;3\n"}, {}, ["in line 4, below 4", "`skip_rows: 3`"],
    ),
    "nothing below": ({"t.csv": b"id,g1\nS1,1\n"}, {"skip_rows": 9}, ["no line below those of `skip_rows`"]),
    "no lines in parquet": ({"t.parquet": None}, {"files": "t.parquet", "skip_rows": 1}, ["`skip_rows` means nothing"]),
    "three decimals": ({"t.csv": b"id;g1\nS1;0,125\n"}, {}, ["'0,125' is not a number; set `decimal: comma`"]),
    "a gzip file by the name of text": ({"t.csv": gzip.compress(b"id,g1\nS1,1\n")}, {}, ["t.csv: is a gzip file", "end in .gz"]),
    "a gzip file in latin-1": ({"t.csv": gzip.compress(b"id,g1\nS1,1\n")}, {"encoding": "latin-1"}, ["t.csv: is a gzip file"]),
    "a workbook by the name of text": ({"t.csv": workbook()}, {}, ["t.csv: is a workbook", "rename it to end in .xlsx"]),
    "absent drop": ({}, {"drop": ["gg1"]}, ["t.csv: no column 'gg1' for `drop`; did you mean 'g1'?"]),
    "everything dropped": ({}, {"drop": ["id", "g1", "g2"]}, ["no column left"]),
    "sheet of a text file": ({}, {"within": "Sheet1"}, ["`within` means nothing"]),
    "delimiter of parquet": ({"t.parquet": None}, {"files": "t.parquet", "delimiter": "tab"}, ["`delimiter` means nothing"]),
    "packed parquet": ({"t.parquet.gz": b"x"}, {"files": "t.parquet.gz"}, ["not read compressed"]),
    "bomb": ({"t.csv.gz": gzip.compress(b"0" * (80 << 20))}, {"files": "t.csv.gz"}, ["unpacks to more than"]),
    "a way out": ({}, {"files": "../t.csv"}, ["files: ../t.csv: leads out of `folder`"]),
    "absolute": ({}, {"files": "/etc/passwd.csv"}, ["leads out of `folder`"]),
    "another drive": ({}, {"files": "C:\\t.csv"}, ["leads out of `folder`"]),
    "names from outside": ({}, {"header": False, "columns": "a/../../n.txt"}, ["columns: a/../../n.txt: leads out"]),
    "column without a name": ({"t.csv": b"id,g1,,g2\nS1,1,2,3\n"}, {}, ["column 3 has no name"]),
    "repeated after stripping": ({"t.csv": b"id,g1, g1\nS1,1,2\n"}, {}, ["1 feature name repeated (g1)"]),
    "repeated samples": ({"t.csv": b"id,g1\nS1,1\nS1,2\nS2,3\n"}, {}, ["1 sample id repeated (S1)"]),
    "a text named as a workbook": ({"t.xlsx": b"id,g1\nS1,1\n"}, {"files": "t.xlsx"}, ["is a text", "rename it to end in .csv"]),
    "a table named as a workbook": ({"t.xlsx": b"id\tg1\nS1\t1\n"}, {"files": "t.xlsx"}, ["is a text", "rename it to end in .tsv"]),
    "an old workbook named as a new one": (
        {"t.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)}, {"files": "t.xlsx"}, ["workbook of old", "save the table as"],
    ),
    "samples of many rows": (
        {"t.csv": b"id,g1\n" + b"S1,1\nS2,3\n" * 3}, {}, ["2 sample ids repeated (S1, S2); add up (`pool: sum`) or average (`pool: mean`)"],
    ),
    "repeated features": ({"t.csv": b"id,g1,g2,g1\nS1,1,2,3\n"}, {}, ["1 feature name repeated (g1)"]),
    "an open quotation mark": (
        {"t.csv": b'id,g1,g2\nS1,1,2\nS2,"1,2\nS3,1,2\n'}, {}, ["t.csv: a quotation mark that begins in row 2 is never closed; close it"],
    ),
    "repeated features in rows": (
        {"t.csv": b"id,S1\ng1,1\ng1,2\n"}, {"orientation": "samples_in_columns"}, ["1 feature name repeated (g1)"],
    ),
    "no id": ({"t.csv": b"id,g1\nS1,1\n,2\n"}, {}, ["row 2: has no id"]),
    "text cell": ({"t.csv": b"id,g1,g2\nS1,1,2\nS2,1,high\n"}, {}, ["t.csv row 'S2', column 'g2': 'high' is not a number"]),
    "text in parquet": ({"t.parquet": None}, {"files": "t.parquet"}, ["t.parquet row 'S1', column 'g2': 'high' is not a number", "`drop`"]),
    "absent index": ({}, {"index": "idd"}, ["no column 'idd'", "did you mean 'id'?"]),
    "too few names": ({"t.csv": b"S1,1,2,3\n"}, {"header": False, "columns": ["a", "b"]}, ["4 columns, but `columns` gives 2 names"]),
    "names file of the wrong length": (
        {"n.txt": b"a\n", "t.csv": b"1,2\n"}, {"header": False, "columns": "n.txt", "number_rows": True}, ["gives 1 names"],
    ),
    "stack of unequal features": (
        {"a.csv": b"id,g1\nS1,1\n", "b.csv": b"id,g2\nS2,1\n"}, {"files": {"a": "a.csv", "b": "b.csv"}}, ["b.csv", "g1, g2"],
    ),
    "stack with repeated samples": (
        {"a.csv": b"id,g1\nS1,1\n", "b.csv": b"id,g1\nS1,1\n"}, {"files": {"a": "a.csv", "b": "b.csv"}}, ["a.csv, b.csv", "S1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_line(tmp_path, case):
    files, layout, expected = BROKEN[case]
    (tmp_path / "t.csv").write_text("id,g1,g2\nS1,1,2\n")
    for name, content in files.items():
        if content is None:
            pd.DataFrame({"id": ["S1"], "g2": ["high"]}).to_parquet(tmp_path / name)
        else:
            (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        read(Table(**{"files": "t.csv", **layout}), tmp_path)
    assert "\n" not in str(error.value)
    for phrase in expected:
        assert phrase in str(error.value)


def test_a_sheet_of_samples_begins_below_its_sections(tmp_path):
    head = "[Header],,\r\nInvestigator Name,Core,\r\n,,\r\n[Reads],,\r\n151,,\r\n[Data],,\r\n"
    (tmp_path / "SampleSheet.csv").write_text(f"{head}Sample_Name,Sample_Plate,Sentrix_ID\r\nS-001,P1,2043\r\nS-002,P2,2043\r\n")
    found = read(Table(files="SampleSheet.csv"), tmp_path, numeric=False)[0]
    assert found.to_dict("list") == {"Sample_Plate": ["P1", "P2"], "Sentrix_ID": ["2043", "2043"]} and list(found.index) == [
        "S-001",
        "S-002",
    ]


def test_columns_of_the_samples_table_that_repeat_can_be_left_out(tmp_path):
    (tmp_path / "s.csv").write_text("id,sex,CRP (mg/L),CRP (mg/L)\nP1,f,1,2\nP2,m,3,4\n")
    cure = r"1 column name repeated \(CRP \(mg/L\)\); rename them, or set `samples.drop: \[\"CRP \(mg/L\)\"\]` if nobody needs them"
    with pytest.raises(UserError, match=cure):
        read(Samples(files="s.csv"), tmp_path, numeric=False)
    found, _ = read(Samples(files="s.csv", drop=["CRP (mg/L)"]), tmp_path, numeric=False)
    assert list(found) == ["sex"]


def test_repeated_symbols_of_an_anndata_are_told_with_what_makes_them_unique(tmp_path):
    anndata.AnnData(np.ones((2, 2), np.float32), pd.DataFrame(index=["S1", "S2"]), pd.DataFrame(index=["g", "h"])).write_h5ad(
        tmp_path / "t.h5ad"
    )
    with h5py.File(tmp_path / "t.h5ad", "a") as file:
        file["var/_index"][:] = "g"
    with pytest.raises(UserError, match=r"1 feature name repeated \(g\); make them unique: `adata.var_names_make_unique\(\)`"):
        read(Table(files="t.h5ad"), tmp_path)
