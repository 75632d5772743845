"""Time to an event in intervals: the hazard of each, whose ratio between subjects may change with time.

Logistic hazard (Gensheimer & Narasimhan 2019, doi:10.7717/peerj.6257; Kvamme & Borgan 2021, doi:10.1007/s10985-021-09532-6). Intervals
end at quantiles of the training rows' event times, the last with their follow-up. Who is censored counts in the intervals lived through
to the middle at least.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from mmomics import keys
from mmomics.heads._conformal import bound
from mmomics.heads.contract import Head, weighted_mean
from mmomics.heads.survival import EARLIEST, LARGEST, follow_up, predictions

N_INTERVALS = 10  # at most
N_EVENTS = 5  # of an interval at least


class DiscreteTime(Head):
    """`eta` is (level, tilt): the log odds of the event in an interval are those of the training rows' life table + level + tilt * u.

    u rises evenly from -1 in the first interval to 1 in the last, so hazards may cross, once. An output for each interval would have a
    few events each to learn from, and ten times as many coefficients; level and tilt learn from all events. Trees give the level alone.
    """

    n_out = 2
    bend = 1.0  # of an event, as in the proportional head: each tells of a slope what its trial's expected events do

    @classmethod
    def fit(cls, outcome: dict[str, Any], obs: pd.DataFrame) -> DiscreteTime:
        known = obs[obs[keys.TIME].notna()]
        time, event = known[keys.TIME].to_numpy(float), known[keys.EVENT].to_numpy(bool)
        n = int(np.clip(event.sum() // N_EVENTS, 1, N_INTERVALS))
        cuts = np.quantile(time[event], np.arange(1, n) / n) if n > 1 else []
        ends = np.unique([*cuts, time.max(initial=0.0) or 1.0])
        head = cls(outcome, {"origin": float(time.min(initial=np.inf)), "ends": ends.tolist()})
        lived = head._lived(time, event)[:, None]
        number = np.arange(len(ends))
        events, at_risk = ((number == lived - 1) & event[:, None]).sum(0) + 0.5, (number < lived).sum(0) + 1.0
        head.state["logits"] = np.log(events / (at_risk - events)).tolist()
        return head

    def target(self, obs: pd.DataFrame) -> tuple[Tensor, Tensor]:
        """Time and event, in how many intervals a row counts and of how many, and the life table's log odds in each.

        The table comes with every row since folds that train together, each with its own, share a loss.
        """
        y, has = follow_up(obs, self.state["origin"])
        lived = self._lived(obs[keys.TIME].astype(float).fillna(0.0).to_numpy(), y[:, 1].numpy() > 0)
        table = torch.tensor(self.state["logits"])
        table = torch.cat([torch.tensor([float(len(table))]), F.pad(table, (0, N_INTERVALS - len(table)))])
        return torch.cat([y, torch.from_numpy(lived).float()[:, None], table.expand(len(y), -1)], dim=1), has

    def loss(self, eta: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        """Negative log likelihood per row: a Bernoulli trial in each interval that it counts in."""
        lived, logits = y[..., 2:3], _logits(eta, y[..., 4:], y[..., 3:4])
        number = torch.arange(N_INTERVALS, device=y.device)
        happened = (number == lived - 1) * y[..., 1:2]
        return weighted_mean((F.softplus(logits) * (number < lived) - logits * happened).sum(-1), weight)

    def misfit(self, eta: Tensor, y: Tensor) -> Tensor:
        """How early follow-up ended: minus the log of the cumulative hazard that was expected by then."""
        time, hazard = y[:, 0].double().numpy() + self.state["origin"], self._cumulative(self.calibrated(eta))
        passed = [np.interp(at, self._edges, row) for at, row in zip(time, hazard, strict=True)]
        return -torch.log(torch.tensor(passed, dtype=torch.float64).clamp_min(EARLIEST))

    def predict(self, eta: Tensor, obs_index: pd.Index, members: Tensor | None = None) -> pd.DataFrame:
        """`risk`, the log of the cumulative hazard, mean over the ends of the intervals; survival; and `time_lower`, as the proportional
        head explains it, by the mean predictor: hazards that cross have no order that members could be told apart by.

        The cumulative hazard rises evenly within an interval (Kvamme & Borgan 2021, section 4); risk is the expected mortality of
        Ishwaran et al. 2008, doi:10.1214/08-AOAS169.
        """
        hazard = self._cumulative(eta)
        between = np.array([np.interp(self.outcome["times"], self._edges, one) for one in np.eye(len(self._edges))])
        early = np.exp(-bound(np.zeros((len(self.state["scores"]), 1)), self.state["scores"]))
        lower = np.array([np.interp(early[0], row, self._edges) for row in hazard])
        return predictions(self.outcome, obs_index, np.log(hazard[:, 1:].mean(1)), lower, np.exp(-hazard @ between))

    @property
    def _edges(self) -> np.ndarray:
        return np.array([0.0, *self.state["ends"]])

    def _lived(self, time: np.ndarray, event: np.ndarray) -> np.ndarray:
        """In how many intervals each row counts (n_obs,): an end belongs to the interval before it."""
        place = np.minimum(np.searchsorted(self._edges[1:], time), len(self.state["ends"]) - 1)
        middle = (self._edges[1:] + self._edges[:-1]) / 2
        return place + (event | (time >= middle[place]))

    def _cumulative(self, eta: Tensor) -> np.ndarray:
        """Cumulative hazard (n_obs, n_intervals + 1) at every edge."""
        table = torch.tensor(self.state["logits"], dtype=torch.float64)
        logits = _logits(eta.double(), table, table.new_tensor(len(table)))
        return F.pad(F.softplus(logits).cumsum(-1), (1, 0)).numpy()


def _logits(eta: Tensor, table: Tensor, n: Tensor) -> Tensor:
    """Log odds (..., n_obs, n_intervals) of the event in each of n intervals, from a life table's; what is beyond them means nothing."""
    number = torch.arange(table.shape[-1], device=eta.device)
    u = (2 * number / (n - 1).clamp_min(1) - 1) * (n > 1)
    return (table + eta[..., :1] + eta[..., 1:] * u).clamp(-LARGEST, LARGEST)


HEAD = DiscreteTime
