"""Quality of imputed assays, from the scores of single features."""

import numpy as np
import pandas as pd
import pytest

from mmomics.evaluation.imputation import COLUMNS, COMPARISONS, comparisons, imputation
from mmomics.evaluation.intervals import corrected_t


def make_scores(folds=4, n_features=30, seed=0):
    rng = np.random.default_rng(seed)
    rows = [
        {"repeat": 0, "fold": fold, "hidden": "alone", "modality": modality, "feature": f"f{j}", "n": 20,
         "pearson": np.tanh(rng.normal(0.5, 0.3)),
         "spearman": 0.4, "r2": rng.normal(0.2, 0.1), "rmse": rng.uniform(0.7, 1.0), "coverage": np.nan,
         "width": 3.1}
        for fold in range(folds) for modality in ("rna", "protein") for j in range(n_features)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def make_assays(folds=4, energy=0.1):
    rows = [(0, fold, "alone", name, 20, 30, energy + 0.01 * fold, 0.5) for fold in range(folds) for name in ("rna", "protein")]
    return pd.DataFrame(rows, columns=["repeat", "fold", "hidden", "modality", "n", "n_features", "energy", "structure"])


def test_interval_over_folds():
    scores = make_scores()
    table = imputation({"ridge": scores}, {}, 0.25).set_index(["modality", "metric"])
    own = scores[scores["modality"] == "rna"].groupby("fold")["pearson"].mean()
    found = table.loc[("rna", "pearson")]
    assert list(found[["mean", "lower", "upper"]]) == pytest.approx(corrected_t(own.to_numpy(), 0.25)[:3])
    assert found["n_features"] == 30


def test_features_of_one_fold_make_no_interval():
    scores = make_scores(folds=1)
    found = imputation({"ridge": scores}, {}, 0.25).set_index(["modality", "metric"]).loc[("protein", "rmse")]
    assert found["mean"] == pytest.approx(scores.loc[scores["modality"] == "protein", "rmse"].mean())
    assert np.isnan(found["lower"]) and np.isnan(found["upper"])


def test_constant_features_are_counted_out_of_every_metric():
    scores = make_scores()
    scores.loc[(scores["feature"] == "f3") & (scores["modality"] == "rna"), ["pearson", "spearman", "r2"]] = np.nan
    table = imputation({"ridge": scores}, {}, 0.25).set_index(["modality", "metric"])
    assert table.loc[("rna", "pearson"), "n_features"] == 29
    assert table.loc[("rna", "rmse"), "n_features"] == 29
    assert table.loc[("protein", "rmse"), "n_features"] == 30
    others = scores[(scores["modality"] == "rna") & (scores["feature"] != "f3")]
    for metric in ("pearson", "rmse"):
        assert table.loc[("rna", metric), "mean"] == pytest.approx(others.groupby("fold")[metric].mean().mean())


def test_an_assay_that_is_constant_where_hidden_has_no_score():
    scores = make_scores().assign(coverage=1.0)
    scores.loc[scores["modality"] == "rna", ["pearson", "spearman", "r2"]] = np.nan
    table = imputation({"ridge": scores}, {}, 0.25)
    own = table[table["modality"] == "rna"]
    assert {"rmse", "coverage"} <= set(own["metric"])
    assert (own["n_features"] == 0).all() and own["mean"].isna().all()
    assert table.loc[table["modality"] == "protein", "mean"].notna().all()


@pytest.mark.parametrize("empty", [pd.DataFrame(), make_scores()[:0]])
def test_a_cohort_of_one_modality_has_no_scores(empty):
    table = imputation({"ridge": empty}, {}, 0.25)
    assert list(table.columns) == COLUMNS and not len(table)


def test_an_imputer_without_uncertainty_has_no_coverage():
    assert "coverage" not in set(imputation({"mean": make_scores()}, {}, 0.25)["metric"])


def test_nothing_imputed():
    assert list(imputation({}, {}, 0.25).columns) == COLUMNS


def test_scores_of_whole_assays_stand_beside_those_of_features():
    table = imputation({"ridge": make_scores()}, {"ridge": make_assays()}, 0.25).set_index(["modality", "metric"])
    found = table.loc[("rna", "energy")]
    assert list(found[["mean", "lower", "upper"]]) == pytest.approx(corrected_t(0.1 + 0.01 * np.arange(4), 0.25)[:3])
    assert found["n_features"] == 30 and table.loc[("protein", "structure"), "mean"] == 0.5


def test_predictable_is_the_share_of_features_that_are_told_at_all():
    scores = make_scores()
    scores["r2"] = np.where(scores["feature"].str.removeprefix("f").astype(int) < 12, 0.3, 0.0)
    table = imputation({"ridge": scores}, {}, 0.25).set_index(["modality", "metric"])
    assert table.loc[("rna", "predictable"), "mean"] == pytest.approx(12 / 30)


def test_each_imputer_is_compared_with_the_best_simple_one_fold_by_fold():
    scores = {name: make_scores(seed=seed) for seed, name in enumerate(("mean", "ridge", "ours"))}
    scores["ridge"]["rmse"] -= 0.2
    scores["ours"] = scores["ridge"].assign(rmse=scores["ridge"]["rmse"] - 0.05 - 0.01 * scores["ridge"]["fold"])
    table = comparisons(scores, {}, ["mean", "ridge"], 0.25)
    assert list(table.columns) == COMPARISONS and set(table["reference"]) == {"ridge"}
    own = table[(table["imputer"] == "ours") & (table["modality"] == "rna") & (table["metric"] == "rmse")].iloc[0]
    expected = corrected_t(-0.05 - 0.01 * np.arange(4), 0.25)
    assert list(own[["difference", "lower", "upper", "p_value"]]) == pytest.approx(list(expected))
    both = table[(table["imputer"] == "ours") & (table["metric"] == "rmse")]  # rna and protein, alike
    assert list(both["p_adjusted"]) == pytest.approx([min(1, 2 * expected.p_value)] * 2)
    one = comparisons({name: own[own["fold"] == 0] for name, own in scores.items()}, {}, ["mean", "ridge"], 0.25)
    first = one[(one["imputer"] == "mean") & (one["modality"] == "rna") & (one["metric"] == "rmse")].iloc[0]
    pairs = (scores["mean"]["rmse"] - scores["ridge"]["rmse"])[(scores["mean"]["fold"] == 0) & (scores["mean"]["modality"] == "rna")]
    assert first["difference"] == pytest.approx(pairs.mean())
    assert first[["lower", "upper", "p_value"]].isna().all()


def test_without_a_simple_imputer_nothing_is_compared():
    assert comparisons({"ours": make_scores()}, {}, ["mean"], 0.25).empty
