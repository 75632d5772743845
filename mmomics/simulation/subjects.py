"""The people of the cohort: who has which assay and why, batches, specimens, clocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmomics.simulation import factors, outcome
from mmomics.simulation.factors import Source
from mmomics.simulation.plan import Plan

ZONE = "Europe/Berlin"
FIRST, DAYS = np.datetime64("2025-04-07T08:00"), 150  # specimens are taken within one summer time: no clock jumps
PLATE, BATCHES = 24, 3  # subjects per plate; batches, each of whole plates
# missing shares of the modalities, relative to one another
OFTEN = {
    "rna": 0.5, "methylation": 1.2, "protein": 1.0, "metabolome": 1.5, "mutation": 0.8,
    "ecg": 0.7, "cgm": 1.3, "band": 1.0, "eeg": 1.0,
}  # fmt: skip
SLOPE = 1.5  # log odds of a missing assay per standard deviation of what it depends on
BECAUSE_OF_OUTCOME = ("rna", "protein", "ecg", "cgm")  # informative: these lack in those with a high predictor, the others in the old
SHIFTED = 0.2  # share of wristbands with a wrong clock
UNKNOWN = {"age": 0.03, "sex": 0.02, "outcome": 0.03}  # shares of empty cells


@dataclass(frozen=True)
class Subjects:
    """Everything about the people, row by row.

    Attributes
    ----------
    names : array of str (n,)
    sources : dict of str to Source
        Parts of the predictor.
    latents : dict of str to array (n,)
        Values of the sources.
    predictor : array (n,)
    seen : dict of str to bool array (n,)
        Who has which modality.
    absent : dict
        Of each modality, how its absence came about.
    drawn : array of datetime64[s] (n,)
        Local time of the specimen.
    batch, plate : int arrays (n,)
        Of the methylation assay.
    shift : int array (n,)
        Seconds by which the wristband's clock is ahead.
    clinical : DataFrame (n rows)
        The table as written.
    """

    names: np.ndarray
    sources: dict[str, Source]
    latents: dict[str, np.ndarray]
    predictor: np.ndarray
    seen: dict[str, np.ndarray]
    absent: dict[str, Any]
    drawn: np.ndarray
    batch: np.ndarray
    plate: np.ndarray
    shift: np.ndarray
    clinical: pd.DataFrame


def make(plan: Plan) -> Subjects:
    """Draw the people of a plan."""
    n, random = plan.n_subjects, plan.random("subjects")
    sources = factors.sources(plan)
    latents = factors.draw(sources, n, random)
    eta = factors.predictor(sources, latents)
    width = max(4, len(str(n)))
    names = np.array([f"SIM-{i:0{width}d}" for i in range(1, n + 1)], dtype=object)
    order = random.permutation(n)  # batches are independent of who somebody is
    plate = order // PLATE
    batch = plate * BATCHES // (plate.max() + 1)
    minutes = random.integers(0, 120, n) + 24 * 60 * random.integers(0, DAYS, n)
    drawn = (FIRST + minutes.astype("timedelta64[m]")).astype("datetime64[s]")
    seen, absent = _seen(plan, latents["age"], eta, random)
    shift = np.where(random.uniform(size=n) < SHIFTED, random.choice([-1, 1], n) * random.integers(600, 7200, n), 0)
    shift = np.where(seen["band"], shift, 0) if "band" in seen else np.zeros(n, dtype=int)
    clinical = pd.DataFrame(
        {
            "subject": names,
            "age": np.round(60 + 10 * latents["age"]).astype(int),
            "sex": random.choice(["female", "male"], n),
            "site": random.choice(["north", "south"], n, p=[0.6, 0.4]),
            "batch": np.char.add("B", (batch + 1).astype(str)),
            "plate": np.char.add("P", (plate + 1).astype(str)),
            "drawn": np.char.replace(np.datetime_as_string(drawn, unit="m"), "T", " "),
            "clock_shift_s": shift,
        }
    )
    made = outcome.draw(plan, eta, random)
    for name, share in UNKNOWN.items():
        frame, columns = (made, list(made)) if name == "outcome" else (clinical, [name])
        frame[columns] = frame[columns].astype(object)
        frame.loc[random.uniform(size=n) < share, columns] = ""
    return Subjects(names, sources, latents, eta, seen, absent, drawn, batch, plate, shift, clinical.join(made))


def _seen(plan: Plan, age: np.ndarray, eta: np.ndarray, random: np.random.Generator) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Who has which modality (bool (n,) each), and why the others have not."""
    from scipy.optimize import brentq
    from scipy.special import expit, logit

    severity = eta / plan.strength if plan.strength else np.zeros_like(eta)
    often = plan.missing_share / float(np.mean([OFTEN[name] for name in plan.modalities]))
    seen, why = {}, {}
    for name in plan.modalities:
        share = min(often * OFTEN[name], 0.9)
        chance = np.full(len(eta), share)
        depends = None
        if plan.missing == "informative" and share > 0:
            depends = "predictor" if name in BECAUSE_OF_OUTCOME else "age"
            slope = SLOPE * (severity if depends == "predictor" else age)
            level = brentq(lambda a, slope=slope, share=share: expit(a + slope).mean() - share, logit(share) - 20, logit(share) + 20)
            chance = expit(level + slope)
        luck = random.uniform(size=len(eta)) - chance
        seen[name] = luck >= 0
        seen[name][np.argsort(luck)[-2:]] = True  # no assay is without any subject
        why[name] = {
            "planned_share": round(share, 4),
            "share": round(float(1 - seen[name].mean()), 4),
            "depends_on": depends,
            "log_odds_per_sd": SLOPE if depends else 0.0,
        }
    return seen, why
