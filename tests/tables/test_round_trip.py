"""What a library writes, of any content, is read as it was; the fast and the careful way of reading text agree."""

import csv
import io
import warnings

import anndata
import mudata
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from mmomics.cohort.table import read
from mmomics.config.table import Table
from mmomics.tables import _arrow, delimited

NUMBERS = st.floats(-1e6, 1e6, width=32) | st.just(float("nan"))
NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=6)
UNHURRIED = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def frames(draw, names=NAMES):
    """Tables of numbers, with any names that are not words for a missing value."""
    names = names.filter(lambda name: name not in _arrow.MISSING)
    rows, columns = (draw(st.lists(names, min_size=1, max_size=5, unique=True)) for _ in range(2))
    values = draw(arrays(np.float32, (len(rows), len(columns)), elements=NUMBERS))
    return pd.DataFrame(values, index=pd.Index(rows, dtype=object), columns=pd.Index(columns, dtype=object))


def write_xlsx(frame, path):
    book = openpyxl.Workbook()
    for row in [["id", *frame.columns], *([name, *cells] for name, cells in zip(frame.index, frame.to_numpy().tolist(), strict=True))]:
        book.active.append([None if cell != cell else cell for cell in row])
        for cell in book.active[book.active.max_row]:
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type  # what begins with = is a name here, no formula
    book.save(path)


def write_gct(frame, path):
    lines = ["#1.2", f"{frame.shape[1]}\t{frame.shape[0]}", "\t".join(["Name", "Description", *frame.index])]
    lines += ["\t".join([name, "", *("" if cell != cell else repr(cell) for cell in frame[name].tolist())]) for name in frame]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_h5ad(frame, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = frame.to_numpy() if len(frame) % 2 else sparse.csr_matrix(frame.to_numpy())
        anndata.AnnData(x, pd.DataFrame(index=frame.index), pd.DataFrame(index=frame.columns)).write_h5ad(path)


def write_h5mu(frame, path):
    parts = {name: anndata.AnnData(frame.to_numpy(), pd.DataFrame(index=frame.index), pd.DataFrame(index=[f"{name}:{g}" for g in frame]))
             for name in ("one", "other")}  # fmt: skip
    with mudata.set_options(pull_on_update=False):
        mudata.MuData(parts).write_h5mu(path)


@pytest.mark.parametrize("write", [write_xlsx, write_gct])
@UNHURRIED
@given(frame=frames())
def test_a_table_is_read_as_it_was_written(tmp_path, write, frame):
    end = write.__name__.removeprefix("write_")
    write(frame, tmp_path / f"t.{end}")
    found, _ = read(Table(files=f"t.{end}"), tmp_path)
    pd.testing.assert_frame_equal(found, frame)


@settings(UNHURRIED, max_examples=10)
@given(frame=frames())
def test_cells_are_read_as_they_were_written(tmp_path, frame):
    write_h5ad(frame, tmp_path / "t.h5ad")
    found, _ = read(Table(files="t.h5ad"), tmp_path)
    pd.testing.assert_frame_equal(found, frame)


@settings(UNHURRIED, max_examples=6)
@given(frame=frames())
def test_one_modality_of_several_is_read_as_it_was_written(tmp_path, frame):
    write_h5mu(frame, tmp_path / "t.h5mu")
    found, _ = read(Table(files="t.h5mu", within="other"), tmp_path)
    pd.testing.assert_frame_equal(found, frame.add_prefix("other:"))


@UNHURRIED
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["S1", "S2", "S3", "S 4"]), st.booleans()), min_size=1, max_size=9))
def test_mutations_are_those_that_were_called(tmp_path, calls):
    assume(any(tells for _, _, tells in calls))
    rows = [f"{gene}\t{'Nonsense_Mutation' if tells else 'Silent'}\tx\t{sample}\n" for gene, sample, tells in calls]
    (tmp_path / "t.maf").write_text("#version 2.4\nHugo_Symbol\tVariant_Classification\tx\tTumor_Sample_Barcode\n" + "".join(rows))
    found, _ = read(Table(files="t.maf"), tmp_path)
    frame = pd.DataFrame(calls, columns=["gene", "sample", "tells"])
    expected = frame.pivot_table(index="sample", columns="gene", values="tells", aggfunc="max", fill_value=False).astype("float32")
    expected = expected.loc[frame["sample"].unique(), expected.any()]
    pd.testing.assert_frame_equal(found, expected, check_names=False, check_index_type=False, check_column_type=False)


CELLS = st.text('ab,;"\n\t ', max_size=5).map(lambda cell: f"i{cell}") | st.sampled_from(["a", "NA", "", " b ", '"', "1e3"])


@settings(UNHURRIED, max_examples=60)
@given(
    ids=st.lists(CELLS, min_size=1, max_size=6), values=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=6, max_size=6),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), sign=st.sampled_from([",", ";", "\t"]),
    block=st.sampled_from([1, 30, 1 << 20]), place=st.integers(0, 2), end=st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_arrow_and_pandas_read_the_same_of_quoted_text(tmp_path, monkeypatch, ids, values, quoting, sign, block, place, end):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=sign, quoting=quoting, lineterminator=end)
    for name, cells in [("id", ("x", "y")), *zip(ids, values, strict=False)]:
        row = ["" if cell != cell else str(cell) for cell in cells]
        writer.writerow([*row[:place], name, *row[place:]])
    (tmp_path / "t.csv").write_text(out.getvalue(), newline="")
    table = Table(files="t.csv", index="id", delimiter={",": "comma", ";": "semicolon", "\t": "tab"}[sign])
    found = []
    with monkeypatch.context() as patch:
        patch.setattr(_arrow, "BLOCK", block)
        for way in (delimited._fast, lambda *_: None):
            patch.setattr(delimited, "_fast", way)
            try:
                found.append(delimited.read(tmp_path / "t.csv", table, None, numeric=True))
            except Exception as error:  # what one refuses, the other does
                found.append(str(error))
    if isinstance(found[0], str):
        assert found[0] == found[1]
    else:
        pd.testing.assert_frame_equal(*found)
        known = [name.strip() for name in ids]
        assert found[0].index.tolist() == known
