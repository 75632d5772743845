"""How the best fusion and the best baseline behave: risk groups or ROC curves, and calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from mmomics import keys
from mmomics.report import regions, words
from mmomics.report.blocks import Figure, Section
from mmomics.report.figures import calibration, discrimination, risk_groups
from mmomics.report.inputs import Inputs
from mmomics.report.standing import Standing
from mmomics.report.words import say


def section(inputs: Inputs, standing: Standing | None) -> Section | None:
    """Curves and calibration of the two models that matter most; None without either."""
    if standing is None:
        return None
    models = standing.shown()
    blocks: list[Any] = []
    lead = [
        say(
            "The best fusion model and the best baseline, on rows that they did not learn from: {}.",
            words.listing(words.model(name) for name in models),
        )
    ]
    curves = inputs.table("curves")
    if {"group", "time", "survival"} <= set(curves) and curves["model"].isin(models).any():
        figure, text = _risk_groups(inputs, curves, models)
        blocks.append(figure)
        lead += text
    elif {"class", "curve", "x", "y"} <= set(curves) and len(curves):
        blocks.append(_discrimination(inputs, curves, models, standing))
    table = inputs.table("calibration").dropna(subset=["predicted", "observed"])
    if table["model"].isin(models).any():
        figure, text = _calibration(inputs, table, models)
        blocks.append(figure)
        lead += text
    predicted = regions.table(inputs, standing)
    if predicted is not None:
        blocks.append(predicted[0])
        lead.append(predicted[1])
    return Section("performance", "Performance in detail", lead, blocks) if blocks else None


def _risk_groups(inputs: Inputs, curves: pd.DataFrame, models: list[str]) -> tuple[Figure, list[Markup]]:
    models = [name for name in models if name in set(curves["model"])]
    shown = curves[curves["model"].isin(models)]
    parts = []
    at = float(shown.groupby(["model", "group"])["time"].max().min()) / 2  # a time that every group reaches
    for name in models:
        own = shown[shown["model"] == name]
        share = {
            group: float(part.loc[part["time"] <= at, "survival"].iloc[-1])
            for group, part in own.groupby("group")
            if (part["time"] <= at).any()
        }
        if {"low", "high"} <= set(share):
            parts.append(say("{} against {} ({})", words.percent(share["low"]), words.percent(share["high"]), words.model(name)))
    text = (
        [say("Event-free at {} {}, low against high predicted risk: {}.", words.number(at, 0), inputs.facts.unit, words.listing(parts))]
        if parts
        else []
    )
    caption = say(
        "Kaplan{}Meier curves of the thirds of lowest, middle and highest predicted risk (thirds made in each fold), with 95 % bands; "
        "below, the subjects at risk. The wider apart, the better a model tells risks apart.",
        words.DASH,
    )
    alt = "Survival by predicted-risk group. " + " ".join(str(part.striptags()) for part in text)
    return Figure(
        "risk_groups", risk_groups.draw(shown, models, inputs.facts.unit), "Survival by predicted risk", caption, alt, shown
    ), text


def _discrimination(inputs: Inputs, curves: pd.DataFrame, models: list[str], standing: Standing) -> Figure:
    facts = inputs.facts
    shares = facts.outcome[keys.LABEL].value_counts(normalize=True)
    classes = {name: float(shares.get(name, 0.0)) for name in facts.classes if name in set(curves["class"])}
    drawing = discrimination.draw(curves, models, dict(standing.table["family"]), classes)
    caption = say(
        "All held-out rows pooled. In colour, and in the data, {}; dashed = baseline, grey = the other models; dotted = guessing. {}",
        words.listing(words.model(name) for name in models),
        say("Class shown: {}.", next(iter(classes)))
        if len(classes) == 1
        else "Each class against the rest: ROC above, precision\N{EN DASH}recall below.",
    )
    alt = f"ROC and precision-recall curves of {words.listing(models).striptags()} for {words.count(len(classes), 'class', 'classes')}."
    shown = curves[curves["model"].isin(models)]  # those in grey are in the folder of `evaluate`; all would swell the page
    return Figure("discrimination", drawing, "ROC and precision\N{EN DASH}recall curves", caption, alt, shown)


def _calibration(inputs: Inputs, table: pd.DataFrame, models: list[str]) -> tuple[Figure, list[Markup]]:
    facts = inputs.facts
    by = next((name for name in ("time", "class") if name in table), None)
    if by == "class" and facts.task == "binary":
        by = None
    unit = f" ({facts.unit})" if facts.unit else ""
    label = {"survival": "survival probability", "regression": f"value{unit}"}.get(facts.task, "probability")
    if facts.task == "binary":
        label = f"probability of {words.short(facts.classes[-1], 24)}"
    shown = table[table["model"].isin(models)]
    text = []
    for name in models:
        own = shown[shown["model"] == name]
        if own.empty:
            continue
        weight = own["n"] if "n" in own else pd.Series(1.0, index=own.index)
        error = float(np.average((own["observed"] - own["predicted"]).abs(), weights=weight))
        known = own[own["lower"] < own["upper"]]
        inside = (known["lower"] <= known["predicted"]) & (known["predicted"] <= known["upper"])
        text.append(
            say(
                "{} is off by {} on average, and {} of {} have the diagonal in their interval{}.",
                words.model(name),
                words.number(error),
                int(inside.sum()),
                words.count(len(own), "group"),
                f" ({words.count(len(own) - len(known), 'group')} without one)" if len(known) < len(own) else "",
            )
        )
    split: Markup | str = " Colours are classes." if by == "class" else ""
    if by == "time":
        times = words.listing(words.number(time) for time in sorted(set(shown["time"].astype(float))))
        split = say(
            " Colours are the times of prediction, {} {} (quartiles of the event times). Where a group had no event until then, the "
            "interval is one-sided.",
            times,
            facts.unit,
        )
    caption = say(
        "Groups of subjects with similar prediction: what was predicted against what was seen, with 95 % "
        "intervals; larger dots hold more subjects. "
        "On the diagonal a prediction means what it says. {}{}",
        _how(facts.task, inputs.study.training.calibration),
        split,
    )
    alt = "Calibration. " + " ".join(str(part.striptags()) for part in text)
    drawing = calibration.draw(table, models, label, by, facts.unit)
    return Figure("calibration", drawing, "Calibration", caption, alt, shown), [
        Markup(" ").join([say("Calibration:"), *text])
    ] if text else []


def _how(task: str, calibration: str) -> str:
    """How predictions were calibrated."""
    if calibration == "isotonic" and task in ("binary", "multiclass"):
        return "Calibrated by an isotonic curve on training rows held out inside each fold, by a line alone where those are few."
    return "Calibrated by slope and intercept on training rows held out inside each fold."
