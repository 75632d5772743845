"""What a search tried and chose, model by model."""

from __future__ import annotations

import json

import pandas as pd
from markupsafe import Markup

from mmomics import keys
from mmomics.report import words
from mmomics.report.blocks import Cell, Table
from mmomics.report.words import say

UNIT = ["model", keys.REPEAT, keys.FOLD, keys.SEED]


def table(tried: pd.DataFrame, families: dict[str, str]) -> tuple[Table, Markup] | None:
    """A row per model that was searched, and a sentence; None where nothing was.

    Parameters
    ----------
    tried : DataFrame
        `search.parquet` of every model and shard: model, repeat, fold, seed, trial, params, loss, chosen.
    families : dict
        Model -> family, for the colours.
    """
    if tried.empty:
        return None
    rows, data = [], []
    for name, own in tried.groupby("model", sort=False):
        chosen, first = own[own["chosen"]], own[own["trial"] == 0].set_index(UNIT)["loss"]
        fall = float((first - chosen.set_index(UNIT)["loss"]).mean())
        kept, trials = float((chosen["trial"] == 0).mean()), int(own["trial"].nunique())
        most = chosen["params"].value_counts(sort=True)
        setting = json.loads(str(most.index[0]))
        said = ", ".join(f"{key} = {value}" for key, value in setting.items()) or "defaults"
        share = float(most.iloc[0] / len(chosen))
        units = words.count(len(chosen), "fold and seed", "folds and seeds")
        rows.append([
            Cell(words.short(name), sort=str(name), strong=True, swatch=families.get(str(name), "")),
            Cell(f"{trials:,}", sort=trials),
            Cell(words.short(said, 90), f"{words.percent(share)} of {units}", sort=said),
            Cell(words.percent(kept), sort=kept),
            Cell(words.number(fall, 4), sort=fall),
        ])  # fmt: skip
        data.append((name, trials, said, share, kept, fall))
    heads = ["Model", "Settings tried", "Chosen most often", "Kept the defaults", "Fall of the loss"]
    columns = ["model", "trials", "chosen", "share", "kept_defaults", "loss_fall"]
    caption = (
        "The loss is that of training rows held out inside each fold, against that of the defaults. It is the smallest of several, so it "
        "flatters: what the search was worth shows on the test rows alone."
    )
    block = Table("search", "Search", caption, heads, rows, pd.DataFrame(data, columns=columns), [False, True, False, True, True])
    text = say(
        " {} chosen among up to {} by the loss on rows held out inside each fold; the same settings were tried in every fold.",
        "Settings of one model were" if len(rows) == 1 else f"Settings of {len(rows)} models were",
        int(tried["trial"].max()) + 1,
    )
    return block, text
