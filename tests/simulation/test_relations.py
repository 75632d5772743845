"""What is planted between assays and in who lacks them is found by what should find it, and by nothing else."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from mmomics import keys, plugins
from mmomics.__main__ import main
from mmomics.cohort.data import CohortData
from mmomics.evaluation.missingness import OTHERS, missingness
from mmomics.simulation import effects, factors, subjects
from mmomics.simulation.plan import ASSAYS, Plan

HELD = 150


def simulated(plan, modalities=ASSAYS):
    """Standardised values of every subject, and what they are made of."""
    latents = factors.draw(factors.sources(plan), plan.n_subjects, plan.random("subjects"))  # as `subjects.make` draws them
    made = {name: effects.make(plan, name, latents) for name in modalities}
    values = {name: each.draw(np.arange(plan.n_subjects), slice(None), plan.random(name, "values")) for name, each in made.items()}
    return made, {name: ((x - x.mean(0)) / x.std(0)).astype("float32") for name, x in values.items()}


def explained(imputer, x, target, features):
    """Mean R2 of some features of an assay, hidden in the last rows."""
    x = {name: torch.as_tensor(values) for name, values in x.items()}
    own = plugins.load("imputation", imputer).Imputer()
    own.fit(
        *({name: part[:-HELD] for name, part in each.items()} for each in (x, {name: torch.ones(len(v)).bool() for name, v in x.items()}))
    )
    seen = {name: torch.full((HELD,), name != target) for name in x}
    truth = x[target][-HELD:]
    mean, _ = own.predict(target, {name: v[-HELD:] * (name != target) for name, v in x.items()}, seen)
    return float((1 - ((truth - mean) ** 2).sum(0) / ((truth - truth.mean(0)) ** 2).sum(0))[features].mean())


def r2(nonlinear):
    made, x = simulated(Plan(n_subjects=600, n_features=40, devices=(), nonlinear=nonlinear), ("rna", "methylation"))
    shared = made["methylation"].loadings[made["methylation"].factors.index("inflammation")] != 0
    return [explained(name, x, "methylation", shared) for name in ("ridge", "kernel_ridge")]


def test_relations_that_are_nonlinear_are_told_by_kernels_and_not_by_lines():
    ridge, kernel = r2(nonlinear=True)
    assert ridge < 0.03 and kernel > ridge + 0.15
    ridge, kernel = r2(nonlinear=False)
    assert ridge > 0.3 and kernel > ridge - 0.05


def test_bent_factors_have_unit_variance_and_are_uncorrelated():
    factor = np.random.default_rng(0).normal(size=100_000)
    np.testing.assert_allclose(np.cov([effects.bent(factor, waves) for waves in (1, 2, 3)]), np.eye(3), atol=0.02)
    assert abs(np.corrcoef(factor, effects.bent(factor, 2))[0, 1]) < 0.02 < 0.9 < abs(np.corrcoef(factor, effects.bent(factor, 1))[0, 1])


def test_assays_that_share_a_factor_bend_it_differently():
    for modalities in factors.SHARED.values():
        waves = [effects.WAVES[name] for name in modalities if name in effects.WAVES]
        assert len(set(waves)) == len(waves)


def test_the_truth_tells_what_is_bent(tmp_path):
    for name, options in (("straight", []), ("bent", ["--nonlinear"])):
        made = ["simulate", "--output", str(tmp_path / name), "--n-subjects", "30", "--n-features", "10", "--devices", *options]
        assert main(made) == 0
    straight, bent = (json.loads((tmp_path / name / "truth.json").read_text()) for name in ("straight", "bent"))
    assert straight["nonlinear"]["waves"] == {} and bent["nonlinear"]["waves"] == effects.WAVES and bent["settings"]["nonlinear"] is True
    tables = [pd.read_csv(tmp_path / name / "truth_subjects.tsv", sep="\t") for name in ("straight", "bent")]
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.parametrize("missing", ["random", "informative"])
def test_assays_that_lack_because_of_the_outcome_are_warned_of(missing):
    plan = Plan(n_subjects=500, n_features=40, devices=(), missing=missing, missing_share=0.3, seed=1)
    people, (_, values) = subjects.make(plan), simulated(plan)
    for name, x in values.items():
        x[~people.seen[name]] = np.nan
    obs = people.clinical[["age"]].apply(pd.to_numeric).set_axis(people.names)
    obs[keys.LABEL] = people.clinical["outcome"].replace("", None).to_numpy()
    features = {name: np.arange(x.shape[1]).astype(str) for name, x in values.items()}
    table = missingness(CohortData(obs, values, people.seen, features, {"task": "binary", "unit": "", "classes": []}), ["age"])
    found = table[table["flagged"]].groupby("variable")["modality"].agg(set).to_dict()
    if missing == "random":
        assert not found
    else:
        assert "protein" in found[OTHERS]  # what makes an assay lack is seen in the others
        assert found["outcome"] >= {"rna", "protein"} and found["age"] >= {"methylation", "metabolome"}
