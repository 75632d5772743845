"""How the networks learned, and where they stopped."""

from __future__ import annotations

import pandas as pd

from mmomics.report import searched, shares, words
from mmomics.report.blocks import Cell, Figure, Section, Table
from mmomics.report.figures import learning
from mmomics.report.figures.learning import TASK, VALIDATION
from mmomics.report.inputs import Inputs
from mmomics.report.standing import Standing
from mmomics.report.words import say

ENSEMBLE = ["model", "repeat", "fold", "seed"]
NETWORK = [*ENSEMBLE, "member"]
PRETRAINED = f"pretraining_{VALIDATION}"  # losses before the outcome: epochs below 0
FALL = 1e-4  # of the held-out loss; a smaller one does not count in training


def section(inputs: Inputs, standing: Standing | None) -> Section | None:
    """Learning curves and stopping; None when no network was trained."""
    history = inputs.history
    if history.empty or not (history["term"] == VALIDATION).any():
        return None
    order = [*(standing.table.index if standing is not None else []), *sorted(set(history["model"]))]
    curves, kept = (
        table.sort_values("model", key=lambda names: names.map(order.index), kind="stable")
        for table in (averaged(history), kept_epochs(history, inputs.study.training.patience))
    )
    limit, patience = inputs.study.training.epochs, inputs.study.training.patience
    n_networks = len(history[NETWORK].drop_duplicates())
    unchanged, late = int((kept["epoch"] == 0).sum()), int((kept["epoch"] > limit - patience).sum())
    lead = say(
        "Each of the {} (one fold and seed of a model, {} in all) was kept at the epoch with the lowest loss on the training rows that "
        "its members held out, all of them pooled: epoch {} in the median.",
        words.count(len(kept), "ensemble"),
        words.count(n_networks, "network"),
        words.number(float(kept["epoch"].median()), 0),
    )
    pretrained = history[history["term"] == PRETRAINED]
    if len(pretrained):
        lead += say(
            " Before that, the encoders of {} learned without the outcome, for {} epochs at most.",
            words.count(len(pretrained[ENSEMBLE].drop_duplicates()), "ensemble"),
            -int(pretrained["epoch"].min()) - 1,
        )
    if unchanged:
        lead += say(
            " Of these ensembles, {} kept epoch 0, the linear solution they start from: training did not help them.",
            words.percent(unchanged / len(kept)),
        )
    if late:
        lead += say(
            " Near the limit of {} epochs, {} were still improving: a higher `training.epochs` may help them.",
            limit,
            words.percent(late / len(kept)),
        )
    families = dict(inputs.table("summary").drop_duplicates("model").set_index("model")["family"])
    caption = say(
        "Loss of the outcome, mean over the networks of a model; band: one standard deviation. Ticks on the axis mark the epochs kept. "
        "A rising solid line beside a falling dashed one is overfitting, which stopping cuts off."
    )
    if inputs.facts.task == "survival":
        caption += say(
            " The two lines are not on one scale, so only their course can be compared: the training loss sets a subject against those at "
            "risk in its minibatch, the held-out loss against all held-out rows."
        )
    alt = "Learning curves; median epoch kept: " + "; ".join(
        f"{words.short(name)} {words.number(float(part.median()), 0)}" for name, part in kept.groupby("model", sort=False)["epoch"]
    )
    figure = Figure("learning", learning.draw(curves, kept, families), "Learning curves", caption, alt, curves)
    blocks: list[Figure | Table] = [figure, _stops(kept, families)]
    over_training = shares.figure(history, order)
    if over_training is not None:
        blocks.insert(1, over_training[0])
        lead += " " + over_training[1]
    found = searched.table(inputs.searched, families)
    if found is not None:
        blocks.append(found[0])
        lead += found[1]
    return Section("training", "Training", [lead], blocks)


def averaged(history: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over networks of the outcome's loss and the held-out loss, by epoch.

    Epochs that fewer than half of a model's networks reached are left out: a mean over other networks would jump.
    """
    wanted = history[history["term"].isin([TASK, VALIDATION])]
    curves = wanted.groupby(["model", "term", "epoch"])["value"].agg(["mean", "std", "size"]).reset_index()
    n = wanted[NETWORK].drop_duplicates()["model"].value_counts()
    curves = curves[curves["size"] >= curves["model"].map(n) / 2]
    return curves.rename(columns={"std": "sd", "size": "networks"}).reset_index(drop=True)


def kept_epochs(history: pd.DataFrame, patience: int) -> pd.DataFrame:
    """The epoch that training kept of every ensemble; its members share the held-out loss, that of all rows they hold out.

    Ensembles train side by side, and the curve of one that has stopped goes on: a fall after `patience` epochs without one is no
    longer seen.
    """
    held = history[history["term"] == VALIDATION].drop_duplicates([*ENSEMBLE, "epoch"]).sort_values("epoch", kind="stable")
    rows = []
    for name, own in held.groupby(ENSEMBLE, sort=False):
        lowest, kept = float("inf"), 0
        for epoch, loss in zip(own["epoch"], own["value"], strict=True):
            if epoch - kept > patience:
                break
            if loss < lowest - FALL:
                lowest, kept = loss, epoch
        rows.append((*name, kept))
    return pd.DataFrame(rows, columns=[*ENSEMBLE, "epoch"])


def _stops(kept: pd.DataFrame, families: dict[str, str]) -> Table:
    data = kept.groupby("model", sort=False)["epoch"].agg(ensembles="size", median="median", first="min", last="max").reset_index()
    data["kept_linear_start"] = kept["epoch"].eq(0).groupby(kept["model"]).mean().reindex(data["model"]).to_numpy()
    rows = [
        [
            Cell(words.short(row.model), sort=row.model, strong=True, swatch=families.get(row.model, "")),
            Cell(f"{row.ensembles:,}", sort=row.ensembles),
            Cell(words.number(row.median, 1).removesuffix(".0"), sort=row.median),
            Cell(f"{row.first} to {row.last}", sort=row.last),
            Cell(words.percent(row.kept_linear_start), sort=row.kept_linear_start),
        ]
        for row in data.itertuples()
    ]
    heads = ["Model", "Ensembles", "Epoch kept, median", "Range", "Kept the linear start"]
    return Table(
        "stopping", "Where training stopped", "Ensembles of all folds, repeats and seeds.", heads, rows, data, [False] + [True] * 4
    )
