"""The filled cohort: measured values untouched, imputed ones beside them and marked, readable by mudata and scanpy."""

import anndata as ad
import mudata as md
import numpy as np
import pandas as pd
import pytest

from mmomics import keys
from mmomics.cohort.imputed import Imputation, write_imputed, write_tables
from mmomics.cohort.prepare import Fitted
from mmomics.preparation.contract import Obs, step

SUBJECTS = [f"s{row}" for row in range(6)]


def var_of(modality, features):
    return pd.DataFrame({keys.FEATURE: features}, index=[f"{modality}:{feature}" for feature in features])


@pytest.fixture
def filled(tmp_path):
    """Two subjects lack meth; rna has a gap in a feature that the preparation kept and one in a feature that it left out."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6, 3)).astype("float32")
    x[1, 0], x[2, 2] = np.nan, np.nan
    rna = ad.AnnData(x, obs=pd.DataFrame(index=SUBJECTS), var=var_of("rna", ["g1", "g2", "g3"]), uns={"kind": "rna"})
    meth = ad.AnnData(
        rng.normal(size=(4, 3)).astype("float32"), pd.DataFrame(index=SUBJECTS[:2] + SUBJECTS[4:]), var_of("meth", list("abc"))
    )
    meth.X[:, 2] = np.nan
    with md.set_options(pull_on_update=False):
        lone = ad.AnnData(rng.normal(size=(1, 1)).astype("float32"), pd.DataFrame(index=SUBJECTS[:1]), var_of("lone", ["l"]))
        cohort = md.MuData({"rna": rna, "meth": meth, "lone": lone})
        cohort.obs["age"] = [50.0, 60, 70, 40, 30, 20]
        cohort.uns["outcome"] = {"task": "regression", "unit": "", "classes": np.array([], dtype=object)}
        cohort.write_h5mu(tmp_path / "cohort.h5mu")
    one = {"center": np.zeros(1, "float32"), "scale": np.full(1, 2, "float32"), "clip": 8.0}
    zeros, obs = np.zeros((4, 1), "float32"), Obs(pd.DataFrame({keys.BATCH: list("aabb")}))
    batch, fill = (step(place, name).fit(zeros, obs) for place, name in (("batch", "center"), ("fill", "median")))
    preparation = {"meth": Fitted(np.array(["b"]), **one), "rna": Fitted(np.array(["g1"]), **one, batch=batch, fill=fill)}
    imputation = Imputation(
        imputer="ridge",
        drawn={"meth": (np.array([2, 3]), np.array([[1.5], [2.5]]), np.array([[0.1], [0.2]]))},
        predictability={"meth": np.array([0.7])},
        about={"version": "9", "seed": 4},
        distance=pd.DataFrame({"meth": [np.nan, np.nan, 0.5, 0.99, np.nan, np.nan]}, index=SUBJECTS),
        embeddings={"poe_vae": np.arange(12, dtype="float32").reshape(6, 2), "linear": None},
    )
    write_imputed(tmp_path / "cohort.h5mu", tmp_path / "imputed.h5mu", imputation, preparation)
    with md.set_options(pull_on_update=False):
        return md.read_h5mu(tmp_path / "cohort.h5mu"), md.read_h5mu(tmp_path / "imputed.h5mu")


def test_measured_values_stay(filled):
    cohort, result = filled
    for name, assay in result.mod.items():
        seen = assay.obs["seen"].to_numpy(bool)
        before = cohort[name][assay.obs_names[seen]]
        np.testing.assert_array_equal(assay.X[seen], before.X)
        there = ~np.isnan(before.X)
        np.testing.assert_array_equal(assay.layers["imputed"][seen][there], before.X[there])
        assert (assay.layers["imputed_sd"][seen][there] == 0).all()
        assert np.isnan(assay.X[~seen]).all()  # X says what was measured
        for key, block in before.obsm.items():
            np.testing.assert_array_equal(assay.obsm[key][seen], block)
            assert np.isnan(assay.obsm[key][~seen]).all()
    assert list(result.obs.loc[SUBJECTS, "age"]) == [50, 60, 70, 40, 30, 20] and result.uns["outcome"]["task"] == "regression"
    assert result["rna"].uns["kind"] == "rna"


def test_missing_assays_are_drawn_and_marked(filled):
    assay = filled[1]["meth"]
    assert list(assay.obs_names) == SUBJECTS and list(assay.obs["seen"]) == [True, True, False, False, True, True]
    np.testing.assert_allclose(assay.layers["imputed"][2:4, 1], [1.5, 2.5])
    np.testing.assert_allclose(assay.layers["imputed_sd"][2:4, 1], [0.1, 0.2], rtol=1e-6)
    measured = assay.X[assay.obs["seen"], 0]
    np.testing.assert_allclose(assay.layers["imputed"][2:4, 0], measured.mean(), rtol=1e-6)  # left out by the preparation
    np.testing.assert_allclose(assay.layers["imputed_sd"][2:4, 0], measured.std(), rtol=1e-6)
    assert np.isnan(assay.layers["imputed"][:, 2]).all()  # nobody has a value
    assert list(assay.var["imputed_by"]) == ["mean", "ridge", ""]
    np.testing.assert_array_equal(assay.var["predictability"], [np.nan, 0.7, np.nan])
    assert list(assay.var["gaps_by"]) == ["mean", "mean", ""]
    assert assay.uns["imputation"]["n_imputed"] == 2 and assay.obs["distance"].iloc[3] == 0.99


def test_gaps_within_an_assay_are_filled_as_the_preparation_does(filled):
    assay = filled[1]["rna"]
    assert assay.layers["imputed"][1, 0] == 0 and assay.layers["imputed_sd"][1, 0] == 2  # centre and scale
    assert assay.layers["imputed"][2, 2] == pytest.approx(np.nanmean(assay.X[:, 2]), rel=1e-5)
    assert np.isfinite(assay.layers["imputed"]).all()
    assert list(assay.var["imputed_by"]) == ["median", "mean", "mean"]  # nobody lacks the assay: no imputer filled anything
    assert list(assay.var["gaps_by"]) == ["median", "mean", "mean"] and list(assay.uns["imputation"]["without"]) == ["batch"]
    assert list(filled[1]["meth"].uns["imputation"]["without"]) == []


def test_an_assay_that_nobody_could_learn_is_named(filled):
    assert list(filled[1].uns["imputation"]["not_filled"]) == ["lone"] and filled[1]["lone"].n_obs == 1


def test_who_was_measured_and_where_it_comes_from(filled):
    result = filled[1]
    assert list(result.obs.loc[SUBJECTS, "meth:seen"]) == [True, True, False, False, True, True] and result.obs["rna:seen"].all()
    about = result.uns["imputation"]
    assert (about["imputer"], about["version"], about["seed"]) == ("ridge", "9", 4)
    np.testing.assert_array_equal(pd.DataFrame(result.obsm["X_poe_vae"], result.obs_names).loc["s3"], [6, 7])
    assert "X_linear" not in result.obsm


def test_it_opens_in_mudata_and_scanpy(filled, tmp_path):
    import scanpy as sc

    assay = md.read_h5mu(tmp_path / "imputed.h5mu")["meth"]
    assay = assay[:, assay.var["imputed_by"] != ""].copy()
    sc.pp.pca(assay, layer="imputed", n_comps=1)
    assert np.isfinite(assay.obsm["X_pca"]).all() and assay.obsm["X_pca"].shape == (6, 1)


def test_tables_hold_the_same_numbers(filled, tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    write_tables(tmp_path / "imputed.h5mu", folder)
    assert {file.name for file in folder.iterdir()} == {f"{name}{end}.tsv" for name in ("rna", "meth", "lone") for end in ("", ".sd")}
    table = pd.read_csv(folder / "meth.tsv", sep="\t", index_col="subject")
    assert list(table.columns) == list("abc")
    np.testing.assert_allclose(table, filled[1]["meth"].layers["imputed"], rtol=1e-5)
