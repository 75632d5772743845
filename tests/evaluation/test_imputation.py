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


def test_constant_features_are_counted_out_of_their_metric_only():
    scores = make_scores()
    scores.loc[(scores["feature"] == "f3") & (scores["modality"] == "rna"), "pearson"] = np.nan
    table = imputation({"ridge": scores}, 0.25).set_index(["modality", "metric"])
    assert table.loc[("rna", "pearson"), "n_features"] == 29
    assert table.loc[("rna", "rmse"), "n_features"] == 30
    others = scores[(scores["modality"] == "rna") & (scores["feature"] != "f3")]
    assert table.loc[("rna", "pearson"), "mean"] == pytest.approx(others.groupby("fold")["pearson"].mean().mean())


def test_an_imputer_without_uncertainty_has_no_coverage():
    assert "coverage" not in set(imputation({"mean": make_scores()}, 0.25)["metric"])


def test_nothing_imputed():
    assert list(imputation({}, 0.25).columns) == COLUMNS
