"""Quality of imputed assays, from the scores of single features."""

import numpy as np
import pandas as pd
import pytest

from mmomics.evaluation.imputation import COLUMNS, imputation
from mmomics.evaluation.intervals import corrected_t


def make_scores(folds=4, n_features=30, seed=0):
    rng = np.random.default_rng(seed)
    rows = [
        {"repeat": 0, "fold": fold, "modality": modality, "feature": f"f{j}", "n": 20, "pearson": np.tanh(rng.normal(0.5, 0.3)),
         "spearman": 0.4, "r2": rng.normal(0.2, 0.1), "rmse": rng.uniform(0.7, 1.0), "coverage": np.nan}
        for fold in range(folds) for modality in ("rna", "protein") for j in range(n_features)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_interval_over_folds():
    scores = make_scores()
    table = imputation({"ridge": scores}, 0.25).set_index(["modality", "metric"])
    own = scores[scores["modality"] == "rna"].groupby("fold")["pearson"].mean()
    found = table.loc[("rna", "pearson")]
    assert list(found[["mean", "lower", "upper"]]) == pytest.approx(corrected_t(own.to_numpy(), 0.25)[:3])
    assert found["n_features"] == 30


def test_interval_over_features_of_one_fold():
    scores = make_scores(folds=1)
    found = imputation({"ridge": scores}, 0.25).set_index(["modality", "metric"]).loc[("protein", "rmse")]
    own = scores.loc[scores["modality"] == "protein", "rmse"]
    assert list(found[["mean", "lower", "upper"]]) == pytest.approx(corrected_t(own.to_numpy(), 0)[:3])


def test_constant_features_are_counted_out_of_every_metric():
    scores = make_scores()
    scores.loc[(scores["feature"] == "f3") & (scores["modality"] == "rna"), ["pearson", "spearman", "r2"]] = np.nan
    table = imputation({"ridge": scores}, 0.25).set_index(["modality", "metric"])
    assert table.loc[("rna", "pearson"), "n_features"] == 29
    assert table.loc[("rna", "rmse"), "n_features"] == 29
    assert table.loc[("protein", "rmse"), "n_features"] == 30
    others = scores[(scores["modality"] == "rna") & (scores["feature"] != "f3")]
    for metric in ("pearson", "rmse"):
        assert table.loc[("rna", metric), "mean"] == pytest.approx(others.groupby("fold")[metric].mean().mean())


def test_an_assay_that_is_constant_where_hidden_has_no_score():
    scores = make_scores().assign(coverage=1.0)
    scores.loc[scores["modality"] == "rna", ["pearson", "spearman", "r2"]] = np.nan
    table = imputation({"ridge": scores}, 0.25)
    own = table[table["modality"] == "rna"]
    assert {"rmse", "coverage"} <= set(own["metric"])
    assert (own["n_features"] == 0).all() and own["mean"].isna().all()
    assert table.loc[table["modality"] == "protein", "mean"].notna().all()


@pytest.mark.parametrize("empty", [pd.DataFrame(), make_scores()[:0]])
def test_a_cohort_of_one_modality_has_no_scores(empty):
    table = imputation({"ridge": empty}, 0.25)
    assert list(table.columns) == COLUMNS and not len(table)


def test_an_imputer_without_uncertainty_has_no_coverage():
    assert "coverage" not in set(imputation({"mean": make_scores()}, 0.25)["metric"])


def test_nothing_imputed():
    assert list(imputation({}, 0.25).columns) == COLUMNS
