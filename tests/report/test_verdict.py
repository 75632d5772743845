"""The first paragraph says what the numbers say."""

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmomics import plugins
from mmomics.commands import report
from mmomics.report.inputs import read_inputs
from mmomics.report.sections import headline, imputation, training
from mmomics.report.standing import Standing, standing
from tests.report.simulate import OUTCOMES


@pytest.fixture(scope="module", params=sorted(OUTCOMES))
def inputs(request, results):
    parser = argparse.ArgumentParser()
    report.add_arguments(parser)
    return read_inputs(parser.parse_args(results(request.param).arguments()))


def with_means(inputs, sign, values, difference_half):
    """The same inputs with these means of the primary metric, and comparisons that follow from them."""
    primary = plugins.load("evaluation", inputs.facts.task).PRIMARY
    table = inputs.table("summary").copy()
    own = table["metric"] == primary
    table.loc[own, "mean"] = table.loc[own, "model"].map(values)
    means = table[own].set_index("model")
    base = (sign * means.loc[means["family"] == "baseline", "mean"]).idxmax()
    gap = (means["mean"] - means.loc[base, "mean"]).drop(base)
    rows = {"metric": primary, "model": gap.index, "reference": base, "difference": gap.to_numpy(), "p_value": 0.5}
    rows |= {"lower": gap.to_numpy() - difference_half, "upper": gap.to_numpy() + difference_half}
    return replace(inputs, tables=inputs.tables | {"summary": table, "comparisons": pd.DataFrame(rows)})


@pytest.mark.parametrize(
    ("winner", "sure", "claim"),
    [
        ("transformer", True, "Fusion beats the best baseline"),
        ("transformer", False, "not clearly better than the best baseline"),
        ("linear", True, "A plain linear model wins; fusion does not help here"),
        ("linear", False, "A plain linear model wins; no fusion model does better"),
        ("clinical", True, "The clinical covariates alone win"),
        ("best_single", True, "A single assay wins"),
    ],
)
def test_claim_follows_the_numbers(winner, sure, claim, inputs):
    task = plugins.load("evaluation", inputs.facts.task)
    sign = 1 if task.HIGHER_IS_BETTER[task.PRIMARY] else -1
    values = {name: 0.6 + sign * 0.002 * place for place, name in enumerate(inputs.study.models)} | {winner: 0.6 + sign * 0.1}
    changed = with_means(inputs, sign, values, 0.001 if sure else 0.3)
    said = headline.section(changed, standing(changed)).lead[0].striptags()
    assert claim in said
    assert winner in said


def test_advantage_is_positive_when_better():
    frame = pd.DataFrame({"difference": [-0.2], "difference_lower": [-0.3], "difference_upper": [-0.1]}, index=["m"])
    assert Standing("rmse", -1, frame, None).advantage("m") == pytest.approx((0.2, 0.1, 0.3))
    assert Standing("auroc", 1, frame, None).advantage("m") == pytest.approx((-0.2, -0.3, -0.1))


@pytest.mark.parametrize(
    ("ours", "half", "claim"), [(0.5, 0.01, "beats the"), (0.5, 0.9, "does not clearly beat"), (0.99, 0.01, "does not beat")]
)
def test_imputer_is_praised_only_for_clearly_smaller_errors(ours, half, claim):
    rows = [
        (name, modality, "rmse", value, value - half, value + half)
        for name, value in (("mean", 1.0), ("ridge", 0.8), ("poe_vae", ours))
        for modality in ("a", "b")
    ]
    table = pd.DataFrame(rows, columns=["imputer", "modality", "metric", "mean", "lower", "upper"])
    assert claim in imputation.verdict(None, table).striptags()


def test_kept_epoch_is_the_first_lowest_held_out_loss():
    rng = np.random.default_rng(0)
    rows = [
        ("m", 0, fold, 0, member, epoch, term, round(float(rng.normal()), 1))
        for fold in range(3)
        for member in range(4)
        for epoch in range(12)
        for term in ("task", "validation")
    ]
    history = pd.DataFrame(rows, columns=["model", "repeat", "fold", "seed", "member", "epoch", "term", "value"])
    kept = training.kept_epochs(history).set_index(["fold", "member"])["epoch"]
    assert len(kept) == 12
    for (fold, member), epoch in kept.items():
        own = history[(history["fold"] == fold) & (history["member"] == member) & (history["term"] == "validation")]
        values = own.set_index("epoch")["value"]
        assert values[epoch] == values.min()
        assert (values[values.index < epoch] > values.min()).all()
