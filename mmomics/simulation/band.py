"""Wristbands: heart rate and steps per minute over three days, as CSV files with three headers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.simulation.plan import Plan
from mmomics.simulation.subjects import Subjects

BEFORE, AFTER = 2 * 1440, 1440  # minutes before and after the specimen
PUNCTURE = 10  # minutes before and after the specimen without the band: it marks the specimen on the clock of the band
SHORT, WORN = 0.06, 0.2  # share of people who wore it only that part of the time
PEAK = 15.0  # hour of most activity
HEADERS = ("timestamp,heart_rate,steps", "Time,HR,Step count", "Timestamp,Battery,Heart Rate (bpm),Steps")
OFFSET = "+02:00"  # written by the third header: it names the offset of its clock


def planted(plan: Plan, people: Subjects) -> pd.DataFrame:
    """Resting heart rate (1/min), mean steps per minute while awake, relative amplitude of the daily rhythm (0..1), header, too short."""
    random, n = plan.random("band"), plan.n_subjects
    inflammation, rhythm, own = (people.latents[name] for name in ("inflammation", "rhythm", "band"))
    return pd.DataFrame(
        {
            "resting_rate": np.clip(62 + 6 * inflammation + 2 * random.standard_normal(n), 42, 100),
            "amplitude": 1 / (1 + np.exp(-(0.8 + 0.6 * rhythm + 0.9 * own))),
            "steps": 8 * np.exp(0.25 * random.standard_normal(n) + 0.15 * rhythm),
            "layout": random.integers(0, len(HEADERS), n),
            "short": random.uniform(size=n) < SHORT,
        }
    )


def day(hours: np.ndarray, row: pd.Series, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Heart rate (1/min) and steps of every minute (n_times,), given the local hour of the day.

    Steps come in bursts, on average mean x (1 + amplitude x cosine) with the peak in the afternoon; the heart follows them.
    """
    cosine = np.cos(2 * np.pi * (hours - PEAK) / 24)
    expected = row["steps"] * (1 + row["amplitude"] * cosine)
    bursts = random.gamma(0.3, 1 / 0.3, len(hours) // 10 + 1).repeat(10)[: len(hours)]
    steps = np.minimum(random.poisson(expected * bursts), 180)
    slow = np.convolve(random.standard_normal(len(hours) + 29), np.ones(30) / np.sqrt(30), "valid")
    rate = row["resting_rate"] + 6 * (1 + cosine) * row["amplitude"] + 0.25 * steps + 1.5 * slow + random.standard_normal(len(hours))
    return np.clip(rate, 35, 200), steps


def write(folder: Path, name: str, row: pd.Series, drawn: np.datetime64, random: np.random.Generator) -> None:
    """One file, `<name>.csv`, on the device's clock; while not worn there is no heart rate and no step, or (second header) no line."""
    t = np.arange(-BEFORE, AFTER)
    hours = ((drawn - drawn.astype("datetime64[D]")) / np.timedelta64(1, "h") + t / 60) % 24
    rate, steps = day(hours, row, random)
    worn = np.abs(t) > PUNCTURE
    for start in random.integers(0, len(t) - 60, 3):
        worn[start : start + int(random.integers(15, 60))] = False  # showers
    if row["short"]:
        worn &= np.arange(len(t)) < WORN * len(t)
    clock = drawn + t.astype("timedelta64[m]") + np.timedelta64(int(row["shift"]), "s")
    stamps = np.datetime_as_string(clock, unit="s").tolist()
    beats = np.where(worn, np.char.mod("%.0f", rate), "").tolist()
    cells = zip(stamps, beats, np.where(worn, steps, 0).tolist(), worn.tolist(), strict=True)
    if row["layout"] == 0:
        rows = [f"{stamp},{beat},{step}" for stamp, beat, step, _ in cells]
    elif row["layout"] == 1:
        rows = [f"{stamp.replace('T', ' ')},{beat},{step}" for stamp, beat, step, on in cells if on]
    else:
        rows = [f"{stamp}{OFFSET},{90 - i * 60 // len(t)},{beat},{step}" for i, (stamp, beat, step, _) in enumerate(cells)]
    (folder / f"{name}.csv").write_text("\n".join([HEADERS[row["layout"]], *rows, ""]), encoding="utf-8", newline="\n")
