"""Glucose monitors: a reading every five minutes over three days, as CSV files with three headers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.simulation.plan import Plan
from mmomics.simulation.subjects import Subjects

STEP, BEFORE, AFTER = 300, 2, 1  # seconds; days before and after the specimen
SHORT, HOURS = 0.06, 10  # share of sensors that were set only so many hours before the specimen
MEALS = (7.5, 12.5, 19.0)  # hours of the day
HEADERS = ("timestamp,glucose_mg_dl", "Device;Time;Glucose (mg/dL)", "Timestamp,Glucose (mmol/L)")
LINES = ("%s,%.0f", "monitor;%s;%.0f", "%s,%.1f")
MMOL = 18.016  # mg/dL of glucose per mmol/L


def planted(plan: Plan, people: Subjects) -> pd.DataFrame:
    """Mean (mg/dL) and coefficient of variation (%) of the two days before the specimen, which header, and whether too short."""
    random, n = plan.random("cgm"), plan.n_subjects
    metabolism, own = people.latents["metabolism"], people.latents["cgm"]
    return pd.DataFrame(
        {
            "mean_glucose": np.clip(120 * np.exp(0.07 * metabolism + 0.12 * own + 0.02 * random.standard_normal(n)), 75, 220),
            "cv": np.clip(20 + 3 * metabolism + 2 * own + random.standard_normal(n), 10, 32),
            "layout": random.integers(0, len(HEADERS), n),
            "short": random.uniform(size=n) < SHORT,
        }
    )


def glucose(hours: np.ndarray, mean: float, cv: float, window: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Readings (n_times,) in mg/dL, 40..400: meals, a slow drift and noise; exact mean and CV over `window` (bool) unless cut off.

    Parameters
    ----------
    hours : array (n_times,)
        Since midnight before the first reading, local time.
    """
    curve = 0.15 * np.cumsum(random.standard_normal(len(hours))) / np.sqrt(12)
    for day in range(int(hours[-1] // 24) + 1):
        for meal, late in zip(MEALS, random.normal(0, 0.4, len(MEALS)), strict=True):
            since = np.maximum(hours - 24 * day - meal - late, 0)
            curve += random.lognormal(0, 0.25) * since * np.exp(1 - since)  # peaks one hour after the meal
    curve = (curve - curve[window].mean()) / curve[window].std()
    return np.clip(mean * (1 + cv / 100 * curve), 40, 400)


def write(folder: Path, name: str, row: pd.Series, drawn: np.datetime64, random: np.random.Generator) -> None:
    """One file, `<name>.csv`, with two gaps; with the second header steps are irregular, with the third the unit is another."""
    lead = int(random.integers(0, 1800))
    t = np.arange(-BEFORE * 86400 - lead, AFTER * 86400, STEP)
    midnight = drawn.astype("datetime64[D]")
    hours = (t + (drawn - midnight) / np.timedelta64(1, "s")) / 3600
    before = (t >= -BEFORE * 86400) & (t < 0)
    values = glucose(hours + 24 * (BEFORE + 1), row["mean_glucose"], row["cv"], before, random)
    keep = np.ones(len(t), dtype=bool)
    for start in random.integers(0, len(t) - 24, 2):
        keep[start : start + int(random.integers(8, 24))] = False  # 40 to 120 minutes out of reach
    if row["short"]:
        keep &= t >= -HOURS * 3600
    if row["layout"] == 1:
        t = t + random.integers(-20, 21, len(t))
    stamps = np.char.replace(np.datetime_as_string(drawn + t[keep].astype("timedelta64[s]"), unit="s"), "T", " ").tolist()
    values = values[keep] / (MMOL if row["layout"] == 2 else 1)
    rows = [LINES[row["layout"]] % each for each in zip(stamps, values.tolist(), strict=True)]
    (folder / f"{name}.csv").write_text("\n".join([HEADERS[row["layout"]], *rows, ""]), encoding="utf-8", newline="\n")
