"""Time to an event, right-censored: concordance of risk, and error of survival probabilities.

Concordance by Harrell (all pairs) and by Uno (corrected for censoring), the cumulative/dynamic area under the ROC curve and the
integrated Brier score. The last three are taken over the middle of the fold's own events: times at their 10 % to 90 % quantiles,
cut to where the training follow-up and the test follow-up both still have subjects; the last of them is Uno's tau.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.evaluation import calibration as groups
from mmomics.evaluation import censoring
from mmomics.evaluation import curves as lines
from mmomics.evaluation.concordance import ENOUGH, comparable, share
from mmomics.evaluation.contract import Regions, Scores

METRICS = ("cindex", "cindex_ipcw", "auc_td", "ibs")
PRIMARY = "cindex"
HIGHER_IS_BETTER = {metric: metric != "ibs" for metric in METRICS}
RANGE = dict.fromkeys(METRICS, (0.0, 1.0))
QUANTILES = np.linspace(0.1, 0.9, 17)  # of the event times of the test rows


def known(obs: pd.DataFrame, outcome: dict[str, Any]) -> pd.DataFrame:
    """Follow-up time (float) and event (bool); rows without a time are left out."""
    time = obs[keys.TIME].astype(float)
    time = time[time.notna()]
    return pd.DataFrame({keys.TIME: time, keys.EVENT: obs.loc[time.index, keys.EVENT].astype(bool)})


def outputs(outcome: dict[str, Any]) -> list[str]:
    """The risk; and survival probabilities at times that the outcome may name."""
    return ["risk", *(f"s_{float(time)!r}" for time in outcome.get("times", []))]


def score(truth: pd.DataFrame, prediction: pd.DataFrame, train_truth: pd.DataFrame) -> Scores:
    """Every metric; NaN with fewer than two comparable pairs, and beyond `cindex` with fewer than two distinct event times."""
    from lifelines.utils import concordance_index

    time, event, risk = _arrays(truth, prediction)
    ones = np.ones((1, len(truth)))
    found = {metric: float(resample(metric, truth, prediction, train_truth, ones)[0]) for metric in METRICS[1:]}
    enough = comparable(time, event) >= ENOUGH
    # lifelines orders by predicted survival, which is low where the risk is high
    return {"cindex": float(concordance_index(time, -risk, event)) if enough else np.nan, **found}


def resample(metric: str, truth: pd.DataFrame, prediction: pd.DataFrame, train_truth: pd.DataFrame, counts: np.ndarray) -> np.ndarray:
    """One metric (n_resamples,) under bootstrap counts (n_resamples, n_obs); the times are those of the rows themselves."""
    time, event, risk = _arrays(truth, prediction)
    if metric == "cindex":
        return share(risk, time, event, np.ones(len(time)), counts)
    of_train = censoring.Censoring.fit(train_truth[keys.TIME].to_numpy(), train_truth[keys.EVENT].to_numpy())
    grid = time_grid(time, event, of_train.last_time)
    rows = censoring.Rows(time, event, counts)
    if len(grid) < 2 or (metric == "ibs" and not _predicted_times(prediction)):
        return np.full(len(counts), np.nan)
    if metric == "cindex_ipcw":
        return censoring.uno_c(rows, risk, of_train, tau=grid[-1])
    if metric == "auc_td":
        return censoring.mean_auc(rows, risk, of_train, grid)
    return censoring.integrated_brier(rows, survival_at(prediction, grid), of_train, grid)


def calibration(truth: pd.DataFrame, prediction: pd.DataFrame) -> pd.DataFrame:
    """Kaplan-Meier survival in groups of similar predicted survival, at the quartiles of the event times."""
    time, event, _ = _arrays(truth, prediction)
    known = event.any() and _predicted_times(prediction)
    at = np.unique(np.quantile(time[event], [0.25, 0.5, 0.75])) if known else np.array([])
    survival = survival_at(prediction, at)
    tables = [groups.survival(survival[:, k], time, event, t).assign(time=t) for k, t in enumerate(at)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["time", *groups.COLUMNS])


def curves(truth: pd.DataFrame, prediction: pd.DataFrame, fold: np.ndarray) -> pd.DataFrame:
    """Kaplan-Meier curves of the thirds with low, middle and high risk; the thirds are made in each fold by itself.

    Risks of different folds come from different models, whose scales must not mix.
    """
    time, event, risk = _arrays(truth, prediction)
    rank = pd.Series(risk).groupby(np.asarray(fold)).rank(pct=True)
    third = pd.cut(rank, [0, 1 / 3, 2 / 3, 1], labels=["low", "middle", "high"], include_lowest=True)
    tables = [
        lines.kaplan_meier(time[third == group], event[third == group]).assign(group=group)
        for group in third.cat.categories
        if (third == group).any()
    ]
    return pd.concat(tables, ignore_index=True)


def regions(truth: pd.DataFrame, prediction: pd.DataFrame) -> Regions | None:
    """Lower bounds of the time; their size is the bound itself, larger = says more.

    Follow-up is held against them, as their method does: the time to the event is no shorter, so it is covered at least as often.
    """
    if keys.TIME_LOWER not in prediction:
        return None
    lower = prediction[keys.TIME_LOWER].to_numpy(dtype=float)
    return Regions(truth[keys.TIME].to_numpy(dtype=float) >= lower, lower)


def time_grid(time: np.ndarray, event: np.ndarray, last: float) -> np.ndarray:
    """Times (n_times,) at `QUANTILES` of the events, before `last` (of the training rows) and the longest test follow-up."""
    if not event.any():
        return np.array([])
    grid = np.unique(np.quantile(time[event], QUANTILES))
    return grid[grid < min(last, time.max())]


def survival_at(prediction: pd.DataFrame, at: np.ndarray) -> np.ndarray:
    """Predicted survival (n_obs, n_times) at any times: straight lines between the predicted ones, from 1 at time 0."""
    columns = _predicted_times(prediction)
    time = np.array([0.0, *(float(name.removeprefix("s_")) for name in columns)])
    value = np.column_stack([np.ones(len(prediction)), prediction[columns].to_numpy(dtype=float)])
    order = np.argsort(time, kind="stable")
    return np.array([np.interp(at, time[order], row[order]) for row in value]).reshape(len(prediction), len(at))


def _predicted_times(prediction: pd.DataFrame) -> list[str]:
    return [name for name in prediction.columns if name.startswith("s_")]


def _arrays(truth: pd.DataFrame, prediction: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return truth[keys.TIME].to_numpy(dtype=float), truth[keys.EVENT].to_numpy(dtype=bool), prediction["risk"].to_numpy(dtype=float)
