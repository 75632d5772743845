"""The models side by side: the primary metric, every metric, and each model against the best baseline."""

from __future__ import annotations

import math

import pandas as pd

from mmomics import plugins
from mmomics.report import words
from mmomics.report.blocks import Cell, Figure, Section, Table
from mmomics.report.figures import forest
from mmomics.report.inputs import Inputs
from mmomics.report.standing import Standing
from mmomics.report.words import say


def section(inputs: Inputs, standing: Standing | None) -> Section | None:
    """Forest plot and tables; None when nothing was evaluated."""
    if standing is None:
        return None
    table, metric = standing.table, words.metric(standing.metric)
    n_folds = int(table["n_folds"].max()) if "n_folds" in table else 0
    basis = (
        say("over {} held-out folds, with intervals that allow for their shared training rows", n_folds)
        if n_folds > 1
        else say("on one held-out test set, with intervals from resampling its subjects")
    )
    lead = say("Mean {} {}; {} is better. ", metric, basis, "lower" if standing.sign < 0 else "higher")
    better, worse = _clear(standing)
    if standing.reference is not None and table["difference"].notna().any():
        lead += say(
            "Against the best baseline, {}, {} clearly better and {} clearly worse (95 % interval without zero, each model by itself).",
            words.model(standing.reference), words.count(better, 'model is', 'models are') if better else "no model is",
            worse or "none",
        )  # fmt: skip
    blocks = [_forest(inputs, standing), metrics_table(inputs, standing)]
    blocks += [_comparisons(standing)] if table["difference"].notna().any() or table["p_best"].notna().any() else []
    blocks += [_weights(inputs, standing)] if "weights" in inputs.tables else []
    return Section("models", "Models compared", [lead], blocks)


def _clear(standing: Standing) -> tuple[int, int]:
    gains = [standing.advantage(name) for name in standing.table.index if math.isfinite(standing.table.loc[name, "difference_lower"])]
    return sum(low > 0 for _, low, _ in gains), sum(high < 0 for _, _, high in gains)


def _forest(inputs: Inputs, standing: Standing) -> Figure:
    table = standing.table
    caption = say(
        "<b>a</b>, {} with 95 % intervals, best on top; hollow dots are baselines, the line marks the best of them.",
        words.sentence(words.metric(standing.metric)),
    )
    letter = "b"
    if table["difference"].notna().any():
        caption += say(" <b>b</b>, paired difference to {}: intervals that leave out zero are clear.", words.model(standing.reference))
        letter = "c"
    if table["p_best"].notna().any():
        caption += say(" <b>{}</b>, how often a model is the best of all when subjects are drawn anew.", letter)
    alt = f"{words.metric(standing.metric)} by model, best first: " + "; ".join(
        f"{words.short(name)} {words.number(row['mean'], 2)} ({words.interval(row['lower'], row['upper'], 2)})"
        for name, row in table.iterrows()
    )
    drawing = forest.draw(standing, standing.chance(len(inputs.facts.classes)))
    return Figure("models", drawing, f"{words.sentence(words.metric(standing.metric))} of every model", caption, alt, table.reset_index())


def metrics_table(inputs: Inputs, standing: Standing) -> Table:
    """Every metric of every model, the best of each in bold."""
    summary = inputs.table("summary")
    better = plugins.load("evaluation", inputs.facts.task).HIGHER_IS_BETTER
    names = list(dict.fromkeys(summary["metric"]))
    by_metric = {name: summary[summary["metric"] == name].drop_duplicates("model").set_index("model") for name in names}
    models = [*standing.table.index, *(name for name in dict.fromkeys(summary["model"]) if name not in standing.table.index)]
    families = summary.drop_duplicates("model").set_index("model")["family"]
    rows = []
    for name in models:
        row = [Cell(words.short(name), sort=name, strong=True, swatch=families[name]), Cell(words.family(families[name]))]
        for metric in names:
            own = by_metric[metric]
            if name not in own.index:
                row.append(Cell(words.DASH))
                continue
            mean, lower, upper = (float(own.at[name, column]) for column in ("mean", "lower", "upper"))
            best = own["mean"].max() if better.get(metric, True) else own["mean"].min()
            ends = words.interval(lower, upper, 2) if math.isfinite(lower) else ""
            row.append(Cell(words.number(mean), ends, mean, strong=mean == best))
        rows.append(row)
    heads = [
        "Model",
        "Family",
        *(words.sentence(words.metric(name)) + ("" if better.get(name, True) else " \N{DOWNWARDS ARROW}") for name in names),
    ]
    caption = (
        "Mean and 95 % interval; the best mean of each column in bold. \N{DOWNWARDS ARROW} marks columns "
        "where lower is better. Click a head to sort."
    )
    return Table("metrics", "Every metric", caption, heads, rows, summary, [False, False] + [True] * len(names))


def _comparisons(standing: Standing) -> Table:
    rows = []
    for name, row in standing.table.iterrows():
        own = name == standing.reference
        ends = words.interval(row["difference_lower"], row["difference_upper"]) if math.isfinite(row["difference_lower"]) else words.DASH
        p = row["p_value"]
        rows.append(
            [
                Cell(words.short(name), sort=str(name), strong=True, swatch=row["family"]),
                Cell("reference" if own else words.signed(row["difference"]), sort=0.0 if own else row["difference"]),
                Cell("" if own else ends, sort=row["difference_lower"]),
                Cell("" if own else words.p_value(p, "") if math.isfinite(p) else words.DASH, sort=p),
                Cell(words.percent(row["p_best"]), sort=row["p_best"]),
                Cell(words.number(row["rank_mean"], 1), sort=row["rank_mean"]),
            ]
        )
    data = standing.table.drop(columns=["mean", "lower", "upper"]).reset_index()
    caption = say("P(best) and mean rank: from subjects drawn anew.")
    if standing.reference is not None:
        caption = say(
            "Difference: model minus {}, paired; two-sided p-values, not corrected for the number of models. The reference is the "
            "baseline with the best mean, chosen on the same folds, which makes a claim against it cautious. {}",
            words.model(standing.reference), caption,
        )  # fmt: skip
    title = "Against the best baseline" if standing.reference is not None else "How sure the order is"
    heads = ["Model", "Difference", "95 % interval", "p", "P(best)", "Mean rank"]
    return Table("comparisons", title, caption, heads, rows, _rounded(data), [False] + [True] * 5)


def _weights(inputs: Inputs, standing: Standing) -> Table:
    table, families = inputs.table("weights"), standing.table["family"]
    rows = [
        [
            Cell(words.short(row["model"]), sort=row["model"], strong=True),
            Cell(words.short(row["member"]), sort=row["member"], swatch=str(families.get(row["member"], ""))),
            Cell(words.percent(row["weight"]), f"{words.percent(row['lowest'])} to {words.percent(row['highest'])}", row["weight"]),
        ]
        for row in table.to_dict("records")
    ]
    caption = (
        "Share of each model in an ensemble: mean, lowest and highest over folds and seeds, learned on out-of-fold predictions of the "
        "training rows. Equal shares are those of models that the folds did not find clearly worse than the best one."
    )
    return Table("weights", "What the ensemble trusts", caption, ["Ensemble", "Model", "Share"], rows, table, [False, False, True])


def _rounded(data: pd.DataFrame) -> pd.DataFrame:
    return data.drop(columns=[name for name in ("metric",) if name in data])
