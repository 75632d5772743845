"""The first paragraph says what the numbers say."""

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmomics import plugins
from mmomics.commands import report
from mmomics.report import duels, words
from mmomics.report.inputs import read_inputs
from mmomics.report.sections import (
    comparison,
    drivers,
    handling,
    headline,
    imputation,
    missingness,
    performance,
    robustness,
    strata,
    training,
)
from mmomics.report.standing import Standing, standing
from tests.report.simulate import ASSAYS, OUTCOMES


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
    baselines, alone = means.index[means["family"] == "baseline"], pd.Index(["clinical", "best_single"])
    parts = []
    for among in (baselines, alone):
        base = (sign * means.loc[among, "mean"]).idxmax()
        gap = (means["mean"] - means.loc[base, "mean"]).drop(base)
        rows = {"metric": primary, "model": gap.index, "reference": base, "difference": gap.to_numpy(), "p_value": 0.5}
        rows |= {"lower": gap.to_numpy() - difference_half, "upper": gap.to_numpy() + difference_half}
        parts.append(pd.DataFrame(rows))
    return replace(inputs, tables=inputs.tables | {"summary": table, "comparisons": pd.concat(parts[::-1]).sample(frac=1, random_state=0)})


@pytest.mark.parametrize(
    ("winner", "sure", "claim"),
    [
        ("transformer", True, "Deep fusion beats the best baseline"),
        ("transformer", False, "Deep fusion scores highest; no clear difference to the best baseline"),
        ("linear", True, "A plain linear model wins; deep fusion does not help here"),
        ("linear", False, "A plain linear model scores highest; no clear difference"),
        ("late_linear", False, "A linear baseline that averages all assays scores highest; no clear difference"),
        ("clinical", True, "The model of the clinical covariates alone wins"),
        ("best_single", True, "The best single assay wins"),
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


@pytest.mark.parametrize(("half", "words"), [(0.001, ("is better", "unlikely")), (0.3, ("does not clearly differ", "not ruled out"))])
def test_the_best_single_modality_is_compared_with_an_interval(half, words, inputs):
    task = plugins.load("evaluation", inputs.facts.task)
    sign = 1 if task.HIGHER_IS_BETTER[task.PRIMARY] else -1
    values = dict.fromkeys(inputs.study.models, 0.6) | {"transformer": 0.6 + sign * 0.1, "linear": 0.6 + sign * 0.05}
    values["best_single"] = 0.6 + sign * 0.01
    changed = with_means(inputs, sign, values, half)
    place = standing(changed)
    assert place.reference == "linear"
    assert place.table.loc["transformer", "difference"] == pytest.approx(sign * 0.05)
    said = str(headline.single_assay(changed, place).striptags())
    assert "best_single" in said and "0.090 (95 % interval" in said and all(word in said for word in words)


def test_advantage_is_positive_when_better():
    frame = pd.DataFrame({"difference": [-0.2], "difference_lower": [-0.3], "difference_upper": [-0.1]}, index=["m"])
    assert Standing("rmse", -1, frame, None).advantage("m") == pytest.approx((0.2, 0.1, 0.3))
    assert Standing("auroc", 1, frame, None).advantage("m") == pytest.approx((-0.2, -0.3, -0.1))


@pytest.mark.parametrize(
    ("gaps", "half", "claim"),
    [
        ((-0.3, -0.2), 0.01, "beats the simple ones."),
        ((-0.3, -0.2), 0.9, "does not clearly differ from the simple ones."),
        ((-0.3, 0.0), 0.01, "clearly beats the simple ones on some assays only."),
        ((0.3, 0.2), 0.01, "loses to the simple ones."),
        ((0.3, -0.2), 0.01, "beats the simple ones on some assays and loses to them on others."),
        ((0.3, 0.0), 0.01, "does not beat the simple ones, and loses to them on some assays."),
    ],
)
def test_imputer_is_praised_only_for_clearly_smaller_errors(gaps, half, claim, inputs):
    errors = [("mean", "ab", (1.0, 1.0)), ("ridge", "ab", (0.8, 0.8)), ("poe_vae", "ab", [0.8 + gap for gap in gaps])]
    rows = [(name, "alone", key, "rmse", v, v - 0.1, v + 0.1) for name, names, own in errors for key, v in zip(names, own, strict=True)]
    alone = pd.DataFrame(rows, columns=["imputer", "hidden", "modality", "metric", "mean", "lower", "upper"])
    pairs = [
        ("alone", key, "rmse", "poe_vae", "ridge", gap, gap - half, gap + half, 0.02, 0.04 if 0 < half < abs(gap) else 0.06)
        for key, gap in zip("ab", gaps, strict=True)
    ]
    columns = ["hidden", "modality", "metric", "imputer", "reference", "difference", "lower", "upper", "p_value", "p_adjusted"]
    changed = replace(inputs, tables=inputs.tables | {"imputation_comparisons": pd.DataFrame(pairs, columns=columns)})
    said = duels.verdict(changed, alone).striptags()
    assert claim in said
    assert ("ridge has the smallest mean RMSE" in said) == (sum(gaps) > 0)


def told(inputs, half, follow=None):
    """The verdict on an imputer whose errors are smaller by 0.2."""
    rows = [(name, "alone", "a", "rmse", v) for name, v in (("ridge", 0.8), ("poe_vae", 0.6))]
    rows += [("poe_vae", "alone", "a", "follow", follow)] if follow is not None else []
    alone = pd.DataFrame(rows, columns=["imputer", "hidden", "modality", "metric", "mean"])
    pairs = [("alone", "a", "rmse", "poe_vae", "ridge", -0.2, -0.2 - half, -0.2 + half, *[0.01 if half == half else half] * 2)]
    columns = ["hidden", "modality", "metric", "imputer", "reference", "difference", "lower", "upper", "p_value", "p_adjusted"]
    changed = replace(inputs, tables=inputs.tables | {"imputation_comparisons": pd.DataFrame(pairs, columns=columns)})
    return duels.verdict(changed, alone).striptags()


def test_one_fold_says_nothing_clearly(inputs):
    said = told(inputs, float("nan"))
    assert "on one fold only" in said
    assert "beats" not in said and "(clearly" not in said and "smaller on 1 of 1 assay and larger on 0;" in said


def test_a_network_that_added_nothing_is_not_praised_for_what_it_starts_from(inputs):
    words = "its network added nothing to the linear and kernel models that it starts from"
    assert words in told(inputs, 0.01, 0.0) and words not in told(inputs, 0.01, 0.3) and words not in told(inputs, 0.01)


def test_intervals_that_cover_too_little_are_told_of_the_worst_however_hidden(inputs):
    scored = inputs.table("imputation")
    scored.loc[(scored["modality"] == "protein") & (scored["hidden"] == "pattern") & (scored["metric"] == "coverage"), "mean"] = 0.7
    n = 2 * scored["modality"].nunique()
    said = imputation.covered(scored).striptags()
    assert f"for poe_vae ({n} of {n}) of the assays, hidden alone and hidden with all that others lack too." in said
    assert "The worst: 70 % of protein by poe_vae, hidden with all that others lack too." in said
    right = imputation.covered(scored.assign(mean=0.91)).striptags()
    assert "every imputer cover 87 to 93 %" in right and "hidden alone and hidden with" in right
    one = scored.assign(mean=0.91)  # right on average over the ways of hiding
    one.loc[(one["modality"] == "rna") & (one["hidden"] == "pattern"), "mean"] = 0.86
    one.loc[(one["modality"] == "rna") & (one["hidden"] == "alone"), "mean"] = 0.93
    assert "The worst: 86 % of rna" in imputation.covered(one).striptags()


def test_single_values_are_told_of_with_the_imputer_that_tells_them_best():
    rows = [(name, "within", "rna", "rmse", value) for name, value in (("mean", 0.9), ("ridge", 0.62))]
    table = pd.DataFrame(rows, columns=["imputer", "hidden", "modality", "metric", "mean"])
    assert (
        "lack single values of rna" in (said := imputation.within(table).striptags()) and "ridge has the smallest mean RMSE, 0.620" in said
    )
    assert imputation.within(table.assign(hidden="alone")) is None


def test_what_is_hidden_together_is_set_against_what_is_hidden_alone(inputs):
    rows = [("ridge", hidden, "rna", "rmse", value) for hidden, value in (("alone", 0.8), ("pattern", 0.95))]
    table = pd.DataFrame(rows, columns=["imputer", "hidden", "modality", "metric", "mean"])
    assert "mean RMSE is 0.950, and 0.800 with the one assay hidden alone." in imputation.together(table).striptags()
    assert imputation.together(table[table["hidden"] == "alone"]) is None


def test_missingness_is_told_as_the_tests_say(inputs):
    made = missingness.section(inputs)
    assert "goes with who the subjects are: rna with age" in made.lead[1].striptags()
    assert "speaks against it" in made.lead[2].striptags()
    (warned,) = [block for block in made.blocks if block.kind == "notes"]
    assert len(warned.items) == 1 and "AUC of 0.75 (0.60 to 0.90)" in warned.items[0].striptags()
    assert warned.title == "Those who lack an assay differ from those who have it" and "extrapolation" not in warned.items[0]
    table = inputs.table("missingness")
    far = table.assign(flagged=table["flagged"] | ((table["variable"] == "outside") & (table["modality"] == "rna")))
    (further,) = [
        block for block in missingness.section(replace(inputs, tables=inputs.tables | {"missingness": far})).blocks if block.kind == "notes"
    ]
    assert further.title == "Imputation is extrapolation" and "rest on extrapolation" in further.items[0]
    table = inputs.table("missingness").assign(flagged=False)
    calm = missingness.section(replace(inputs, tables=inputs.tables | {"missingness": table}))
    assert "No assay is clearly missing because of the outcome" in calm.lead[1].striptags()
    assert "no sign that imputing it is extrapolation" in calm.lead[-1].striptags()
    assert not any(block.kind == "notes" for block in calm.blocks)
    assert "Too few subjects" not in made.lead[-1].striptags()
    some = missingness.section(replace(inputs, tables=inputs.tables | {"missingness": table[table["modality"] != "rna"]}))
    assert "Too few subjects have, or lack, rna to test whether those who lack it" in some.lead[-1].striptags()
    assert f"between the {len(inputs.facts.has):,} subjects" in made.lead[2].striptags()
    together = table[table["variable"] == "all assays"]  # p is 0.02, but not flagged
    assert "does not speak against it" in missingness._together(together)[0].striptags()
    untested = missingness.section(replace(inputs, tables={}))
    assert [block.name for block in untested.blocks] == ["overlap"]


def test_an_assay_without_a_score_is_said_to_have_none(inputs):
    table = inputs.table("imputation").copy()
    table.loc[table["modality"] == "cnv", ["mean", "lower", "upper"]] = np.nan
    made = imputation.section(replace(inputs, tables=inputs.tables | {"imputation": table}))
    assert "cnv is not scorable: no feature of this assay varies" in made.lead[-1].striptags()
    assert "cnv" not in set(made.blocks[0].data["modality"])
    table[["mean", "lower", "upper"]] = np.nan
    made = imputation.section(replace(inputs, tables=inputs.tables | {"imputation": table}))
    assert not made.blocks and not any("beat" in text for text in made.lead)


def test_an_ensemble_is_told_apart_from_deep_fusion(inputs):
    task = plugins.load("evaluation", inputs.facts.task)
    sign = 1 if task.HIGHER_IS_BETTER[task.PRIMARY] else -1
    summary = inputs.table("summary").replace({"model": {"transformer": "stack"}})
    summary.loc[summary["model"] == "stack", "family"] = "ensemble"
    with_stack = replace(inputs, tables=inputs.tables | {"summary": summary})
    values = {name: 0.6 + sign * 0.002 * place for place, name in enumerate(dict.fromkeys(summary["model"]))} | {"stack": 0.6 + sign * 0.1}
    changed = with_means(with_stack, sign, values, 0.3)
    trust = pd.DataFrame(
        {"model": "stack", "member": ["linear", "poe_vae"], "weight": [0.75, 0.25], "lowest": [0.5, 0.0], "highest": [1, 0.5]}
    )
    changed = replace(changed, tables=changed.tables | {"weights": trust})
    place = standing(changed)
    assert place.best == place.ensemble == "stack" and place.fusion not in ("stack", None)
    said = " ".join(text.striptags() for text in headline.section(changed, place).lead)
    assert "All models together, in proportions learned on training rows (stack), reach" in said
    (shown,) = [block for block in comparison.section(changed, place).blocks if block.name == "weights"]
    assert [str(row[2].text) for row in shown.rows] == [words.percent(0.75), words.percent(0.25)]


def test_models_that_are_not_explained_are_named(inputs):
    said = str(drivers.section(inputs, standing(inputs)).lead[-1].striptags())
    assert said == "Not explained: linear, late_linear and forest (trees have no gradients to attribute)."


def test_what_is_lost_without_a_modality(inputs):
    place = standing(inputs)
    made = robustness.section(inputs, place)
    first = inputs.table("robustness").query("model == @place.best")
    said = " ".join(text.striptags() for text in made.lead)
    alone = first[first["n_modalities"] == 1].set_index("subset")["value"]
    best, worst = (alone.idxmax(), alone.idxmin())[:: place.sign]
    full = words.number(first.set_index("subset").loc["rna,mirna,protein", "value"])
    assert f"With 3 modalities at hand {place.best} has {words.a(words.metric(place.metric))} of {full}" in said
    assert f"({best}) at best" in said and f"({worst}) at worst" in said
    assert f"{place.best} loses most without rna" in said
    table = next(block for block in made.blocks if block.name == "without")
    row = next(row for row in table.rows if row[0].sort == place.best)
    assert row[1].sort > row[3].sort > row[2].sort == 0
    assert robustness.section(replace(inputs, tables={"summary": inputs.table("summary")}), place) is None


def test_what_is_known_within_strata_is_held_against_all_and_against_a_guess(inputs):
    place = standing(inputs)
    made = strata.section(inputs, place)
    own = inputs.table("strata").query("model == @place.best").set_index("rows")["mean"]
    said = " ".join(text.striptags() for text in made.lead)
    assert f"{place.best} has {words.a(words.metric(place.metric))} of {words.number(own['all'])}" in said
    assert f"and of {words.number(own['within'])}" in said and "within site." in said
    assert ("So it knows more than site" in said) == (place.chance(len(inputs.facts.classes)) is not None)
    (table,) = made.blocks
    assert table.heads[:3] == ["Model", "All", "Within"] and table.heads[3].startswith("A&E (n = ") and len(table.heads) == 5
    assert all(row[4].text == words.DASH for row in table.rows)
    tables = {key: table for key, table in inputs.tables.items() if key != "strata"}
    assert strata.section(replace(inputs, tables=tables), place) is None


def test_which_way_to_deal_with_gaps_is_clearly_worse_is_said(inputs):
    made = handling.section(inputs, standing(inputs))
    said = " ".join(text.striptags() for text in made.lead)
    assert (
        "For late_linear, against leaving the gaps as they are: complete subjects only clearly worse; filled in several times, 12 %" in said
    )
    (table,) = made.blocks
    assert [row[1].sort for row in table.rows] == [0, 1, 2, 3] and table.rows[3][1].note == "5 draws"
    assert table.rows[3][4].sort == 0 and table.rows[0][4].sort == float("-inf")
    unclear = inputs.table("handling").query("missing != 'complete'")
    adjusted = inputs.table("handling").assign(p_adjusted=0.06)  # intervals alone are not enough where several ways are tried
    nothing = "no way is clearly better or worse"
    for table, expected in ((unclear, nothing), (adjusted, nothing), (unclear.assign(difference=0.0), "all ways are the same")):
        made = handling.section(replace(inputs, tables={**inputs.tables, "handling": table}), standing(inputs))
        assert expected in made.lead[-1].striptags()
    assert handling.section(replace(inputs, tables={"summary": inputs.table("summary")}), standing(inputs)) is None


def test_shares_over_training_are_shown(inputs):
    made = training.section(inputs, standing(inputs))
    drawn = next(block for block in made.blocks if block.name == "shares")
    means = drawn.data.groupby("modality", sort=False)["mean"].mean()
    assert list(means.index) == list(ASSAYS)
    assert np.allclose(means, (0.1, 0.2, 0.3, 0.4))
    assert "leans most on cnv (40 %) and least on rna (10 %)" in made.lead[0].striptags()


def test_training_speaks_of_ensembles(inputs):
    made = training.section(inputs, standing(inputs))
    assert "Each of the 25 ensembles (one fold and seed of a model, 125 networks in all)" in made.lead[0].striptags()
    assert ("not on one scale" in made.blocks[0].caption) == (inputs.facts.task == "survival")


def test_epochs_before_the_outcome_are_told_and_leave_the_curves_alone(inputs):
    plain = training.section(inputs, standing(inputs))
    own = inputs.history[(inputs.history["term"] == "validation") & (inputs.history["epoch"] < 4)]
    before = own.assign(term=training.PRETRAINED, epoch=own["epoch"] - 4)
    made = training.section(replace(inputs, history=pd.concat([before, inputs.history], ignore_index=True)), standing(inputs))
    assert "learned without the outcome, for 3 epochs at most" in made.lead[0].striptags()
    assert "without the outcome" not in plain.lead[0].striptags()
    pd.testing.assert_frame_equal(made.blocks[0].data, plain.blocks[0].data)


def test_calibration_counts_every_group(inputs):
    table = inputs.table("calibration").copy()
    table.loc[table["observed"] == table.groupby("model")["observed"].transform("max"), ["lower", "upper"]] = 1.0
    lead = performance.section(replace(inputs, tables=inputs.tables | {"calibration": table}), standing(inputs)).lead
    said = " ".join(text.striptags() for text in lead)
    n = len(table) // table["model"].nunique()
    assert f"of {n} groups have the diagonal in their interval (1 group without one)" in said


def test_a_fall_after_training_has_stopped_does_not_count():
    loss = [1.0, 0.9, 0.89995, 0.95, 0.95, 0.5]
    history = pd.DataFrame({"model": "m", "repeat": 0, "fold": 0, "seed": 0, "member": 0, "epoch": range(6), "term": "validation"})
    history["value"] = loss
    assert training.kept_epochs(history, 3)["epoch"].tolist() == [1]
    assert training.kept_epochs(history, 4)["epoch"].tolist() == [5]


def test_kept_epoch_is_the_first_lowest_held_out_loss():
    rng = np.random.default_rng(0)
    loss = rng.normal(size=(3, 12)).round(1)
    rows = [
        ("m", 0, fold, 0, member, epoch, term, loss[fold, epoch] if term == "validation" else rng.normal())
        for fold in range(3)
        for member in range(4)
        for epoch in range(12)
        for term in ("task", "validation")
    ]
    history = pd.DataFrame(rows, columns=["model", "repeat", "fold", "seed", "member", "epoch", "term", "value"])
    kept = training.kept_epochs(history, 12)
    assert kept["fold"].tolist() == [0, 1, 2]
    assert kept["epoch"].tolist() == loss.argmin(axis=1).tolist()


@pytest.mark.parametrize(
    "noun", ["an AUROC", "an F1, macro", "an R²", "an RMSE", "an accuracy", "an integrated Brier score", "a C-index", "a Brier score"]
)
def test_the_article_goes_by_the_sound(noun):
    assert words.a(noun.partition(" ")[2]) == noun
