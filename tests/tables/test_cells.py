"""Cells of every format that holds them are pooled into donors as pandas pools the dense table."""

import gzip
import re

import anndata
import h5py
import mudata
import numpy as np
import pandas as pd
import pytest
import scanpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import io, sparse

from mmomics.cohort import ingest
from mmomics.config.modality import Assay
from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables import _arrow, _cells, _guard
from mmomics.tables.contract import read

COUNTS = np.random.default_rng(0).poisson(0.5, (30, 5)).astype("float32")
BARCODES = [f"D{i % 3}_{i:02d}" for i in range(30)]
GENES = ["TP53", "KRAS", "PAR", "PAR", "CD3"]
TYPES = ["Gene Expression"] * 4 + ["Antibody Capture"]
NAMES = ["TP53", "KRAS", "PAR ENSG2", "PAR ENSG3"]


def expected(how="sum"):
    frame = pd.DataFrame(COUNTS[:, :4], columns=NAMES)
    return frame.groupby([name[:2] for name in BARCODES]).agg(how).astype("float32")


def write_h5(folder):
    cells = sparse.csr_array(COUNTS)
    with h5py.File(folder / "t.h5", "w") as file:
        group = file.create_group("matrix")
        for key, values in {"data": cells.data.astype("int32"), "indices": cells.indices, "indptr": cells.indptr, "shape": [5, 30]}.items():
            group[key] = values
        group["barcodes"] = np.array(BARCODES, dtype="S")
        features = group.create_group("features")
        ids = [f"ENSG{i}" for i in range(5)]
        for key, values in {"id": ids, "name": GENES, "feature_type": TYPES, "genome": ["GRCh38"] * 5}.items():
            features[key] = np.array(values, dtype="S")
    return "t.h5"


def write_mtx(folder, start="GSM1_"):
    io.mmwrite(folder / "m.mtx", sparse.coo_array(COUNTS.T.astype(int)))
    (folder / f"{start}matrix.mtx.gz").write_bytes(gzip.compress((folder / "m.mtx").read_bytes()))
    (folder / f"{start}barcodes.tsv.gz").write_bytes(gzip.compress("".join(f"{name}\n" for name in BARCODES).encode()))
    features = "".join(f"ENSG{i}\t{name}\t{kind}\n" for i, (name, kind) in enumerate(zip(GENES, TYPES, strict=True)))
    (folder / f"{start}features.tsv").write_text(features)
    return f"{start}matrix.mtx.gz"


def write_h5mu(folder, other=True):
    var = pd.DataFrame(index=NAMES)
    rna = anndata.AnnData(sparse.csr_matrix(COUNTS[:, :4]), obs=pd.DataFrame(index=BARCODES), var=var)
    more = {"adt": anndata.AnnData(COUNTS[:, 4:], obs=pd.DataFrame(index=BARCODES), var=pd.DataFrame(index=["CD3"]))}
    with mudata.set_options(pull_on_update=False):
        mudata.MuData({"rna": rna} | (more if other else {})).write_h5mu(folder / "t.h5mu")
    return "t.h5mu"


WRITERS = {"h5": (write_h5, "Gene Expression"), "mtx": (write_mtx, "Gene Expression"), "h5mu": (write_h5mu, "rna")}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("pool", ["sum", "mean"])
def test_donors_that_stand_in_the_barcodes(tmp_path, monkeypatch, kind, pool):
    monkeypatch.setattr(_cells, "CHUNK", 7)
    monkeypatch.setattr(_arrow, "BLOCK", 50)
    write, within = WRITERS[kind]
    assay = Assay(kind="single_cell", files=write(tmp_path), within=within, pool=pool, subject_pattern="^(D.)", values="counts")
    found = ingest.ingest("cells", assay, tmp_path)
    pd.testing.assert_frame_equal(found.to_df(), expected(pool), check_names=False)
    assert found.obs["subject"].tolist() == ["D0", "D1", "D2"]


def test_donors_that_stand_in_a_mapping_table(tmp_path):
    (tmp_path / "map.csv").write_text("cell,donor\n" + "".join(f"{name},P{name[1]}\n" for name in BARCODES))
    assay = Assay(kind="single_cell", files=write_h5(tmp_path), within="Gene Expression", pool="sum", ids=Table(files="map.csv"))
    found = ingest.ingest("cells", assay, tmp_path)
    np.testing.assert_array_equal(found.X, expected())
    assert found.obs_names.tolist() == found.obs["subject"].tolist() == ["P0", "P1", "P2"]


def test_donors_that_are_a_file_each(tmp_path):
    for donor in ("A", "B"):
        (tmp_path / donor).mkdir()
        write_mtx(tmp_path / donor, "")
    files = {donor: f"{donor}/matrix.mtx.gz" for donor in ("A", "B")}
    layout = {"within": "Gene Expression", "pool": "sum", "number_rows": True, "subject_pattern": r"^(.*)_\d+$"}
    found = ingest.ingest("cells", Assay(kind="single_cell", files=files, **layout), tmp_path)
    assert found.obs["subject"].tolist() == ["A", "B"]
    np.testing.assert_array_equal(found.X, [COUNTS[:, :4].sum(0)] * 2)


def test_probes_pooled_into_genes_leave_the_pattern_to_the_samples(tmp_path):
    (tmp_path / "t.csv").write_text("gene,S1-01,S2-01\nA,1,2\nA,3,4\nB,5,6\n")
    assay = Assay(kind="generic", files="t.csv", orientation="samples_in_columns", pool="mean", subject_pattern="^(S.)")
    found = ingest.ingest("probes", assay, tmp_path)
    assert found.obs["subject"].tolist() == ["S1", "S2"]
    np.testing.assert_array_equal(found.X, [[2, 5], [3, 6]])


def test_cells_are_those_that_scanpy_reads(tmp_path):
    table = Table(files=write_h5(tmp_path), within="Gene Expression")
    found = read(tmp_path / "t.h5", table, None, True)
    with pytest.warns(UserWarning, match="not unique"):
        np.testing.assert_array_equal(found, scanpy.read_10x_h5(tmp_path / "t.h5").X.toarray())
    assert found.index.tolist() == BARCODES
    packed = read(tmp_path / write_mtx(tmp_path), table, None, True)
    pd.testing.assert_frame_equal(packed, found)
    dropped = read(tmp_path / "t.h5", table.model_copy(update={"drop": ["KRAS"]}), None, True)
    pd.testing.assert_frame_equal(dropped, found.drop(columns="KRAS"))


def test_one_modality_needs_no_name(tmp_path):
    found = read(tmp_path / write_h5mu(tmp_path, other=False), Table(files="t.h5mu"), None, True)
    np.testing.assert_array_equal(found, COUNTS[:, :4])
    assert read(tmp_path / "t.h5mu", Table(files="t.h5mu", within="rna"), None, False).index.tolist() == BARCODES


def damage(name, change):
    def write(folder):
        write_mtx(folder, "")
        packed = folder / "matrix.mtx.gz"
        (folder / "matrix.mtx").write_bytes(gzip.decompress(packed.read_bytes()))
        path = folder / name
        lines = path.read_text().splitlines() if path.is_file() else gzip.decompress((folder / f"{name}.gz").read_bytes()).decode().split()
        path.write_text("".join(f"{line}\n" for line in change(lines)))
        return "matrix.mtx"

    return write


GENES_ONLY = {"within": "Gene Expression"}
BROKEN = {
    "types": (write_h5, {}, "holds 2 types of features; set `within` to one of: Gene Expression, Antibody Capture"),
    "no such type": (write_h5, {"within": "Gene Expresion"}, "did you mean 'Gene Expression'"),
    "modalities": (write_h5mu, {}, "holds 2 modalities; set `within` to one of"),
    "no such modality": (write_h5mu, {"within": "rma"}, "did you mean 'rna'"),
    "cut short": (damage("matrix.mtx", lambda lines: lines[:-3]), GENES_ONLY, "entries, but line 3 says"),
    "cut in a line": (damage("matrix.mtx", lambda lines: [*lines[:-1], "1 2"]), GENES_ONLY, "Expected 3 columns, got 2"),
    "a place outside": (damage("matrix.mtx", lambda lines: [*lines[:-1], "6 1 1"]), GENES_ONLY, "feature 6 is not in 1..5"),
    "a word": (damage("matrix.mtx", lambda lines: [*lines[:-1], "1 1 x"]), GENES_ONLY, "invalid value 'x'"),
    "no number": (damage("matrix.mtx", lambda lines: [*lines[:-1], "1 1 "]), GENES_ONLY, "lacks numbers"),
    "dense": (damage("matrix.mtx", lambda lines: ["%%MatrixMarket matrix array real general", *lines[1:]]), GENES_ONLY, "line 1"),
    "absurd sizes": (
        damage("matrix.mtx", lambda lines: [*lines[:2], f"{10**17} {10**17} 5", *lines[3:]]),
        {},
        "5 features and 30 barcodes",
    ),
    "another's barcodes": (damage("barcodes.tsv", lambda lines: lines[1:]), GENES_ONLY, "5 x 30 values of 5 features and 29 barcodes"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_cells_are_one_line(tmp_path, case):
    write, layout, message = BROKEN[case]
    table = Table(files=write(tmp_path), **layout)
    with pytest.raises(UserError, match=re.escape(message)) as error:
        read(tmp_path / table.files, table, None, True)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("key", "values", "message"), [
    ("indptr", [0, 2**40, *[2**40] * 29], "rows begin is damaged"),
    ("indptr", [0] * 12, "rows begin is damaged"),
    ("indices", None, "lies outside"),
    ("shape", [2**40, 2**40], "features and 30 barcodes"),
    ("data", "absurd", "unpacks to more than"),
])  # fmt: skip
def test_sizes_that_cannot_be(tmp_path, key, values, message):
    write_h5(tmp_path)
    with h5py.File(tmp_path / "t.h5", "r+") as file:
        old = file["matrix"][key][:]
        del file["matrix"][key]
        if values == "absurd":
            file["matrix"].create_dataset(key, shape=(2**40,), dtype="int32", chunks=(1024,))
        else:
            file["matrix"][key] = np.full(len(old), 99) if values is None else values
    with pytest.raises(UserError, match=re.escape(message)):
        read(tmp_path / "t.h5", Table(files="t.h5", within="Gene Expression", pool="sum"), None, True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A file of each format that may take a process down."""
    folder = tmp_path_factory.mktemp("whole")
    anndata.AnnData(sparse.csr_matrix(COUNTS), pd.DataFrame(index=BARCODES)).write_h5ad(folder / "t.h5ad")
    return {name: (folder / name).read_bytes() for name in ("t.h5ad", write_h5mu(folder, other=False), write_h5(folder))}


@pytest.fixture(scope="module")
def impatient():
    """A second of work is enough for a file so small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_guard, "PATIENCE", 1)
        yield


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", ["t.h5ad", "t.h5mu", "t.h5"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_damaged_hdf5_never_ends_the_process(tmp_path, whole, name, seed):
    rng = np.random.default_rng(seed)
    content = np.frombuffer(whole[name], np.uint8).copy()
    content[rng.choice(np.flatnonzero(content), 4)] = rng.choice([0, 1, 127, 128, 255], 4)
    (tmp_path / name).write_bytes(content.tobytes())
    try:
        found = read(tmp_path / name, Table(files=name, **({"within": "Gene Expression"} if name == "t.h5" else {})), None, True)
    except UserError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert {kind == np.float32 for kind in found.dtypes} <= {True}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_truths_and_the_minus_of_typesetting_are_numbers_in_every_format(tmp_path, form):
    frame = pd.DataFrame({"on": [True, False, None], "x": ["\u22121.5", "2", "\u22120.25"]}, index=pd.Index(list("abc"), name="id"))
    frame.to_csv(tmp_path / "t.csv") if form == "csv" else frame.to_excel(tmp_path / "t.xlsx")
    found = read(tmp_path / f"t.{form}", Table(files=f"t.{form}"), None, True)
    np.testing.assert_array_equal(found, [[1, -1.5], [0, 2], [np.nan, -0.25]])


@pytest.mark.parametrize("end", ["csv", "parquet", "xlsx"])
def test_yes_and_no_are_numbers_of_a_column_of_theirs_alone(tmp_path, end):
    write = {"csv": pd.DataFrame.to_csv, "parquet": pd.DataFrame.to_parquet, "xlsx": pd.DataFrame.to_excel}[end]
    ids = pd.Index(list("abc"), name="id")
    write(pd.DataFrame({"on": ["Yes", None, "no"], "x": [1.5, 2.5, 3.5]}, index=ids), tmp_path / f"t.{end}")
    found = read(tmp_path / f"t.{end}", Table(files=f"t.{end}"), None, True)
    np.testing.assert_array_equal(found, [[1, 1.5], [np.nan, 2.5], [0, 3.5]])
    odd = [1.5, "no", 3.5] if end == "xlsx" else ["1.5", "no", "3.5"]  # of Parquet, a column has one type
    write(pd.DataFrame({"x": odd}, index=ids), tmp_path / f"odd.{end}")
    with pytest.raises(UserError, match="'no' is not a number"):
        read(tmp_path / f"odd.{end}", Table(files=f"odd.{end}"), None, True)


@pytest.mark.parametrize("word", _arrow.MISSING)
def test_every_word_for_a_missing_value_is_known_among_numbers_alone(tmp_path, word):
    (tmp_path / "t.csv").write_text(f"id,g1,g2\n1,{word},2\n3,4,5\n")
    np.testing.assert_array_equal(read(tmp_path / "t.csv", Table(files="t.csv"), None, True), [[np.nan, 2], [4, 5]])


def test_per_cent_is_told_to_lose_its_sign(tmp_path):
    (tmp_path / "t.csv").write_text("id,x\na,12 %\nb,13 %\n")
    with pytest.raises(UserError, match="take the % off"):
        read(tmp_path / "t.csv", Table(files="t.csv"), None, True)
