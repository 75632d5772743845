"""Electroencephalograms: two channels, as EDF. They tell nothing of the outcome: a negative control."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.simulation.plan import Plan
from mmomics.simulation.subjects import Subjects

FS, SECONDS = 100, 60
CHANNELS = ("EEG O1", "EEG O2")
BACKGROUND = 12.0  # root mean square of the 1/f background (uV)


def planted(plan: Plan, people: Subjects) -> pd.DataFrame:
    """Root mean square of the alpha rhythm (uV) and its frequency (Hz)."""
    random, n = plan.random("eeg"), plan.n_subjects
    alpha = 10 * np.exp(0.35 * people.latents["eeg"] + 0.1 * random.standard_normal(n))
    return pd.DataFrame({"alpha": np.clip(alpha, 2, 60), "alpha_hz": random.normal(10, 0.5, n).clip(8.5, 11.5)})


def channel(alpha: float, hertz: float, random: np.random.Generator) -> np.ndarray:
    """Voltage (n_times,) in uV: noise whose power falls as 1/f, and a rhythm with a band of about 1 Hz."""
    n = FS * SECONDS
    frequencies = np.fft.rfftfreq(n, 1 / FS)

    def noise(amplitude: np.ndarray, rms: float) -> np.ndarray:
        spectrum = amplitude * (random.standard_normal(len(frequencies)) + 1j * random.standard_normal(len(frequencies)))
        made = np.fft.irfft(spectrum, n)
        return rms * made / made.std()

    slope = np.where(frequencies >= 0.5, 1 / np.sqrt(np.maximum(frequencies, 0.5)), 0)
    return noise(slope, BACKGROUND) + noise(np.exp(-((frequencies - hertz) ** 2) / (2 * 0.5**2)), alpha)


def write(folder: Path, name: str, row: pd.Series, drawn: np.datetime64, random: np.random.Generator) -> None:
    """One record, `<name>.edf`, begun 90 minutes after the specimen."""
    from edfio import Edf, EdfSignal, Patient, Recording

    start = (drawn + np.timedelta64(90, "m")).astype("datetime64[s]").item()
    signals = [
        EdfSignal(
            np.clip(channel(row["alpha"], row["alpha_hz"], random), -400, 400), FS, label=label, physical_dimension="uV",
            physical_range=(-400, 400),
        )
        for label in CHANNELS
    ]  # fmt: skip
    made = Edf(signals, patient=Patient(code=name), recording=Recording(startdate=start.date()), starttime=start.time())
    made.write(folder / f"{name}.edf")
