"""The predictor is the sum that the truth says, outcomes follow it, and nobody beats the best score."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score, roc_auc_score
from sksurv.metrics import concordance_index_censored

from mmomics.simulation import factors, outcome
from mmomics.simulation.plan import TASKS, Plan

MANY = 20_000


def score(task, table, eta):
    """The metric of a task for the predictor itself, by independent implementations."""
    if task == "regression":
        return r2_score(table["outcome"], LinearRegression().fit(eta[:, None], table["outcome"]).predict(eta[:, None]))
    if task == "survival":
        few = slice(0, 4000)
        return concordance_index_censored(table["event"].to_numpy(dtype=bool)[few], table["time_days"].to_numpy()[few], eta[few])[0]
    return roc_auc_score(table["outcome"] == "case", eta)


def test_the_table_of_subjects_adds_up_to_the_predictor(small):
    sources = small.truth["predictor"]["sources"]
    total = sum(small.subjects[f"source_{name}"] * each["weight"] for name, each in sources.items())
    np.testing.assert_allclose(total, small.subjects["predictor"], atol=1e-3)
    assert sum(each["share"] for each in sources.values()) == pytest.approx(1)
    assert sources["interaction"]["seen_in"] == ["rna", "cgm"]
    assert sources["eeg"]["weight"] == 0


@pytest.mark.parametrize("interaction", [0.0, 0.3, 1.0])
def test_variances_of_the_parts_are_the_stated_shares(interaction):
    plan = Plan(interaction=interaction, strength=2.0)
    parts = factors.sources(plan)
    latents = factors.draw(parts, 200_000, np.random.default_rng(0))
    eta = factors.predictor(parts, latents)
    assert eta.std() == pytest.approx(2, rel=0.02)
    for name, source in parts.items():
        assert np.var(source.weight * latents[name]) / 4 == pytest.approx(source.share, rel=0.05, abs=1e-3)


def test_the_interaction_is_seen_by_no_linear_model():
    parts = factors.sources(Plan(interaction=1.0))
    latents = factors.draw(parts, 50_000, np.random.default_rng(0))
    design = np.column_stack([values for name, values in latents.items() if name != "interaction"])
    eta = factors.predictor(parts, latents)
    assert LinearRegression().fit(design, eta).score(design, eta) < 0.005
    both = np.column_stack([latents[name] for name in parts["interaction"].modalities])
    assert LinearRegression().fit(both.prod(axis=1)[:, None], eta).score(both.prod(axis=1)[:, None], eta) == pytest.approx(1)


@pytest.mark.parametrize("task", [task for task in TASKS if task != "multiclass"])
def test_the_predictor_itself_reaches_the_best_score(task):
    plan = Plan(task=task, strength=2.0)
    parts = factors.sources(plan)
    random = np.random.default_rng(5)
    eta = factors.predictor(parts, factors.draw(parts, MANY, random))
    assert score(task, outcome.draw(plan, eta, random), eta) == pytest.approx(outcome.best(plan, parts)["everything"], abs=0.015)


def test_the_best_score_of_a_number_is_known_in_closed_form():
    plan = Plan(task="regression", strength=2.0, interaction=0.25)
    best = outcome.best(plan, factors.sources(plan))
    assert best["everything"] == pytest.approx(4 / 5, abs=0.01)
    assert best["additive"] == pytest.approx(3 / 5, abs=0.01)


@pytest.mark.parametrize("task", TASKS)
def test_more_knowledge_is_never_worse_and_no_signal_is_chance(task):
    plan = Plan(task=task)
    parts = factors.sources(plan)
    best = outcome.best(plan, parts)
    singles = [best[name] for name in plan.modalities]
    assert best["everything"] > best["additive"] > max(singles) + 0.05
    nothing = outcome.best(Plan(task=task, strength=0), factors.sources(Plan(task=task, strength=0)))
    assert nothing["everything"] == pytest.approx(0.0 if task == "regression" else 0.5, abs=0.02)
    assert best["eeg"] == pytest.approx(0.0 if task == "regression" else 0.5, abs=0.02)


def test_three_classes_are_ordered_and_about_equally_many():
    plan = Plan(task="multiclass")
    random = np.random.default_rng(0)
    eta = 3 * random.standard_normal(MANY)
    classes = outcome.draw(plan, eta, random)["outcome"]
    means = [eta[classes == name].mean() for name in outcome.CLASSES["multiclass"]]
    assert means == sorted(means)
    assert classes.value_counts(normalize=True).between(0.25, 0.42).all()
    np.testing.assert_allclose(outcome.probabilities(plan, eta).sum(axis=1), 1)


def test_survival_times_are_exponential_with_the_predictor_as_log_hazard():
    from lifelines import CoxPHFitter

    plan = Plan(task="survival")
    random = np.random.default_rng(0)
    eta = random.standard_normal(4000)
    table = outcome.draw(plan, eta, random).assign(eta=eta)
    fitted = CoxPHFitter().fit(table, "time_days", "event")
    assert fitted.params_["eta"] == pytest.approx(1, abs=0.08)
    assert 0.2 < 1 - table["event"].mean() < 0.5


def test_some_cells_of_the_clinical_table_are_empty(large):
    empty = large.clinical.isna().mean()
    for name, share in {"age": 0.03, "sex": 0.02, "outcome": 0.03}.items():
        assert empty[name] == pytest.approx(share, abs=0.012)
    assert (empty.drop(["age", "sex", "outcome"]) == 0).all()
    assert large.clinical["age"].corr(large.subjects["source_age"]) > 0.99
    assert pd.to_datetime(large.clinical["drawn"]).dt.hour.between(8, 9).all()
