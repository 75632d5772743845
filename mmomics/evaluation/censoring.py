"""Survival metrics under right-censoring by inverse probability of censoring weights.

The censoring distribution is that of the training rows of the fold, estimated once by Kaplan-Meier and taken to be
independent of the features; it is the same for every model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmomics.evaluation.concordance import share, totals
from mmomics.evaluation.resampled import area, ratio


@dataclass(frozen=True)
class Steps:
    """Kaplan-Meier curves: 1 at first, `value[:, k]` from `time[k]` on."""

    time: np.ndarray  # (n_times,), ascending
    value: np.ndarray  # (n_resamples, n_times)

    def __call__(self, at: np.ndarray, before: bool = False) -> np.ndarray:
        """The curves at some times, or just before them: (n_resamples, n_at)."""
        place = np.searchsorted(self.time, at, side="left" if before else "right")
        return np.pad(self.value, ((0, 0), (1, 0)), constant_values=1.0)[:, place]


def kaplan_meier(time: np.ndarray, event: np.ndarray, counts: np.ndarray, of_censoring: bool = False) -> Steps:
    """Probability of no event until a time, or of no censoring.

    Kaplan & Meier 1958, doi:10.1080/01621459.1958.10501452. Of equal times, the event comes before the censoring, so those who
    have the event at a time are no longer at risk of being censored at it.

    Parameters
    ----------
    time : (n_obs,)
        Follow-up > 0, in any unit.
    event : (n_obs,) bool
        True = the event was seen, False = censored.
    counts : (n_resamples, n_obs)
        How often each row counts.
    of_censoring : bool
        The curve of the censoring instead of the event.
    """
    times, index = np.unique(time, return_inverse=True)
    leaving, events = totals(index, counts), totals(index, counts * event)  # (n_resamples, n_times)
    at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]
    counted = leaving - events if of_censoring else events
    at_risk = np.maximum(at_risk - events if of_censoring else at_risk, 1.0)
    return Steps(times, np.cumprod(1.0 - counted / at_risk, axis=1))


@dataclass(frozen=True)
class Censoring:
    """How likely subjects are still under observation, learned from the training rows of a fold."""

    curve: Steps  # of one sample

    @classmethod
    def fit(cls, time: np.ndarray, event: np.ndarray) -> Censoring:
        """The Kaplan-Meier curve of the censoring; time (n_obs,), event (n_obs,) bool."""
        return cls(kaplan_meier(time, event, np.ones((1, len(time))), of_censoring=True))

    def __call__(self, at: np.ndarray) -> np.ndarray:
        """Probability (n_at,) of no censoring until some times, these included: that of being seen free of the event there."""
        return self.curve(at)[0]

    def before(self, at: np.ndarray) -> np.ndarray:
        """Probability (n_at,) of no censoring before some times: that of an event at them being seen, as it comes before the censoring.

        Where follow-up is in months or years, the two differ much.
        """
        return self.curve(at, before=True)[0]

    @property
    def last_time(self) -> float:
        """Until when (exclusive) that probability is known and positive."""
        gone = self.curve.time[self.curve.value[0] <= 0]
        return float(gone[0] if len(gone) else self.curve.time.max(initial=0.0))


@dataclass(frozen=True)
class Rows:
    """Follow-up of test rows, and how often each is drawn."""

    time: np.ndarray  # (n_obs,)
    event: np.ndarray  # (n_obs,) bool
    counts: np.ndarray  # (n_resamples, n_obs); ones for the rows as they are


def uno_c(rows: Rows, risk: np.ndarray, censoring: Censoring, tau: float) -> np.ndarray:
    """Concordance (n_resamples,) of risk and survival up to `tau` that does not depend on the censoring; 0.5 = chance.

    Uno et al. 2011, doi:10.1002/sim.4154. Only pairs whose first event is before `tau` count.
    """
    weight = np.zeros(len(rows.time))
    used = rows.event & (rows.time < tau)
    weight[used] = censoring.before(rows.time[used]) ** -2.0
    return share(risk, rows.time, rows.event, weight, rows.counts)


def brier(rows: Rows, survival: np.ndarray, censoring: Censoring, grid: np.ndarray) -> np.ndarray:
    """Brier score of survival probabilities at each time of a grid (n_resamples, n_times); 0 = perfect.

    Graf et al. 1999, doi:10.1002/(SICI)1097-0258(19990915/30)18:17/18<2529::AID-SIM274>3.0.CO;2-5.

    Parameters
    ----------
    rows : Rows
        Follow-up of the test rows.
    survival : (n_obs, n_times)
        Predicted probability of no event until each time.
    censoring : Censoring
        Of the training rows, > 0 on the grid.
    grid : (n_times,)
        Times, ascending.
    """
    case, control, weight = _status(rows, censoring, grid)
    error = survival**2 * case * weight[:, None] + (1 - survival) ** 2 * control / censoring(grid)
    return (rows.counts @ error) / rows.counts.sum(1, keepdims=True)


def integrated_brier(rows: Rows, survival: np.ndarray, censoring: Censoring, grid: np.ndarray) -> np.ndarray:
    """Mean (n_resamples,) of `brier` over the grid's span, by the trapezoidal rule."""
    return np.trapezoid(brier(rows, survival, censoring, grid), grid, axis=1) / (grid[-1] - grid[0])


def auc_over_time(rows: Rows, risk: np.ndarray, censoring: Censoring, grid: np.ndarray) -> np.ndarray:
    """Cumulative/dynamic area under the ROC curve at each time (n_resamples, n_times): cases until then against those still free.

    Uno et al. 2007, doi:10.1198/016214507000000149; Hung & Chiang 2010, doi:10.1002/cjs.10046. NaN at a time without cases or
    controls.
    """
    case, control, weight = _status(rows, censoring, grid)
    weighted = rows.counts * weight
    return np.column_stack(
        [area(risk[has], risk[free], weighted[:, has], rows.counts[:, free]) for has, free in zip(case.T, control.T, strict=True)]
    )


def mean_auc(rows: Rows, risk: np.ndarray, censoring: Censoring, grid: np.ndarray) -> np.ndarray:
    """Mean (n_resamples,) of `auc_over_time`, each time weighted by the share of events since the time before.

    Lambert & Chevret 2016, doi:10.1177/0962280213515571.
    """
    drop = -np.diff(kaplan_meier(rows.time, rows.event, rows.counts)(grid), axis=1, prepend=1.0)
    weighted = np.where(drop > 0, auc_over_time(rows, risk, censoring, grid) * drop, 0.0)
    return ratio(weighted.sum(1), drop.sum(1))


def _status(rows: Rows, censoring: Censoring, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who is a case and who a control at each time (n_obs, n_times) bool, and the weights of cases (n_obs,)."""
    case = rows.event[:, None] & (rows.time[:, None] <= grid)
    weight = np.zeros(len(rows.time))
    weight[case.any(1)] = 1.0 / censoring.before(rows.time[case.any(1)])
    return case, rows.time[:, None] > grid, weight
