"""The answer first: what the cohort is, which model is best, and whether fusion helps."""

from __future__ import annotations

import math

import pandas as pd
from markupsafe import Markup

from mmomics import keys
from mmomics.evaluation.comparisons import single_modality
from mmomics.report import words
from mmomics.report.blocks import Facts, Section
from mmomics.report.inputs import Inputs
from mmomics.report.standing import Standing
from mmomics.report.words import model, say

PLAIN = {  # what our baselines are
    "linear": "A plain linear model",
    "late_linear": "A linear baseline that averages all assays",
    "best_single": "The best single assay",
}


def section(inputs: Inputs, standing: Standing | None) -> Section:
    """Verdict in the first paragraph, then the numbers."""
    lead = [verdict(inputs, standing)] if standing else [say("No model was evaluated on this cohort.")]
    lead += [text for text in (combined(standing), single_assay(inputs, standing), certainty(standing)) if text] if standing else []
    return Section("headline", "In short", lead, [Facts(_facts(inputs, standing))])


def verdict(inputs: Inputs, standing: Standing) -> Markup:
    """Whether deep fusion beats the best baseline, in one paragraph."""
    fusion, reference, metric = standing.fusion, standing.reference, words.metric(standing.metric)
    if fusion is None or reference is None:
        return say(
            "<strong>{}</strong> is best: {} {}. There is no {} to compare it with.",
            model(standing.best),
            metric,
            words.estimate(standing.table.loc[standing.best]),
            "deep fusion model" if fusion is None else "baseline",
        )
    rows = standing.table.loc[[fusion, reference]]
    _, low, high = standing.advantage(fusion)
    better = standing.sign * (rows["mean"].iloc[0] - rows["mean"].iloc[1]) > 0
    clear = math.isfinite(low) and (low > 0 or high < 0)  # the interval leaves out zero
    scores = say(
        "{}: {} {}, {} {}",
        words.sentence(metric),
        model(fusion),
        words.estimate(rows.iloc[0]),
        model(reference),
        words.estimate(rows.iloc[1]),
    )
    if better:
        claim = "Deep fusion beats the best baseline" if clear else "Deep fusion scores highest; no clear difference to the best baseline"
    else:
        claim = _kind(inputs, reference)
        claim += " wins; deep fusion does not help here" if clear else " scores highest; no clear difference to the best deep fusion model"
    return say("<strong>{}.</strong> {}. {}", claim, scores, _difference(standing, standing.pair(fusion, reference)))


def _kind(inputs: Inputs, name: str) -> str:
    """What kind of baseline it is."""
    settings = inputs.study.models.get(name)
    if settings is None:
        return "A baseline"
    if settings.modalities is not None and len(settings.modalities) == 1:
        only = settings.modalities[0]
        return "The model of the clinical covariates alone" if only == keys.CLINICAL else f"The model of {only} alone"
    return PLAIN.get(str(settings.method), "A baseline")


def _difference(standing: Standing, pair: pd.Series | None) -> Markup:
    """The difference of a pair with its interval, and what may be concluded from it."""
    if pair is None:
        return say("Their difference was not tested.")
    text = say("The difference is {}", words.signed(pair["difference"]))
    known = math.isfinite(pair["lower"])
    if known:
        ends = words.interval(pair["lower"], pair["upper"])
        text += say(" (95 % interval {}, {}{})", ends, words.p_value(pair["p_value"]), "; lower is better" if standing.sign < 0 else "")
    clear = known and (pair["lower"] > 0 or pair["upper"] < 0)
    text += say(", so chance alone {}.", "is an unlikely reason" if clear else "is not ruled out")
    n_fusion = int(standing.deep.sum())
    if clear and n_fusion > 1 and standing.sign * pair["difference"] > 0:
        text += say(" The p-value does not count that this is the best of {} deep fusion models.", n_fusion)
    return text


def combined(standing: Standing) -> Markup | None:
    """How the best ensemble of models compares with the best baseline."""
    name, reference = standing.ensemble, standing.reference
    if name is None or reference is None:
        return None
    pair = standing.pair(name, reference)
    return say(
        "All models together, in proportions learned on training rows ({}), reach {}, against {} of {}. {}",
        model(name), words.estimate(standing.table.loc[name]), words.estimate(standing.table.loc[reference]), model(reference),
        _difference(standing, pair),
    )  # fmt: skip


def single_assay(inputs: Inputs, standing: Standing) -> Markup | None:
    """How the best fusion compares with the best model that sees one modality only."""
    known = single_modality(inputs.study)
    alone = next((str(name) for name in standing.table.index if name in known), None)
    if alone is None or standing.fusion is None or alone in (standing.reference, standing.fusion):
        return None
    pair = standing.pair(standing.fusion, alone)
    gap = float(standing.table.loc[standing.fusion, "mean"] - standing.table.loc[alone, "mean"])
    clear = pair is not None and (pair["lower"] > 0 or pair["upper"] < 0)
    return say(
        "With one modality alone the best score is {} ({}); the best deep fusion model {}. {}",
        words.estimate(standing.table.loc[alone]),
        model(alone),
        ("is better" if standing.sign * gap > 0 else "is worse") if clear else "does not clearly differ from it",
        _difference(standing, pair),
    )


def certainty(standing: Standing) -> Markup | None:
    """How sure the order is."""
    chances = standing.table["p_best"].dropna().sort_values(ascending=False, kind="stable")
    if chances.empty:
        return None
    first = chances.index[0]
    text = say("When subjects are drawn anew, {} comes first in {} of the draws", model(first), words.percent(chances.iloc[0]))
    if first != standing.best and standing.best in chances:
        text += say(" and {}, which has the best mean, in {}", model(standing.best), words.percent(chances[standing.best]))
    if chances.iloc[0] < 0.5:
        text += say(": the order of the models is not settled by these data")
    return text + say(".")


def _facts(inputs: Inputs, standing: Standing | None) -> list[tuple[str, Markup | str, Markup | str]]:
    facts = inputs.facts
    items: list[tuple[str, Markup | str, Markup | str]] = [
        (
            "Subjects",
            f"{len(facts.obs):,}",
            f"{int(facts.known.sum()):,} with outcome, {words.count(facts.has.shape[1], 'modality', 'modalities')}",
        ),
        _outcome(inputs),
    ]
    if standing is None:
        return items
    rows = [("Best deep fusion", standing.fusion), ("Best baseline", standing.reference)]
    for label, name in rows:
        if name is not None:
            row = standing.table.loc[name]
            ends = words.interval(row["lower"], row["upper"], 2) if math.isfinite(row["lower"]) else "no interval"
            items.append((label, words.number(row["mean"]), say("{} {} ({})", words.metric(standing.metric), model(name), ends)))
    if standing.fusion is not None and math.isfinite(standing.table.loc[standing.fusion, "difference"]):
        row = standing.table.loc[standing.fusion]
        remark = f"{words.interval(row['difference_lower'], row['difference_upper'])}; {words.p_value(row['p_value'])}"
        items.append(("Difference", words.signed(row["difference"]), remark if math.isfinite(row["difference_lower"]) else "no interval"))
    any_fusion = standing.table.loc[standing.deep, "p_best"].dropna()
    if len(any_fusion):
        remark = say("any deep fusion model; {} {}", model(standing.fusion), words.percent(float(any_fusion.get(str(standing.fusion), 0))))
        items.append(("P(deep fusion is best)", words.percent(float(any_fusion.sum())), remark))
    return items


def _outcome(inputs: Inputs) -> tuple[str, Markup | str, Markup | str]:
    facts = inputs.facts
    if facts.task == "survival":
        follow_up = words.number(facts.median_follow_up(), 0)
        return "Events", f"{facts.n_rare:,}", f"median follow-up {follow_up} {facts.unit}"
    values = facts.outcome[keys.LABEL]
    if facts.task == "regression":
        return (
            "Outcome",
            words.number(float(values.astype(float).mean())),
            f"mean; sd {words.number(float(values.astype(float).std()))} {facts.unit}",
        )
    counts = values.value_counts().reindex(facts.classes, fill_value=0)
    if facts.task == "binary":
        return facts.classes[-1], f"{int(counts.iloc[-1]):,}", f"against {int(counts.iloc[0]):,} {facts.classes[0]}"
    ends = f"{int(counts.max()):,} in the largest, {int(counts.min()):,} in the smallest"
    return "Classes", str(len(counts)), ends
