"""The filled cohort: measured values untouched, drawn ones marked, readable by mudata and scanpy."""

import anndata as ad
import mudata as md
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.cohort.imputed import write_imputed
from mmomics.cohort.prepare import Fitted


def var_of(modality, features):
    return pd.DataFrame({keys.FEATURE: features}, index=[f"{modality}:{feature}" for feature in features])


def test_measured_values_stay_and_imputed_ones_are_marked(tmp_path):
    rng = np.random.default_rng(0)
    subjects = [f"s{row}" for row in range(6)]
    rna = ad.AnnData(rng.normal(size=(6, 3)).astype("float32"), obs=pd.DataFrame(index=subjects), var=var_of("rna", ["g1", "g2", "g3"]))
    meth = ad.AnnData(rng.normal(size=(4, 2)).astype("float32"), obs=pd.DataFrame(index=subjects[:4]), var=var_of("meth", ["c1", "c2"]))
    with md.set_options(pull_on_update=False):
        cohort = md.MuData({"rna": rna, "meth": meth})
        cohort.obs["age"] = [50.0, 60, 70, 40, 30, 20]
        cohort.uns["outcome"] = {"task": "regression"}
        cohort.write_h5mu(tmp_path / "cohort.h5mu")
    preparation = {"meth": Fitted(np.array(["c2"]), np.zeros(1, "float32"), np.ones(1, "float32"), 8.0)}
    rows = np.array([4, 5])
    filled = {"meth": (rows, np.array([[1.5], [2.5]]), np.array([[0.1], [0.2]]))}
    write_imputed(tmp_path / "cohort.h5mu", tmp_path / "imputed.h5mu", filled, preparation, "ridge")
    with md.set_options(pull_on_update=False):
        result = md.read_h5mu(tmp_path / "imputed.h5mu")
    assay = result["meth"]
    assert list(assay.obs_names) == subjects and list(assay.obs["seen"]) == [True] * 4 + [False] * 2
    np.testing.assert_array_equal(assay.X[:4], meth.X)
    np.testing.assert_array_equal(assay.layers["imputed"][:4], meth.X)
    assert np.isnan(assay.X[4:]).all()  # X says what was measured
    np.testing.assert_allclose(assay.layers["imputed"][4:, 1], [1.5, 2.5])
    np.testing.assert_allclose(assay.layers["imputed_sd"][4:, 1], [0.1, 0.2], rtol=1e-6)
    assert (assay.layers["imputed_sd"][:4] == 0).all()
    assert np.isnan(assay.layers["imputed"][4:, 0]).all()  # a feature that the preparation dropped cannot be drawn
    assert list(result.obs.loc[subjects, "age"]) == [50, 60, 70, 40, 30, 20] and result.uns["outcome"]["task"] == "regression"
    assert assay.uns["imputation"]["n_imputed"] == 2
