"""Quality of an assay: what is planted is found, and what is clean is left alone."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mmomics.cohort import quality, suspects
from mmomics.cohort.association import association
from mmomics.cohort.components import components
from mmomics.cohort.ingest import ingest
from mmomics.cohort.normalize import normalize


def assay(n=80, p=400, rank=3, seed=0, values="log2", kind="generic"):
    """Samples of a low-rank structure and noise, normalised."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, rank)) @ rng.normal(size=(rank, p)) + rng.normal(size=(n, p)) + rng.normal(8, 2, p)
    obs = pd.DataFrame({"subject": [f"P{i}" for i in range(n)]}, index=[f"S{i}" for i in range(n)])
    return normalize(anndata.AnnData(x.astype("float32"), obs=obs, uns={"kind": kind, "values": values}))


def counts(n=80, p=300, seed=0):
    rng = np.random.default_rng(seed)
    depth = rng.lognormal(0, 0.2, (n, 1))
    x = rng.poisson(depth * rng.lognormal(4, 1, p))
    obs = pd.DataFrame({"subject": [f"P{i}" for i in range(n)]}, index=[f"S{i}" for i in range(n)])
    return anndata.AnnData(x.astype("float32"), obs=obs, uns={"kind": "rna", "values": "counts"})


def flagged(table):
    return sorted(zip(table["sample"], table["flag"], strict=True))


def table_of(n, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"plate": rng.integers(0, 4, n).astype(str), "run_order": rng.permutation(n).astype(str), "Sex": rng.choice(["m", "f"], n)},
        index=[f"S{i}" for i in range(n)],
    )


@pytest.mark.parametrize("rank", [0, 4])
@pytest.mark.parametrize("n", [20, 150])
def test_clean_data_are_flagged_at_about_the_nominal_rate(n, rank):
    found = [quality.flags("x", assay(n, 300, rank, seed)) for seed in range(12)]
    assert stats.binomtest(sum(map(len, found)), 12 * n, suspects.CHANCE, "greater").pvalue > 0.001
    assert set(pd.concat(found)["flag"]) <= {"outlier"}


def test_library_sizes_of_clean_counts_are_flagged_at_the_nominal_rate():
    found = pd.concat([quality.flags("x", normalize(counts(200, 100, seed))) for seed in range(10)])
    nominal = 2 * stats.norm.sf(suspects.DEVIATIONS)
    assert stats.binomtest(int((found["flag"] == "library_size").sum()), 2000, nominal, "greater").pvalue > 0.001


def test_codes_and_genes_that_became_dates_are_flagged_by_name():
    clean = assay(40, 30, kind="protein")
    clean.var_names = [f"g{i}" for i in range(27)] + ["1-MAR-1", "SEPT", "MARCH1"]
    names = {"missing_codes", "dates_for_genes"}
    assert not names & set(quality.checks("x", clean)["check"])
    spoilt = clean.copy()
    spoilt.var_names = ["1-Mar", "2-Sep", "2019-09-07", "Dec-01", *clean.var_names[4:]]
    spoilt.layers["measured"][[3, 5], 9] = -999
    told = quality.checks("x", spoilt).set_index("check").loc[sorted(names)]
    assert told["value"].tolist() == [4, 2] and told["flagged"].all()
    assert "(g9: -999, 2 times)" in told.loc["missing_codes", "explanation"]
    assert "(1-Mar, 2-Sep, 2019-09-07, Dec-01)" in told.loc["dates_for_genes", "explanation"]


def test_structure_that_is_not_there_is_not_found():
    tables = [quality.checks("x", assay(60, 200, 3, seed), table_of(60, seed)) for seed in range(40)]
    table = pd.concat(tables).dropna(subset="p_value")
    assert table["check"].value_counts().to_dict() == {"batch": 40, "drift": 40, "sex": 40}
    for found, nominal in ((table["p_value"] < 0.1, 0.1), (table["flagged"], quality.ALPHA)):
        assert stats.binomtest(int(found.sum()), len(table), nominal, "greater").pvalue > 0.001


def test_a_shallow_and_a_deep_sample_are_flagged():
    measured = counts()
    measured.X[3] //= 20
    measured.X[7] *= 20
    table = quality.flags("rna", normalize(measured))
    table = table[table["flag"] == "library_size"].set_index("sample")
    assert {"S3", "S7"} <= set(table.index)
    sizes = measured.to_df().sum(axis=1)
    np.testing.assert_allclose(table.loc[["S3", "S7"], "value"], sizes[["S3", "S7"]], rtol=1e-6)
    assert sizes["S3"] < table.at["S3", "threshold"] < sizes.median() < table.at["S7", "threshold"] < sizes["S7"]


def test_a_sample_that_lacks_more_than_the_others_is_flagged_and_an_empty_one_is_not():
    given = assay()
    given.layers["measured"][:, :40] = given.X[:, :40] = np.nan  # what all lack
    given.layers["measured"][5, :200] = given.X[5, :200] = np.nan
    given.layers["measured"][6] = given.X[6] = np.nan
    table = quality.flags("x", given)
    assert flagged(table) == [("S5", "missing")]
    assert table.at[0, "value"] == pytest.approx(0.5) and table.at[0, "threshold"] < 0.5


def test_a_degraded_sample_is_an_outlier_and_a_small_subtype_is_none():
    given = assay(100, rank=0)
    rng = np.random.default_rng(1)
    given.X[9] = rng.permutation(given.X[9])
    subtype = [20, 21, 22, 23, 24, 25]
    given.X[subtype] += 3 * rng.normal(size=400)
    table = quality.flags("x", given)
    assert flagged(table) == [("S9", "outlier")]
    assert table.at[0, "value"] > table.at[0, "threshold"]


def test_a_copy_under_another_subjects_name_is_flagged_on_both_sides():
    given = assay()
    given.X[11] = given.X[4] + np.random.default_rng(2).normal(0, 0.01, 400)
    table = quality.flags("x", given)
    assert flagged(table) == [("S11", "duplicate"), ("S4", "duplicate")]
    assert "(S4)" in table.set_index("sample").at["S11", "explanation"]
    given.obs["subject"] = given.obs["subject"].replace("P11", "P4")  # the same person twice is no swap
    assert not len(quality.flags("x", given))


def test_all_that_a_sample_resembles_are_named():
    given = assay()
    for place in (11, 17):
        given.X[place] = given.X[4] + np.random.default_rng(place).normal(0, 0.01, 400)
    table = quality.flags("x", given)
    assert flagged(table) == [("S11", "duplicate"), ("S17", "duplicate"), ("S4", "duplicate")]
    told = table.set_index("sample")["explanation"]
    assert [told[each].rpartition(" (")[2] for each in ("S4", "S11", "S17")] == ["S11, S17)", "S4, S17)", "S4, S11)"]
    assert (table["value"] > 0.999).all()


def test_the_samples_table_says_who_is_who():
    given = assay()
    given.X[11] = given.X[4]
    who = pd.DataFrame({"subject": "someone"}, index=given.obs["subject"].iloc[[4, 11]])
    assert len(quality.flags("x", given)) == 2
    assert not len(quality.flags("x", given, who))


def test_equal_rows_of_a_table_of_alterations_are_no_copies():
    x = (np.random.default_rng(3).random((60, 200)) < 0.03).astype("float32")
    x[:20] = 0
    obs = pd.DataFrame({"subject": [f"P{i}" for i in range(60)]}, index=[f"S{i}" for i in range(60)])
    given = normalize(anndata.AnnData(x, obs=obs, uns={"kind": "mutation", "values": "binary"}))
    assert not len(quality.flags("mutation", given))


@pytest.mark.parametrize(("column", "check"), [("plate", "batch"), ("run_order", "drift"), ("Sex", "sex")])
def test_planted_structure_is_found_and_no_other(column, check):
    given, obs = assay(100, seed=4), table_of(100, 4)
    rng = np.random.default_rng(5)
    level = stats.zscore(pd.Categorical(obs[column]).codes if check != "drift" else obs[column].astype(float))
    given.X[:] += (1.5 * level[:, None] * rng.normal(size=400)).astype("float32")
    table = quality.checks("x", given, obs).set_index("check")
    assert table.index[table["flagged"]].tolist() == [check]
    assert table.at[check, "value"] > 0.05 and table.at[check, "p_value"] < 1e-6
    assert f"'{column}'" in table.at[check, "explanation"]


def test_the_named_batch_is_looked_at_whatever_it_is_called():
    given, obs = assay(100), table_of(100)[["plate"]].rename(columns={"plate": "hospital"})
    assert "batch" not in quality.checks("x", given, obs)["check"].to_list()
    assert "batch" in quality.checks("x", given, obs, "hospital")["check"].to_list()


def test_columns_that_say_nothing_are_left_out():
    found = components(assay(40))
    for cells in (["a"] * 40, [f"one of a kind {i}" for i in range(40)], [np.nan] * 40):
        assert association(found, pd.Series(cells, dtype=object)) is None
    dates = pd.Series(pd.date_range("2020-01-01", periods=40, freq="D").astype(str))
    about = association(found, dates)
    assert about is not None and about.ordered


def test_association_agrees_with_scipy():
    found = components(assay(60))
    labels = pd.Series(np.random.default_rng(6).integers(0, 3, 60).astype(str))
    ranks = stats.rankdata(found.scores, axis=0)
    p = [stats.f_oneway(*(ranks[labels == level, k] for level in "012")).pvalue for k in range(ranks.shape[1])]
    assert association(found, labels).p_value == pytest.approx(stats.false_discovery_control(p).min(), rel=1e-6)
    order = pd.Series(np.random.default_rng(7).permutation(60))
    p = [stats.spearmanr(order, found.scores[:, k]).pvalue for k in range(ranks.shape[1])]
    assert association(found, order).p_value == pytest.approx(stats.false_discovery_control(p).min(), rel=1e-6)


def test_the_same_assay_gives_the_same_tables_and_is_left_alone():
    given, obs = assay(120, 800), table_of(120)
    before = given.X.copy()
    first, second = (pd.concat([quality.flags("x", given, obs), quality.checks("x", given, obs)]) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    np.testing.assert_array_equal(given.X, before)
    shared = components(given)
    pd.testing.assert_frame_equal(quality.checks("x", given, obs, found=shared), quality.checks("x", given, obs))


@pytest.mark.parametrize("shape", [(1, 5), (3, 400), (12, 1), (30, 2)])
def test_small_assays_make_tables(shape):
    x = np.random.default_rng(8).normal(size=shape).astype("float32")
    obs = pd.DataFrame({"subject": [f"P{i}" for i in range(shape[0])]}, index=[f"S{i}" for i in range(shape[0])])
    given = normalize(anndata.AnnData(x, obs=obs, uns={"kind": "generic", "values": "numeric"}))
    assert list(quality.flags("x", given)) == quality.FLAG_COLUMNS
    assert list(quality.checks("x", given, table_of(shape[0]))) == quality.CHECK_COLUMNS
    given.X[:] = given.layers["measured"][:] = 1.0
    assert not len(quality.flags("x", given))
    assert quality.checks("x", given).set_index("check").at["constant_features", "flagged"]


def test_features_of_device_records_are_looked_at_too():
    given = assay(60, 30)
    given.uns |= {"kind": "cgm", "values": "record"}
    assert "constant_features" in quality.checks("cgm", given)["check"].to_list()
    assert "library_size_median" not in quality.measured(given)["metric"].to_list()


def test_measured_counts_what_is_there():
    given = counts(4, 5)
    given.X[:] = [[1, 5, 0, np.nan, 2], [3, 5, 2, np.nan, 2], [4, 5, np.nan, np.nan, 0], [np.nan] * 5]
    given.obs["subject"] = ["A", "A", "B", "C"]
    table = quality.measured(given).set_index("metric")["value"]
    assert table.drop(table.index[table.index.str.startswith("library")]).to_dict() == {
        "n_samples": 4, "n_subjects": 3, "n_replicates": 1, "n_features": 5, "missing_share": pytest.approx(9 / 20),
        "all_missing_features": 1, "constant_features": 1, "empty_samples": 1, "zero_share": pytest.approx(2 / 11, abs=1e-6),
        "minimum": 0, "maximum": 5,
    }  # fmt: skip
    assert table["library_size_median"] == np.median([8, 12, 9, 0])


def test_the_validation_part_of_the_cytometry_differs(study):
    """The provenance of the cohort: cytometry transfers poorly without batch correction."""
    from mmomics.cohort import samples

    settings = study("labor")
    setting = settings.cohort.assays["cytometry"]
    given = normalize(ingest("cytometry", setting, settings.folder), setting.normalize)
    table = quality.checks("cytometry", given, samples.read(settings.cohort.samples, settings.folder)).set_index("check")
    assert table.at["batch", "flagged"] and table.at["batch", "value"] > 0.1
    assert "'part'" in table.at["batch", "explanation"]


def test_real_z_scores_are_called_heavy_tailed(study):
    settings = study("luad")
    setting = settings.cohort.assays["rna"]
    table = quality.checks("rna", normalize(ingest("rna", setting, settings.folder), setting.normalize)).set_index("check")
    assert table.at["heavy_tails", "flagged"] and table.at["heavy_tails", "value"] > 7000
