"""Time to an event, right-censored: Cox's partial likelihood, with Breslow's baseline for survival curves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.heads._conformal import bound
from mmomics.heads.contract import Head, has_outcome

N_TIMES = 30  # points of a predicted survival curve at most
N_DIGITS = 6  # of their times, in any unit
ROUNDING = 1e-6  # share of a time that single precision may be off, and more
FLAT = 1e-6  # rise of the hazard where nobody has an event, as a share of its whole rise
EARLIEST = 1e-15  # cumulative hazard of who leaves at once
LARGEST = 30.0  # a log hazard ratio beyond this has no meaning, and its exponential no float32


class Survival(Head):
    """Cox proportional hazards (Cox 1972, doi:10.1111/j.2517-6161.1972.tb00899.x); `eta` is the log relative hazard."""

    n_out = 1
    has_intercept = False
    bend = 1.0

    @classmethod
    def fit(cls, outcome: dict[str, Any], obs: pd.DataFrame) -> Survival:
        return cls(outcome, {"origin": float(obs[keys.TIME].astype(float).min())})

    def target(self, obs: pd.DataFrame) -> tuple[Tensor, Tensor]:
        return follow_up(obs, self.state["origin"])

    def loss(self, eta: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        """Negative log partial likelihood per event, Breslow's rule for ties (doi:10.2307/2529620)."""
        eta = eta[..., 0].clamp(-LARGEST, LARGEST)
        # sorted as they come, once, however many predictors share them
        late_first, order = torch.sort(-y[..., 0], dim=-1)
        last_tie = (torch.searchsorted(late_first, late_first, right=True) - 1).expand_as(eta)
        order = order.expand_as(eta)
        eta, weight = eta.gather(-1, order), weight.expand_as(eta).gather(-1, order)
        event = y[..., 1].expand_as(eta).gather(-1, order) * weight
        at_risk = torch.cumsum(torch.exp(eta) * weight, dim=-1).gather(-1, last_tie)
        log_risk = torch.log(at_risk.clamp_min(torch.finfo(eta.dtype).tiny))
        return ((log_risk - eta) * event).sum(-1) / event.sum(-1).clamp_min(1.0)

    def n_telling(self, y: Tensor) -> int:
        """Events."""
        return int(y[:, 1].sum())

    def learn(self, eta: Tensor, y: Tensor, has: Tensor, method: str) -> None:
        """Also Breslow's cumulative baseline hazard at the events, from the out-of-fold predictor."""
        super().learn(eta, y, has, method)
        time, event = y[has].double().numpy().T
        time = time + self.state["origin"]
        log_hazard = self.calibrated(eta)[has, 0].clamp(-LARGEST, LARGEST).double()
        baseline = cumulative_hazard(time, event, torch.exp(log_hazard).numpy())
        knots, row = np.unique(time, return_index=True)
        told = (knots == knots[-1]) | np.isin(knots, time[event > 0])  # where it rises, and where follow-up ends
        self.state["times"] = knots[told].tolist()
        self.state["cumulative_hazard"] = baseline[row[told]].tolist()

    def misfit(self, eta: Tensor, y: Tensor) -> Tensor:
        """How early follow-up ended: minus the log of the cumulative hazard that was expected by then."""
        hazard = np.interp(y[:, 0].double().numpy() + self.state["origin"], *self._rising()).clip(EARLIEST)
        return -torch.from_numpy(np.log(hazard)) - self.calibrated(eta)[:, 0].clamp(-LARGEST, LARGEST).double()

    def predict(self, eta: Tensor, obs_index: pd.Index, members: Tensor | None = None) -> pd.DataFrame:
        """`risk`, survival at each time, and `time_lower`: a time that nine in ten are followed up beyond, and so live beyond.

        Follow-up ends at the event or before it, so a lower bound of follow-up is one of the time to the event, however censoring came
        about: valid, and the more cautious the more are censored (Candes, Lei & Ren 2023, doi:10.1093/jrsssb/qkac004, sharpen it where
        censoring times are known of all). An upper bound cannot be had that way.
        """
        risk = eta[..., 0].clamp(-LARGEST, LARGEST).double().numpy()
        at = np.array(self.outcome["times"]) * (1 + ROUNDING)  # which are events: that of the same time has happened
        told = np.searchsorted(self.state["times"], at, side="right")  # so many steps were taken by then
        survival = np.exp(-np.exp(risk)[:, None] * np.array([0.0, *self.state["cumulative_hazard"]])[told])
        scores = self.state["scores"]
        each = self.left_out(eta, members)[..., 0].clamp(-LARGEST, LARGEST).double().numpy()
        time, hazard = self._rising()
        lower = np.interp(np.exp(-bound(each, scores)), hazard, time)
        return predictions(self.outcome, obs_index, risk, lower, survival)

    def _rising(self) -> tuple[np.ndarray, np.ndarray]:
        """Times from 0 and a cumulative baseline hazard that rises between all of them, so that each stands for one time."""
        time = np.array([0.0, *self.state["times"]])
        hazard = np.array([0.0, *self.state["cumulative_hazard"]])
        return time, hazard + FLAT * max(hazard[-1], FLAT) * time / time[-1]


def follow_up(obs: pd.DataFrame, origin: float) -> tuple[Tensor, Tensor]:
    """Time and event (n_obs, 2), and which rows have an outcome (n_obs,) bool.

    Time counts from an origin, the first training row to leave, so that times of a calendar keep their order in single precision.
    """
    time = obs[keys.TIME].astype(float)
    y = np.column_stack([(time - origin).fillna(0.0), obs[keys.EVENT].astype(float).fillna(0.0)]).astype("float32")
    return torch.from_numpy(y), torch.from_numpy(has_outcome(time))


def predictions(outcome: dict[str, Any], index: pd.Index, risk: np.ndarray, lower: np.ndarray, survival: np.ndarray) -> pd.DataFrame:
    """The table of risk (n_obs,), lower bound of the time (n_obs,), and survival (n_obs, n_times) at the times of the outcome."""
    columns = [f"s_{float(time)!r}" for time in outcome["times"]]
    first = pd.DataFrame({"risk": risk, keys.TIME_LOWER: lower}, index=index)
    return pd.concat([first, pd.DataFrame(survival, index, columns)], axis=1)


def cumulative_hazard(time: np.ndarray, event: np.ndarray, hazard: np.ndarray) -> np.ndarray:
    """Breslow's cumulative baseline hazard (n_obs,) at each row's own time; with a relative `hazard` of 1 it is Nelson and Aalen's.

    Parameters
    ----------
    time, event : (n_obs,)
    hazard : (n_obs,)
        Relative hazard of each row, > 0.
    """
    order = np.argsort(time, kind="stable")
    time, own = time[order], np.argsort(order)
    first, last = (np.searchsorted(time, time, side=side) for side in ("left", "right"))  # those at a time share its risk set
    at_risk = np.cumsum(hazard[order][::-1])[::-1][first]
    return np.cumsum(event[order] / at_risk)[last - 1][own]


def times(obs: pd.DataFrame) -> list[float]:
    """The grid at which survival is predicted: at the cohort's events from the first to the last, in even numbers of them.

    An axis for the output, shared by all folds; nothing is learned from it. It is close where events are: of even steps, a few who are
    followed for very long would leave one for all that happens. Without an event, even steps to the longest follow-up.
    """
    time, event = obs[keys.TIME].astype(float).to_numpy(), obs[keys.EVENT].astype(float).to_numpy() > 0
    if event.any():
        found = np.quantile(time[event], np.linspace(0, 1, N_TIMES), method="closest_observation")
    else:
        found = np.linspace(0, np.nanmax(time), N_TIMES + 1)[1:]
    return sorted({_shortened(at) for at in found.tolist()})


def _shortened(time: float) -> float:
    """A time to `N_DIGITS`, never before itself, where the event would not have happened yet."""
    short = float(f"{time:.{N_DIGITS}g}")
    return short if short >= time else float(f"{short + 10.0 ** (math.floor(math.log10(time)) + 1 - N_DIGITS):.{N_DIGITS}g}")


HEAD = Survival
