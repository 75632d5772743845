"""Missingness that has to do with the subjects is found and warned of; missingness by chance alone is not."""

import numpy as np
import pandas as pd
import pytest
from lifelines.statistics import logrank_test
from scipy import stats
from sklearn.metrics import roc_auc_score

from mmomics.cohort.data import CohortData
from mmomics.evaluation import independence, outsiders
from mmomics.evaluation.chance import by_chance
from mmomics.evaluation.missingness import ALL, COLUMNS, DISTANCE, OTHERS, SINGLE, distances, missingness
from mmomics.evaluation.patterns import patterns


def make_cohort(mechanism, n=240, seed=0, share=0.35):
    """Three assays of common factors and an age; `a` is missing by chance (mcar), by age (mar), or by its own values (mnar)."""
    rng = np.random.default_rng([seed, 11])
    z = rng.normal(size=(n, 3))
    age = rng.normal(size=n)
    values = {name: (z @ rng.normal(size=(3, 30)) + rng.normal(size=(n, 30))).astype("float32") for name in ("a", "b", "c")}
    driver = {"mcar": np.zeros(n), "mar": age, "mnar": z @ [1.0, 0.6, 0.0]}[mechanism]
    cut = np.quantile(driver + 0.5 * rng.normal(size=n), 1 - share) if mechanism != "mcar" else None
    lacks = rng.random(n) < share if cut is None else driver + 0.5 * rng.normal(size=n) > cut
    seen = {"a": ~lacks, "b": rng.random(n) > 0.15, "c": np.ones(n, dtype=bool), "clinical": np.ones(n, dtype=bool)}
    values["clinical"] = age[:, None].astype("float32")
    for name, flags in seen.items():
        values[name][~flags] = np.nan
    obs = pd.DataFrame({"outcome": np.where(rng.random(n) < 0.4, "ill", "well"), "age": age, "sex": rng.choice(["f", "m"], n)})
    obs.index = [f"s{k:03d}" for k in range(n)]
    features = {name: np.array([f"{name}{k}" for k in range(block.shape[1])]) for name, block in values.items()}
    return CohortData(obs, values, seen, features, {"task": "binary", "unit": "", "classes": ["well", "ill"]})


def flagged(table, variable, modality="a"):
    return bool(table[(table["modality"] == modality) & (table["variable"] == variable)]["flagged"].iloc[0])


@pytest.mark.parametrize("seed", range(3))
def test_missingness_by_age_is_found(seed):
    table = missingness(make_cohort("mar", seed=seed), ["age", "sex"])
    assert list(table.columns) == COLUMNS
    assert flagged(table, "age") and not flagged(table, "sex") and not flagged(table, "outcome")
    assert flagged(table, OTHERS)  # covariates are among what tells


@pytest.mark.parametrize("by_outcome", [True, False])
def test_single_values_that_are_missing_by_the_outcome_are_found(by_outcome):
    found = []
    for seed in range(6):
        cohort = make_cohort("mcar", seed=seed)
        cases = (cohort.obs["outcome"] == "ill").to_numpy() if by_outcome else np.zeros(len(cohort.obs), dtype=bool)
        rng = np.random.default_rng(seed)
        cohort.values["c"][rng.random(cohort.values["c"].shape) < np.where(cases, 0.35, 0.1)[:, None]] = np.nan
        table = missingness(cohort, ["age"], seed)
        own = table[table["modality"] == "c" + SINGLE].set_index("variable")
        assert set(own.index) == {"outcome", "age"} and own.loc["outcome", ["n_with", "n_without"]].sum() == 240
        found.append((own.loc["outcome", "flagged"], own.loc["age", "flagged"]))
    outcome, age = (sum(flags) for flags in zip(*found, strict=True))
    assert outcome == 6 if by_outcome else outcome + age <= 1  # in some cohorts cases are older by chance


@pytest.mark.parametrize("seed", range(3))
def test_missingness_by_the_values_themselves_is_warned_of(seed):
    table = missingness(make_cohort("mnar", seed=seed), ["age", "sex"])
    told = table[(table["modality"] == "a") & (table["variable"] == OTHERS)].iloc[0]
    assert told["flagged"] and told["estimate"] > 0.7 and told["lower"] > 0.5
    assert not flagged(table, "age")
    assert table[table["variable"] == ALL]["p_value"].iloc[0] < 0.01


def test_missingness_by_chance_is_hardly_ever_flagged():
    found = [missingness(make_cohort("mcar", seed=seed, n=120), ["age", "sex"], seed) for seed in range(20)]
    assert sum(table["flagged"].any() for table in found) <= 4  # two families of tests at 5 %
    p = np.array([table[table["variable"] == ALL]["p_value"].iloc[0] for table in found])
    assert stats.kstest(p, "uniform").pvalue > 0.01
    told = np.array([table[table["variable"] == OTHERS]["p_value"] for table in found])
    assert (told < 0.05).mean() < 0.12
    outside = pd.concat([table[table["variable"] == DISTANCE] for table in found])
    assert np.average(outside["estimate"], weights=outside["n_without"]) < 0.09


def scores_of(n_assays, slope, seed, n=150):
    """Two components of each assay, of common factors; each but the first is missing, by a factor or an age where `slope` is not 0."""
    rng = np.random.default_rng([seed, n_assays])
    z, age = rng.normal(size=(n, 4)), rng.normal(size=n)
    blocks = [age[:, None]]
    for place in range(n_assays):
        block = 0.7 * z @ rng.normal(size=(4, 2)) + rng.normal(size=(n, 2))
        chance = 1 / (1 + np.exp(0.85 - slope * (age if place % 2 else z[:, 0])))
        block[(rng.random(n) < chance) & (place > 0)] = np.nan
        blocks.append(block)
    return np.column_stack(blocks)


@pytest.mark.parametrize("n_assays", [6, 9])
def test_all_assays_together_are_tested_with_the_right_size_and_power_however_many_there_are(n_assays):
    p = np.array([by_chance(scores_of(n_assays, 0, seed), seed)[2] for seed in range(25)])
    assert (p < 0.05).sum() <= 4 and (p < 0.5).sum() >= 6
    assert all(by_chance(scores_of(n_assays, 1.5, seed), seed)[2] < 0.01 for seed in range(3))


def test_nothing_is_said_where_nothing_is_missing_and_rows_without_anything_are_not_counted():
    x = scores_of(2, 0, 0)
    assert by_chance(np.random.default_rng(0).normal(size=(30, 4)), 0) is None
    assert by_chance(np.vstack([x, np.full((10, x.shape[1]), np.nan)]), 0)[1] == len(x)


@pytest.mark.parametrize("n", [20, 40, 60, 100, 140, 200, 380])
def test_the_outermost_are_a_twentieth(n):
    assert outsiders._outermost(n) == n // 20 and outsiders._outermost(n + 1) == n // 20 + 1


def test_subjects_beyond_those_who_have_the_assay_are_far_out():
    data = make_cohort("mcar", seed=1)
    strange = np.flatnonzero(~data.seen["a"])[:20]
    data.values["c"][strange] = data.values["c"][strange] * 3 + 6
    share = distances(data)["a"]
    assert (share.iloc[strange] > 0.95).mean() > 0.8
    assert share[data.seen["a"]].isna().all() and share.dropna().between(0, 1).all()
    assert flagged(missingness(data, []), DISTANCE)


@pytest.mark.parametrize(("n", "sizes"), [(40, (5,)), (60, (5, 5, 5)), (120, (5, 5))])
def test_lying_outside_has_its_size_where_assays_are_missing_by_chance(n, sizes):
    rng = np.random.default_rng(n)
    p, share = [], []
    for _ in range(300):
        seen = {"a": rng.random(n) > 0.45, **{f"m{k}": rng.random(n) > 0.2 * k for k in range(len(sizes))}}
        scores = {f"m{k}": np.where(seen[f"m{k}"][:, None], rng.normal(size=(n, size)), np.nan) for k, size in enumerate(sizes)}
        found = outsiders.outside(outsiders.Summary(scores, seen), "a")
        if found is not None:
            share.append(found[0] / found[1])
            p.append(found[2])
    assert len(p) > 250 and np.mean(np.array(p) < 0.05) <= 0.08
    assert 0.04 < np.mean(share) < 0.07


def test_of_too_many_components_for_the_reference_the_leading_are_looked_at():
    rng = np.random.default_rng(0)
    seen = {"a": np.arange(40) < 20, "b": np.ones(40, dtype=bool), "c": np.ones(40, dtype=bool)}
    scores = {name: rng.normal(size=(40, 5)) for name in "bc"}
    before = outsiders.beyond(outsiders.Summary(scores, seen), "a")
    for own in scores.values():
        own[:, 2:] = 100 * rng.normal(size=(40, 3))  # twenty subjects bear four components, two of each
    np.testing.assert_array_equal(before, outsiders.beyond(outsiders.Summary(scores, seen), "a"))
    assert np.isfinite(before[20:]).all()


def test_components_of_rounding_are_not_looked_at():
    data = make_cohort("mcar", n=100)
    sex = np.random.default_rng(0).random(100) < 0.5
    data.values["clinical"] = np.column_stack([sex, ~sex, data.values["clinical"][:, 0]]).astype("float32")
    assert outsiders.summarize(data).scores["clinical"].shape[1] == 2


def test_very_few_subjects_are_no_error():
    table = missingness(make_cohort("mcar", n=8, share=0.5), ["age"])
    assert list(table.columns) == COLUMNS and not table["flagged"].any()


def test_permutations_suffice_for_the_whole_family_of_tests():
    summary = outsiders.summarize(make_cohort("mnar"))
    few, many = (outsiders.telling(summary, "a", 0, n_tests)[3] for n_tests in (1, 60))
    assert few * 60 > 0.05 > many * 60


def test_a_complete_cohort_has_nothing_to_test():
    data = make_cohort("mcar")
    whole = {name: np.ones(240, dtype=bool) for name in data.seen}
    values = {name: np.nan_to_num(block) for name, block in data.values.items()}
    table = missingness(CohortData(data.obs, values, whole, data.features, data.outcome), ["age"])
    assert list(table.columns) == COLUMNS and table.empty


def test_patterns_count_every_subject_once():
    data = make_cohort("mcar")
    seen = pd.DataFrame({name: data.seen[name] for name in ("a", "b", "c")})
    table = patterns(seen, pd.Series(True, index=seen.index))
    assert table["n_subjects"].sum() == 240 and len(table) == 4
    assert table.set_index(["a", "b", "c"]).loc[(True, True, True), "n_subjects"] == (seen.all(axis=1)).sum()


def test_area_is_that_of_scikit_learn_and_covers():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(300):
        positive = rng.random(80) < 0.4
        values = np.round(rng.normal(size=80) + positive, 1)
        estimate, lower, upper = independence.area(values, positive)
        assert estimate == pytest.approx(roc_auc_score(positive, values))
        inside += lower <= stats.norm.cdf(1 / 2**0.5) <= upper
    assert 0.9 < inside / 300 < 0.98


def test_log_rank_is_that_of_lifelines():
    rng = np.random.default_rng(3)
    group = rng.random(90) < 0.4
    time, censored = np.ceil(rng.exponential(20, 90) / (1 + group)), np.ceil(rng.exponential(25, 90))
    event = time <= censored
    time = np.minimum(time, censored)
    ratio, lower, upper, p = independence.log_rank(time, event, group)
    assert p == pytest.approx(logrank_test(time[group], time[~group], event[group], event[~group]).p_value, rel=1e-6)
    assert lower < ratio < upper and ratio > 1


def test_held_out_scores_never_see_their_own_label():
    rng = np.random.default_rng(0)
    x, labels, fold = rng.normal(size=(40, 3)), rng.random((40, 1)).round(), np.arange(40) % 5
    first = outsiders._held_out(x, labels, fold)
    changed = np.where((fold == 2)[:, None], 1 - labels, labels)
    np.testing.assert_array_equal(first[fold == 2], outsiders._held_out(x, changed, fold)[fold == 2])
