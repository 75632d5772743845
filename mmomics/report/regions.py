"""Predicted sets, intervals and bounds: how often they held the outcome, and how much they say."""

from __future__ import annotations

from markupsafe import Markup

from mmomics.keys import COVERAGE
from mmomics.report import words
from mmomics.report.blocks import Cell, Table
from mmomics.report.inputs import Inputs
from mmomics.report.standing import Standing
from mmomics.report.words import say

WHAT = {"regression": "interval", "survival": "lower bound of the time"}  # of other outcomes: a set of classes
SIZE = {"regression": "Mean width", "survival": "Mean bound"}
HOW = {
    "regression": "The interval holds the values that fit no worse than those of training rows, each against the predictor that left it "
    "out, all but the worst tenth (cross-validation+, Barber et al. 2021). The narrower, the more it says.",
    "survival": "Nine in ten are to be followed up beyond the bound. Follow-up ends at the event or before it, so the time to the event is "
    "beyond the bound at least as often; the more are censored, the more cautious it is. The later, the more it says.",
}
SETS = (
    "A set holds the classes that fit no worse than the true classes of training rows, each against the predictor that left it out, all "
    "but the worst tenth (Sadinle et al. 2019; Romano et al. 2020). The fewer classes, the more it says. The promise is for all rows "
    "together: a rare class may be missed more often, as its column shows."
)
CAUTION = (
    " On exchangeable subjects coverage is near what was promised; subjects of another centre are not exchangeable with these. The rows "
    "held out inside training also chose epoch and penalties, so the promise is not exact: this table is the proof."
)


def table(inputs: Inputs, standing: Standing) -> tuple[Table, Markup] | None:
    """Coverage and size of every model's regions, best model first, and a sentence on those shown; None where none were predicted."""
    found = inputs.table("coverage")
    found = found[found["model"].isin(standing.table.index)].fillna({"class": ""})
    if found.empty:
        return None
    task = inputs.facts.task
    classes = [name for name in inputs.facts.classes if name in set(found["class"])]
    unit = f" ({inputs.facts.unit})" if task in SIZE and inputs.facts.unit else ""
    what, size = WHAT.get(task, "set of classes"), SIZE.get(task, "Mean number of classes") + unit
    rows, whole = [], found[found["class"] == ""].set_index("model")
    for name in [name for name in standing.table.index if name in whole.index]:
        row, own = whole.loc[name], found[found["model"] == name].set_index("class")
        rows.append([
            Cell(words.short(name), sort=name, strong=True, swatch=str(standing.table.loc[name, "family"])),
            Cell(words.percent(row["coverage"]), words.interval(100 * row["lower"], 100 * row["upper"], 0), sort=row["coverage"]),
            Cell(words.number(row["size"]), words.interval(row["size_lower"], row["size_upper"]), sort=row["size"]),
            *(Cell(words.percent(own.loc[one, "coverage"]), sort=own.loc[one, "coverage"]) for one in classes),
        ])  # fmt: skip
    heads = ["Model", "Coverage", size, *(f"Coverage of {words.short(name, 20)}" for name in classes)]
    caption = say("Promised: {}, on held-out rows; below, 95 % intervals. {}{}", words.percent(COVERAGE), HOW.get(task, SETS), CAUTION)
    told = [name for name in standing.shown() if name in whole.index]
    lead = say(
        "The {} that should hold for {} held for {}.",
        what,
        words.percent(COVERAGE),
        words.listing(say("{} ({})", words.percent(whole.loc[name, "coverage"]), words.model(name)) for name in told),
    )
    block = Table(
        "regions", f"What each {what} holds", caption, heads, rows, found.reset_index(drop=True), [False] + [True] * (len(heads) - 1)
    )
    return block, lead if told else Markup("")
