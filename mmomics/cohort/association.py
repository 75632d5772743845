"""How much of an assay's leading components goes with what is known of its samples: batch, plate, run order, sex."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from mmomics.cohort.components import Components

SEVERAL = 10  # distinct numbers: more are an order or a time, fewer are labels


@dataclass(frozen=True)
class Association:
    """Of one column with the leading components.

    Attributes
    ----------
    ordered : bool
        The column is a number or a date; else it is a label.
    share : float
        Of the components' variance that goes with it, 0..1, chance taken off.
    p_value : float
        That nothing goes with it: Benjamini-Hochberg over the components, the smallest.
    """

    ordered: bool
    share: float
    p_value: float


def association(found: Components, cells: pd.Series) -> Association | None:
    """Hold a column against each component: ranks of the scores against order (Spearman) or labels (analysis of variance).

    Parameters
    ----------
    found : Components
        Of the assay.
    cells : Series (n,)
        Of the samples of `found`, in their order; missing ones take no part.

    Returns
    -------
    Association or None
        None where the column says nothing: one value, or hardly any label twice.
    """
    numbers = _numbers(cells)
    ordered = numbers is not None and numbers.nunique() > SEVERAL
    values = numbers if ordered and numbers is not None else cells.where(cells.map(cells.value_counts()) > 1)
    known = values.notna().to_numpy()
    n, levels = int(known.sum()), int(values.nunique())
    if not found.scores.shape[1] or levels < 2 or n - (2 if ordered else levels) < 5:
        return None
    scores = stats.rankdata(found.scores[known], axis=0)
    # the share of a rank's variance that order or labels explain, and its F test
    x = stats.rankdata(values[known])[:, None] if ordered else pd.get_dummies(values[known].astype(str)).to_numpy(float)[:, 1:]
    x, y = x - x.mean(axis=0), scores - scores.mean(axis=0)
    fitted = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    explained = np.clip((fitted**2).sum(axis=0) / (y**2).sum(axis=0), 0, 1 - 1e-12)
    df = x.shape[1]
    p = stats.f.sf(explained / df / ((1 - explained) / (n - df - 1)), df, n - df - 1)
    beyond = np.clip(1 - (1 - explained) * (n - 1) / (n - df - 1), 0, 1)
    return Association(ordered, float(found.share @ beyond / found.share.sum()), float(stats.false_discovery_control(p).min()))


def _numbers(cells: pd.Series) -> pd.Series | None:
    """The cells as numbers, dates as seconds; None if they are neither."""
    numbers = pd.to_numeric(cells, errors="coerce")
    if numbers.notna().equals(cells.notna()):
        return numbers.astype(float)
    dates = pd.to_datetime(cells, errors="coerce", format="ISO8601", utc=True)
    if not dates.notna().equals(cells.notna()):
        return None
    return (dates - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
