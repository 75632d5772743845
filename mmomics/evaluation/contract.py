"""What the file of a task promises: its metrics, how they are computed, and what the report draws of its predictions.

A task is a file of this folder with the name that `outcome.task` gives (binary, multiclass, regression, survival). Truth and
prediction are tables with one row per subject, in the same order:

* truth: what `known` makes of the cohort's `obs`: `outcome` (a categorical of all classes, or a float), or `time` and `event`;
* prediction: the columns of `predictions.parquet` that hold outputs of the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

Scores = dict[str, float]


class Regions(NamedTuple):
    """What was predicted of each row: whether its set, interval or bound holds the outcome (n_obs,) bool, and its size (n_obs,)."""

    covered: np.ndarray
    size: np.ndarray


class Task(Protocol):
    """A module `mmomics/evaluation/<task>.py`.

    Attributes
    ----------
    METRICS : tuple of str
        Names of the metrics in the order of the report; the primary metric stands first.
    PRIMARY : str
        The metric that models are compared and ranked on.
    HIGHER_IS_BETTER : mapping
        Metric -> whether a larger value is better.
    RANGE : mapping
        Metric -> its smallest and largest possible value; intervals are cut there.
    """

    METRICS: tuple[str, ...]
    PRIMARY: str
    HIGHER_IS_BETTER: Mapping[str, bool]
    RANGE: Mapping[str, tuple[float, float]]

    def known(self, obs: pd.DataFrame, outcome: dict[str, Any]) -> pd.DataFrame:
        """The truth: only the rows whose outcome is known, only its columns, with their types."""

    def outputs(self, outcome: dict[str, Any]) -> list[str]:
        """Columns that every table of predictions must have."""

    def score(self, truth: pd.DataFrame, prediction: pd.DataFrame, train_truth: pd.DataFrame) -> Scores:
        """Every metric of one held-out fold; NaN where the rows do not define it (one class only, no events)."""

    def resample(
        self, metric: str, truth: pd.DataFrame, prediction: pd.DataFrame, train_truth: pd.DataFrame, counts: np.ndarray
    ) -> np.ndarray:
        """One metric (n_resamples,) when row i counts `counts[:, i]` times; counts (n_resamples, n_obs)."""

    def calibration(self, truth: pd.DataFrame, prediction: pd.DataFrame) -> pd.DataFrame:
        """Predicted against observed in groups of similar prediction: predicted, observed, lower, upper, n."""

    def curves(self, truth: pd.DataFrame, prediction: pd.DataFrame, fold: np.ndarray) -> pd.DataFrame:
        """Points of the curves that the report draws; `fold` (n_obs,) says which model predicted each row."""

    def regions(self, truth: pd.DataFrame, prediction: pd.DataFrame) -> Regions | None:
        """Predicted regions against the truth; None where the prediction has none."""
