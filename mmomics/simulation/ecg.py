"""Electrocardiograms: one lead, as WFDB records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.simulation.plan import Plan
from mmomics.simulation.subjects import Subjects

FS, SECONDS = 250, 60
# waves: seconds from R at 60 beats per minute, height (mV), width (s); P and T move and stretch with the root of the interval
WAVES = {"P": (-0.19, 0.12, 0.035), "Q": (-0.042, -0.10, 0.012), "R": (0, 1.0, 0.014), "S": (0.042, -0.15, 0.012), "T": (0.28, 0.25, 0.055)}
LATE, DETACHED = 0.05, 0.05  # shares of records taken three weeks before the specimen, and with the electrode off most of the time


def planted(plan: Plan, people: Subjects) -> pd.DataFrame:
    """Heart rate (1/min), standard deviation of intervals (ms), minutes from specimen to record, and whether the electrode came off."""
    random, n = plan.random("ecg"), plan.n_subjects
    inflammation, own = people.latents["inflammation"], people.latents["ecg"]
    offset = np.where(random.uniform(size=n) < LATE, -21 * 24 * 60, random.integers(20, 60, n))
    return pd.DataFrame(
        {
            "heart_rate": np.clip(70 + 7 * inflammation + 2 * random.standard_normal(n), 45, 120),
            "sdnn": np.clip(45 * np.exp(-0.25 * inflammation - 0.45 * own + 0.1 * random.standard_normal(n)), 6, 150),
            "minutes_after": offset,
            "detached": random.uniform(size=n) < DETACHED,
        }
    )


def beats(heart_rate: float, sdnn: float, random: np.random.Generator) -> np.ndarray:
    """Times of R waves (s) from before the record to behind it; within it, intervals have exactly this mean and standard deviation.

    Intervals swing with respiration (0.25 Hz) and blood pressure (0.1 Hz) and are noisy, in equal parts.
    """
    mean = 60 / heart_rate
    n = int(np.ceil(SECONDS / mean)) + 4
    at = np.arange(n) * mean
    phases = random.uniform(0, 2 * np.pi, 2)
    swing = np.sin(2 * np.pi * 0.25 * at + phases[0]) + np.sin(2 * np.pi * 0.1 * at + phases[1]) + random.standard_normal(n) / np.sqrt(2)
    intervals = mean + sdnn / 1000 * (swing - swing.mean()) / swing.std()
    return np.cumsum(np.maximum(intervals, 0.3)) - 2 * mean


def lead(r_waves: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Voltage (n_times,) in mV: a sum of Gaussians around each beat, baseline wander, mains hum and noise.

    References
    ----------
    McSharry et al. (2003). A dynamical model for generating synthetic electrocardiogram signals.
    https://doi.org/10.1109/TBME.2003.808805
    """
    t = np.arange(FS * SECONDS) / FS
    beat = np.searchsorted(r_waves, t, side="right") - 1
    since, until = t - r_waves[beat], r_waves[beat + 1] - t
    stretch = np.sqrt(since + until)  # QT grows with the root of the interval, as Bazett found
    voltage = 0.08 * np.sin(2 * np.pi * 0.3 * t + random.uniform(0, 6)) + 0.01 * np.sin(2 * np.pi * 50 * t)
    voltage += 0.015 * random.standard_normal(len(t))
    for wave, (at, height, width) in WAVES.items():
        far = {"P": -until / stretch, "Q": -until, "R": np.minimum(since, until), "S": since, "T": since / stretch}[wave]
        voltage += height * np.exp(-((far - at) ** 2) / (2 * width**2))
    return voltage


def write(folder: Path, name: str, row: pd.Series, drawn: np.datetime64, random: np.random.Generator) -> None:
    """One record, `<name>.hea` and `<name>.dat`; while the electrode is off, samples are invalid."""
    import wfdb

    voltage = lead(beats(row["heart_rate"], row["sdnn"], random), random)
    if row["detached"]:
        voltage[FS * SECONDS // 4 :] = np.nan
    start = (drawn + np.timedelta64(int(row["minutes_after"]), "m")).astype("datetime64[s]").item()
    stored = np.where(np.isnan(voltage), -(2**15), np.round(voltage * 1000)).astype(np.int16)  # 1 uV per unit; -32768 = invalid
    wfdb.wrsamp(
        name, fs=FS, units=["mV"], sig_name=["II"], d_signal=stored[:, None], fmt=["16"], adc_gain=[1000.0], baseline=[0],
        base_datetime=start, write_dir=str(folder),
    )  # fmt: skip
