"""What becomes of the outcome's metric when gaps are left, dropped with the subject, or filled in."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from mmomics.config.handling import COMPLETE, MULTIPLE, NATIVE, SINGLE
from mmomics.report import words
from mmomics.report.blocks import Cell, Section, Table
from mmomics.report.inputs import Inputs
from mmomics.report.standing import Standing
from mmomics.report.words import model, say

ALPHA = 0.05
WAYS = {NATIVE: "left as they are", COMPLETE: "complete subjects only", SINGLE: "filled in once", MULTIPLE: "filled in several times"}


def section(inputs: Inputs, standing: Standing | None) -> Section | None:
    """The metric of each way, and its difference to leaving the gaps; None where no model was trained in several ways."""
    table = inputs.table("handling")
    table = table[table["mean"].notna()] if len(table) else table
    if standing is None or table.empty:
        return None
    lead = [
        say(
            "The same models, trained and asked on different data: with the gaps as they are, from the training subjects who lack no "
            "modality, or with what anybody lacks imputed by {} from what they have, once (the mean) or several times (draws, predictors "
            "averaged over them). Imputers learned from training subjects, and not from the outcome.",
            Markup("<code>{}</code>").format(inputs.study.missing.imputer),
        )
    ]
    lead += [_verdict(own, standing) for _, own in table.groupby("of", sort=False)]
    return Section("handling", "What filling the gaps is worth", lead, [_table(table)])


def _verdict(own: pd.DataFrame, standing: Standing) -> Markup:
    """Which ways are clearly better or worse than leaving the gaps, and how much of the variance is due to them."""
    against = own[own["reference"].fillna("").astype(str) != ""]
    clear = {
        word: [WAYS[row["missing"]] for _, row in against.iterrows() if sign * standing.sign * row["difference"] > 0 and _is_clear(row)]
        for word, sign in (("better", 1), ("worse", -1))
    }
    name = model(own["of"].iloc[0])
    if against.empty:
        return say("{} was not trained with its gaps left as they are, so there is nothing to compare with.", name)
    if (against["difference"] == 0).all():
        text = say("For {} all ways are the same: nobody who counts lacks a modality", name)
    elif not any(clear.values()):
        text = say("For {} no way is clearly better or worse than leaving the gaps as they are", name)
    else:
        said = [f"{words.listing(ways)} clearly {word}" for word, ways in clear.items() if ways]
        text = say("For {}, against leaving the gaps as they are: {}", name, "; ".join(said))
    share = own["fmi"].dropna()
    if len(share):
        text += say(
            "; filled in several times, {} of the variance of its metric is due to what is missing, as far as {} draws tell",
            words.percent(float(share.iloc[0])),
            words.number(float(own.loc[share.index[0], "n_draws"]), 0),
        )
    return text + say(".")


def _is_clear(row: Any) -> bool:
    return bool(row["p_adjusted"] < ALPHA)


def _table(table: pd.DataFrame) -> Table:
    rows = []
    for _, row in table.iterrows():
        compared = math.isfinite(row["difference"])
        rows.append(
            [
                Cell(words.short(row["of"]), sort=str(row["of"]), strong=True),
                Cell(WAYS.get(row["missing"], str(row["missing"])), note=_how(row), sort=list(WAYS).index(row["missing"])),
                Cell(words.number(float(row["n_train"]), 0), sort=float(row["n_train"])),
                Cell(words.number(float(row["mean"])), note=_interval(row, ""), sort=float(row["mean"])),
                Cell(
                    words.signed(float(row["difference"])) if compared else words.DASH,
                    note=_interval(row, "difference_") if compared else "",
                    sort=float(row["difference"]) if compared else float("-inf"),
                ),
                Cell(words.p_value(float(row["p_adjusted"]), "") if compared else words.DASH, sort=float(row["p_adjusted"])),
            ]
        )
    metric = words.metric(str(table["metric"].iloc[0]))
    caption = say(
        "{} with its 95 % interval, and the paired difference to the model that leaves the gaps. Over several draws both intervals also "
        "have what the metric varies between them (Rubin's rules). Clearly better or worse is what has p below 0.05 after Holm's "
        "adjustment over all ways and models; the intervals are not adjusted. From fewer than 20 complete subjects nothing is learned, "
        "and the same predicted of everybody.",
        words.sentence(metric),
    )
    heads = ["Model", "Gaps", "Training subjects", metric, "Against leaving them", "p, Holm"]
    return Table("handling", "Ways to deal with missing modalities", caption, heads, rows, table, [False, False, True, True, True, True])


def _how(row: Any) -> str:
    return f"{int(row['n_draws'])} draws" if math.isfinite(row["n_draws"]) else ""


def _interval(row: Any, prefix: str) -> str:
    low, high = float(row[f"{prefix}lower"]), float(row[f"{prefix}upper"])
    return words.interval(low, high) if math.isfinite(low + high) else ""
