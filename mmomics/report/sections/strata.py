"""What models are worth among subjects who are alike in the column that the cohort file names."""

from __future__ import annotations

import math

import pandas as pd
from markupsafe import Markup

from mmomics.report import words
from mmomics.report.blocks import Cell, Section, Table
from mmomics.report.inputs import Inputs
from mmomics.report.standing import Standing
from mmomics.report.words import say


def section(inputs: Inputs, standing: Standing | None) -> Section | None:
    """The metric within strata beside that of all; None where the cohort names none."""
    table = inputs.table("strata")
    if standing is None or table.empty:
        return None
    column = str(inputs.study.cohort.strata)
    order = [name for name in standing.table.index if name in set(table["model"])]
    own = table[table["model"] == order[0]].set_index("rows")
    lead = [
        say(
            "Models are also scored among subjects who are alike in {}, where one that only tells these apart is worth no more than a "
            "guess. {} has {} of {} among all, and of {} within {}.",
            words.short(column),
            words.model(order[0]),
            words.a(words.metric(standing.metric)),
            words.estimate(own.loc["all"]),
            words.estimate(own.loc["within"]),
            words.short(column),
        ),
        *_against_chance(inputs, standing, own.loc["within"], column),
    ]
    return Section("strata", f"Within {words.short(column)}", lead, [_table(table, order, standing, column)])


def _against_chance(inputs: Inputs, standing: Standing, within: pd.Series, column: str) -> list[Markup]:
    chance = standing.chance(len(inputs.facts.classes))
    if chance is None or not math.isfinite(float(within["lower"])):
        return []
    if float(within["lower"]) > chance:
        return [say("So it knows more than {}: a guess has {}.", words.short(column), words.number(chance))]
    return [say("That it knows more than {} is not shown: a guess has {}.", words.short(column), words.number(chance))]


def _table(table: pd.DataFrame, order: list[str], standing: Standing, column: str) -> Table:
    first = table[table["model"] == order[0]]
    names = [str(name) for name in first.loc[first["rows"] == "stratum", "stratum"]]
    heads = [
        f"{words.short(name, 20)} (n = {n})" for name, n in zip(names, first.loc[first["rows"] == "stratum", "n_subjects"], strict=True)
    ]
    rows = []
    for model in order:
        cells = [Cell(words.short(model), sort=model, strong=True, swatch=standing.table.loc[model, "family"])]
        for _, row in table[table["model"] == model].iterrows():
            value, known = float(row["mean"]), math.isfinite(float(row["lower"]) + float(row["upper"]))
            note = words.interval(float(row["lower"]), float(row["upper"])) if known else ""
            cells.append(Cell(words.number(value), note=note, sort=value if math.isfinite(value) else float("-inf")))
        rows.append(cells)
    caption = say(
        "{} of all subjects whose {} is known, its mean within the values of it, and of each of them; 95 % intervals from 20 tested "
        "subjects on.",
        words.sentence(words.metric(standing.metric)),
        words.short(column),
    )
    title = f"Models within {words.short(column)}"
    return Table("strata", title, caption, ["Model", "All", "Within", *heads], rows, table, [False] + [True] * (len(heads) + 2))
