"""The outcome: from columns of the samples table to the canonical columns of `keys`, checked."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.cohort.columns import canonical, column, numbers, place
from mmomics.config.outcome import Binary, Multiclass, Outcome, Regression, Survival
from mmomics.errors import UserError, did_you_mean, listed

log = logging.getLogger(__name__)
EVENT_WORDS = {
    **dict.fromkeys(("1", "true", "event", "dead", "deceased", "died"), "event"),
    **dict.fromkeys(("0", "false", "censored", "alive", "living"), "censored"),
}
CODED = re.compile(r"([01])\s*:.*")  # 0:LIVING, 1:DECEASED, as cBioPortal writes it


def keys_of(outcome: Outcome) -> dict[str, str]:
    """The keys of the cohort file that name the outcome's columns -> those columns of the samples table."""
    return {"time": outcome.time, "event": outcome.event} if isinstance(outcome, Survival) else {"column": outcome.column}


def columns(outcome: Outcome) -> list[str]:
    """The columns of the samples table that hold the outcome."""
    return list(keys_of(outcome).values())


def describe(outcome: Outcome, classes: list[str]) -> dict[str, Any]:
    """What ``uns["outcome"]`` holds; `classes` is ``[negative, positive]`` for a binary outcome, empty unless there are classes."""
    about = {"task": outcome.task, "unit": getattr(outcome, "unit", ""), "classes": classes}
    return about | {"hazards": outcome.hazards} if isinstance(outcome, Survival) and outcome.hazards != "proportional" else about


def known(obs: pd.DataFrame) -> np.ndarray:
    """Which subjects have an outcome: bool (n_obs,)."""
    return obs[keys.TIME if keys.TIME in obs else keys.LABEL].notna().to_numpy()


def read_outcome(outcome: Outcome, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The outcome of every row of the samples table.

    Parameters
    ----------
    outcome : Outcome
        What is to be predicted.
    frame : DataFrame
        One row per subject, cells are text.

    Returns
    -------
    obs : DataFrame
        ``outcome`` (class name, or float), or ``time`` (float, > 0) and ``event`` (bool). No outcome: missing, and event False.
    about : dict
        ``task``, ``unit`` and ``classes``.

    Raises
    ------
    UserError
        If a column is missing or holds what it should not, or nothing can be learned from it.
    """
    cells = {key: column(frame, name, f"outcome.{key}") for key, name in keys_of(outcome).items()}
    where = {key: place(frame, f"outcome.{key}, column '{name}'") for key, name in keys_of(outcome).items()}
    classes: list[str] = []
    if isinstance(outcome, Survival):
        obs = _survival(outcome, cells, where)
    elif isinstance(outcome, Regression):
        obs = pd.DataFrame({keys.LABEL: numbers(cells["column"], where["column"])})
        if obs[keys.LABEL].nunique() < 2:
            raise UserError(where["column"], "holds fewer than two different numbers", "name another column")
    else:
        labels, classes = _classes(outcome, cells["column"], where["column"])
        obs = pd.DataFrame({keys.LABEL: labels})
    return obs, describe(outcome, classes)


def read_further(outcomes: Mapping[str, Outcome], frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """Further outcomes, as `read_outcome` gives each: columns ``also.<name>.<column>``, and what is known about them by name."""
    found = {name: read_outcome(outcome, frame) for name, outcome in outcomes.items()}
    obs = [table.add_prefix(f"{keys.ALSO}.{name}.") for name, (table, _) in found.items()]
    return pd.concat([pd.DataFrame(index=frame.index), *obs], axis=1), {name: about for name, (_, about) in found.items()}


def further(obs: pd.DataFrame, name: str) -> pd.DataFrame:
    """One further outcome of a cohort under the canonical names of its columns."""
    prefix = f"{keys.ALSO}.{name}."
    return obs.filter(regex=f"^{re.escape(prefix)}").rename(columns=lambda column: column.removeprefix(prefix))


def _survival(outcome: Survival, cells: dict[str, pd.Series], where: dict[str, str]) -> pd.DataFrame:
    times, states = numbers(cells["time"], where["time"]), _states(outcome, cells["event"], where["event"])
    usable = (times > 0) & states.notna()
    if not usable.all():
        log.warning("%d of %d subjects have no outcome: no event state, no time, or a time <= 0", (~usable).sum(), len(usable))
    seen = usable & states.eq("event")
    if not seen.any():
        raise UserError(where["event"], "no subject has both an event and a time > 0", "check `time` and `event`")
    return pd.DataFrame({keys.TIME: times.where(usable), keys.EVENT: seen})


def _states(outcome: Survival, cells: pd.Series, where: str) -> pd.Series:
    """``event`` or ``censored`` by `labels`, or else by the usual words; missing where nothing is known."""
    plain = canonical(cells)
    known: Mapping[str, str] = outcome.labels or EVENT_WORDS
    words = cells.where(cells.isin(known), plain) if outcome.labels else plain.str.lower().str.replace(CODED, r"\1", regex=True)
    odd = cells[words.notna() & ~words.isin(known)].unique()
    if len(odd):
        said = zip(odd, ("event", "censored"), strict=False)
        named = ", ".join(f"{json.dumps(str(each), ensure_ascii=False)}: {state}" for each, state in said)
        cure = f"say in `labels` what each value means, such as `labels: {{{named}}}`; a blank one leaves its rows without outcome"
        raise UserError(where, f"unknown values ({listed(odd)})", cure)
    return words.map(known).replace("", np.nan)


def _classes(outcome: Binary | Multiclass, cells: pd.Series, where: str) -> tuple[pd.Series, list[str]]:
    labels = cells.where(cells.isin(outcome.labels), canonical(cells))
    if outcome.labels:
        unknown = labels[labels.notna() & ~labels.isin(outcome.labels)].unique()
        if len(unknown):
            raise UserError(
                where, f"values that `labels` does not name ({listed(unknown)})", "add them; a blank label leaves its rows without outcome"
            )
        labels = labels.map({value: name or np.nan for value, name in outcome.labels.items()})
    present = set(labels.dropna())
    order = list(dict.fromkeys(outcome.labels.values())) if outcome.labels else sorted(present)
    classes = [name for name in order if name in present]
    if len(classes) < 2:
        raise UserError(where, f"{len(classes)} class found ({listed(classes)}), expected at least 2", "name another column")
    if isinstance(outcome, Binary):
        if len(classes) > 2:
            folded = len({name.strip().casefold() for name in classes}) == 2
            cure = "they differ in upper and lower case: give them one name each in `labels`" if folded else "set `task: multiclass`"
            raise UserError(where, f"{len(classes)} classes found ({listed(classes)}), expected 2", cure)
        if outcome.positive not in classes:
            raise UserError("outcome.positive", f"there is no class '{outcome.positive}'", did_you_mean(outcome.positive, classes))
        classes.sort(key=lambda name: name == outcome.positive)
    return labels, classes
