"""Where the models stand on the primary metric: the best fusion, the best baseline, and how sure their order is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mmomics import plugins
from mmomics.report.inputs import Inputs

BASELINE, ENSEMBLE = "baseline", "ensemble"


@dataclass
class Standing:
    """The models on the primary metric.

    Parameters
    ----------
    metric : str
        The primary metric.
    sign : int
        1 if higher is better, -1 if lower is.
    table : DataFrame
        Index = model, best first: family, mean, lower, upper, p_best, rank_mean, and against the best baseline difference,
        difference_lower, difference_upper, p_value.
    reference : str or None
        The baseline that every model is compared with.
    pairs : DataFrame
        Every paired comparison, also those with the best model of one modality: model, reference, difference, lower, upper, p_value.
    """

    metric: str
    sign: int
    table: pd.DataFrame
    reference: str | None
    pairs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["model", "reference"]))

    @property
    def best(self) -> str:
        """The best model of all."""
        return str(self.table.index[0])

    @property
    def fusion(self) -> str | None:
        """The best fusion model."""
        return _first(self.table.index[self.deep])

    @property
    def deep(self) -> pd.Series:
        """Which models are of the five families, neither baseline nor made of other models: bool, index = model."""
        return ~self.table["family"].isin((BASELINE, ENSEMBLE))

    @property
    def ensemble(self) -> str | None:
        """The best model that is made of other models."""
        return _first(self.table.index[self.table["family"] == ENSEMBLE])

    def advantage(self, model: str) -> tuple[float, float, float]:
        """How much better a model is than the reference, with the interval; positive = better."""
        row = self.table.loc[model]
        ends = sorted((self.sign * row["difference_lower"], self.sign * row["difference_upper"]))
        return self.sign * row["difference"], ends[0], ends[1]

    def pair(self, model: str, reference: str) -> pd.Series | None:
        """A paired comparison: difference, lower, upper, p_value; None where it was not made."""
        rows = self.pairs[(self.pairs["model"] == model) & (self.pairs["reference"] == reference)]
        return rows.iloc[0] if len(rows) and math.isfinite(rows["difference"].iloc[0]) else None

    def shown(self) -> list[str]:
        """The models that get curves of their own: the best fusion and the reference."""
        return [name for name in dict.fromkeys((self.fusion or self.best, self.reference)) if name is not None]

    def chance(self, n_classes: int) -> float | None:
        """The score of guessing."""
        return {"auroc": 0.5, "cindex": 0.5, "balanced_accuracy": 1 / n_classes if n_classes else None}.get(self.metric)


def standing(inputs: Inputs) -> Standing | None:
    """Gather the primary metric's rows; None when nothing was evaluated."""
    task = plugins.load("evaluation", inputs.facts.task)
    metric, sign = task.PRIMARY, 1 if task.HIGHER_IS_BETTER[task.PRIMARY] else -1
    table = inputs.table("summary")
    table = table[(table["metric"] == metric) & table["mean"].notna()].set_index("model")
    if table.empty:
        return None
    table = table.iloc[np.argsort(-sign * table["mean"].to_numpy(), kind="stable")]
    for column in ("p_best", "rank_mean"):
        table[column] = inputs.table("ranking").set_index("model")[column].reindex(table.index).astype(float)
    pairs = inputs.table("comparisons")
    pairs = pairs[pairs["metric"] == metric]
    baselines = table.index[table["family"] == BASELINE]
    reference = _first(baselines[baselines.isin(pairs["reference"])]) or _first(baselines)
    compared = pairs[pairs["reference"] == reference].drop_duplicates("model").set_index("model")
    names = {"difference": "difference", "lower": "difference_lower", "upper": "difference_upper", "p_value": "p_value"}
    for source, column in names.items():
        table[column] = compared[source].reindex(table.index).astype(float)
    return Standing(metric, sign, table, reference, pairs)


def _first(names: pd.Index) -> str | None:
    return str(names[0]) if len(names) else None
