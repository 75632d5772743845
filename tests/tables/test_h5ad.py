"""Cells are pooled into donors as pandas pools the dense table, sparse or not, missing values or none."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mmomics.config.table import Table
from mmomics.errors import UserError
from mmomics.tables import _cells
from mmomics.tables.contract import read

RNG = np.random.default_rng(0)
VALUES = RNG.poisson(0.5, (30, 4)).astype("float32")


def write(path, x):
    obs = pd.DataFrame({"donor": [f"D{i % 3}" for i in range(30)]}, index=[f"c{i}" for i in range(30)])
    var = pd.DataFrame(index=[f"g{i}" for i in range(4)])
    cells = anndata.AnnData(x, obs=obs, var=var)
    cells.layers["raw"] = cells.X.copy()
    cells.write_h5ad(path)
    return obs


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
@pytest.mark.parametrize("pool", ["sum", "mean"])
def test_pseudobulk_is_the_group_by_of_all_cells(tmp_path, monkeypatch, kind, pool):
    monkeypatch.setattr(_cells, "CHUNK", 28)  # seven cells at a time
    values = VALUES.copy()
    values[[0, 5], [1, 2]] = np.nan
    obs = write(tmp_path / "t.h5ad", kind(values))
    found = read(tmp_path / "t.h5ad", Table(files="t.h5ad", index="donor", pool=pool, within="raw"), None, True)
    expected = pd.DataFrame(values, columns=[f"g{i}" for i in range(4)]).groupby(obs["donor"].to_numpy()).agg(pool)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_cells_and_obs(tmp_path):
    obs = write(tmp_path / "t.h5ad", sparse.csr_matrix(VALUES))
    np.testing.assert_array_equal(read(tmp_path / "t.h5ad", Table(files="t.h5ad", drop=["g0"]), None, True), VALUES[:, 1:])
    assert read(tmp_path / "t.h5ad", Table(files="t.h5ad"), None, False)["donor"].tolist() == obs["donor"].tolist()


@pytest.mark.parametrize(("layout", "expected"), [({"index": "doner"}, "did you mean 'donor'"), ({"within": "rax"}, "did you mean 'raw'")])
def test_a_name_that_is_not_there(tmp_path, layout, expected):
    write(tmp_path / "t.h5ad", VALUES)
    with pytest.raises(UserError, match=expected):
        read(tmp_path / "t.h5ad", Table(files="t.h5ad", **layout), None, True)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_cut_short(tmp_path, share):
    write(tmp_path / "t.h5ad", VALUES)
    content = (tmp_path / "t.h5ad").read_bytes()
    (tmp_path / "t.h5ad").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match="damaged or cut short"):
        read(tmp_path / "t.h5ad", Table(files="t.h5ad"), None, True)


@pytest.fixture
def scaled():
    """Cells of two genes, with the four of `.raw`, and all four alone."""
    obs = pd.DataFrame({"donor": [f"D{i % 3}" for i in range(30)]}, index=[f"c{i}" for i in range(30)])
    whole = anndata.AnnData(VALUES, obs=obs, var=pd.DataFrame(index=list("wxyz")))
    scaled = anndata.AnnData(VALUES[:, :2] - 1, obs=obs, var=pd.DataFrame(index=list("wx")))
    scaled.raw = whole
    expected = pd.DataFrame(VALUES, index=obs["donor"], columns=list("wxyz")).groupby(level=0, sort=False).sum()
    return scaled, whole, expected


def test_raw_is_what_scanpy_keeps_aside_with_genes_of_its_own(tmp_path, scaled):
    scaled, whole, expected = scaled
    scaled.write_h5ad(tmp_path / "a.h5ad")
    found = read(tmp_path / "a.h5ad", Table(files="a.h5ad", within="raw", index="donor", pool="sum"), None, True)
    assert found.equals(expected)
    with pytest.raises(UserError, match="no layer 'count' for `within`; choose one of: raw"):
        read(tmp_path / "a.h5ad", Table(files="a.h5ad", within="count"), None, True)
    whole.write_h5ad(tmp_path / "b.h5ad")
    with pytest.raises(UserError, match="no layer 'raw' for `within`; it holds `X` alone: leave it out"):
        read(tmp_path / "b.h5ad", Table(files="b.h5ad", within="raw"), None, True)


def test_raw_and_layers_of_a_modality_stand_behind_a_slash(tmp_path, scaled):
    import mudata

    scaled, _, expected = scaled
    scaled.layers["less"] = scaled.X - 1
    protein = anndata.AnnData(VALUES, obs=scaled.obs, var=pd.DataFrame(index=list("abcd")))
    with mudata.set_options(pull_on_update=False):
        mudata.MuData({"rna": scaled, "protein": protein}).write_h5mu(tmp_path / "m.h5mu")
    keys = {"files": "m.h5mu", "index": "donor"}
    assert read(tmp_path / "m.h5mu", Table(within="rna/raw", pool="sum", **keys), None, True).equals(expected)
    np.testing.assert_array_equal(read(tmp_path / "m.h5mu", Table(within="rna/less", **keys), None, True), VALUES[:, :2] - 2)
    np.testing.assert_array_equal(read(tmp_path / "m.h5mu", Table(within="protein", **keys), None, True), VALUES)
    assert read(tmp_path / "m.h5mu", Table(within="rna/raw", files="m.h5mu"), None, False).equals(scaled.obs.astype(object))
    for within, said in {
        "rma/raw": "no modality 'rma' for `within`; did you mean 'rna'",
        "rna/lesser": "no layer 'lesser' for `within`; did you mean 'less'",
        "protein/raw": "no layer 'raw' for `within`; it holds `X` alone",
        "/raw": "no modality '' for `within`",
    }.items():
        with pytest.raises(UserError, match=said):
            read(tmp_path / "m.h5mu", Table(within=within, **keys), None, True)
