"""What the models are worth to people with fewer assays, without training anew."""

from __future__ import annotations

import math

import pandas as pd
from markupsafe import Markup

from mmomics.report import words
from mmomics.report.blocks import Cell, Figure, Section, Table
from mmomics.report.figures import robustness
from mmomics.report.inputs import Inputs
from mmomics.report.standing import Standing
from mmomics.report.words import model, say

MOST = 6  # panels, of the best models


def section(inputs: Inputs, standing: Standing | None) -> Section | None:
    """The metric by number of modalities, and what is lost without each; None where no model was asked."""
    if standing is None:
        return None
    order = list(standing.table.index)
    table, lost = (_best_first(inputs.table(name), order) for name in ("robustness", "without"))
    if table.empty and lost.empty:
        return None
    lead = [
        say(
            "Test subjects predicted again with modalities hidden, as if never measured. Nothing was trained for it: the models are those "
            "of the rest of this report."
        )
    ]
    blocks: list[Figure | Table] = []
    families = dict(standing.table["family"])
    if len(table):
        figure, text = _curve(table, families, standing)
        blocks.append(figure)
        lead.append(text)
    if len(lost):
        blocks.append(_losses(lost, families, standing.sign))
        lead.append(_what_is_lost(lost, standing.sign))
    return Section("robustness", "With fewer modalities", lead, blocks)


def _best_first(table: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    table = table[table["value"].notna() & table["model"].isin(order)]
    return table.sort_values("model", key=lambda names: names.map(order.index), kind="stable")


def _curve(table: pd.DataFrame, families: dict[str, str], standing: Standing) -> tuple[Figure, Markup]:
    shown = table[table["model"].isin(list(dict.fromkeys(table["model"]))[:MOST])]
    name = shown["model"].iloc[0]
    own = shown[shown["model"] == name].sort_values("value", ascending=standing.sign < 0, kind="stable")
    alone = own[own["n_modalities"] == 1]
    largest = own[own["n_modalities"] == own["n_modalities"].max()].iloc[0]
    text = say(
        "With {} at hand {} has {} of {}",
        words.count(int(largest["n_modalities"]), "modality", "modalities"),
        model(name),
        words.a(words.metric(standing.metric)),
        words.number(float(largest["value"])),
    )
    if len(alone) and int(largest["n_modalities"]) > 1:
        best, worst = alone.iloc[0], alone.iloc[-1]
        text += say(
            "; with a single one, {} ({}) at best and {} ({}) at worst",
            words.number(float(best["value"])),
            words.short(best["subset"]),
            words.number(float(worst["value"])),
            words.short(worst["subset"]),
        )
    caption = say(
        "Each dot is a subset of the modalities: {} on the test subjects who have all of it, with the rest hidden; the line is the mean "
        "over the subsets of a size, grey lines are the other models. Where assays are missing, subsets are scored on different subjects.",
        words.metric(standing.metric),
    )
    if shown["model"].nunique() < table["model"].nunique():
        caption += say(" Drawn are the {} best models.", MOST)
    alt = "Score against the number of modalities at hand. " + str(text.striptags())
    return Figure("robustness", robustness.draw(shown, families), "With fewer modalities", caption, alt, table), text + "."


def _what_is_lost(lost: pd.DataFrame, sign: int) -> Markup:
    own = lost[lost["model"] == lost["model"].iloc[0]]
    gap = (-sign * own["difference"]).sort_values(ascending=False, kind="stable")
    first = own.loc[gap.index[0]]
    clear = [row["modality"] for _, row in own.iterrows() if -sign * row["difference"] > 0 and row["lower"] * row["upper"] > 0]
    name = model(first["model"])
    if gap.iloc[0] <= 0:
        return say("{} loses nothing without any one modality.", name)
    text = say("{} loses most without {}: {}", name, words.short(first["modality"]), words.number(float(gap.iloc[0])))
    low, high = sorted(-sign * float(first[side]) for side in ("lower", "upper"))
    text += say(" (95 % interval {}).", words.interval(low, high)) if math.isfinite(low + high) else say(".")
    said = words.listing(words.short(each) for each in clear) if clear else "no modality"
    return text + say(" The loss is clear of chance for {}.", said)


def _losses(lost: pd.DataFrame, families: dict[str, str], sign: int) -> Table:
    names = list(dict.fromkeys(lost["modality"]))
    rows = []
    for name, table in lost.groupby("model", sort=False):
        own = table.set_index("modality")
        row = [Cell(words.short(name), sort=str(name), strong=True, swatch=families.get(str(name), ""))]
        for each in names:
            if each not in own.index:
                row.append(Cell(words.DASH, sort=float("-inf")))
                continue
            gap, low, high = (-sign * float(own.loc[each, column]) for column in ("difference", "lower", "upper"))
            note = words.interval(min(low, high), max(low, high)) if math.isfinite(low + high) else ""
            row.append(Cell(words.signed(gap), note=note, sort=gap))
        rows.append(row)
    caption = say(
        "How much worse the {} of test subjects who have a modality, and something else, becomes when it is hidden from the trained model: "
        "positive = something is lost. Below, the 95 % interval of the paired difference.",
        words.metric(str(lost["metric"].iloc[0])),
    )
    heads = ["Model", *(words.short(name, 20) for name in names)]
    return Table("without", "What is lost without a modality", caption, heads, rows, lost, [False] + [True] * len(names))
