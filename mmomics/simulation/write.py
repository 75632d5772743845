"""A whole cohort into a folder: clinical table, assays, device records and the truth."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from mmomics.simulation import band, cgm, ecg, eeg, outcome, subjects, tables
from mmomics.simulation.effects import WAVES, Effects
from mmomics.simulation.plan import Plan
from mmomics.simulation.subjects import BATCHES, PLATE, ZONE, Subjects

log = logging.getLogger(__name__)
TRUTH, TRUTH_OF_SUBJECTS, CLINICAL = "truth.json", "truth_subjects.tsv", "clinical.tsv"
MODULES: Mapping[str, ModuleType] = {"ecg": ecg, "cgm": cgm, "band": band, "eeg": eeg}
PATTERNS = {"ecg": "ecg/{subject}.hea", "cgm": "cgm/{subject}.csv", "band": "band/{subject}.csv", "eeg": "eeg/{subject}.edf"}


def write(plan: Plan, folder: Path) -> Subjects:
    """Write a cohort into a new folder; returns its people.

    Tables are made block by block and records one by one: memory grows with subjects + features, not with their product.
    """
    folder.mkdir()
    people = subjects.make(plan)
    people.clinical.to_csv(folder / CLINICAL, sep="\t", index=False, lineterminator="\n")
    effects = tables.write(plan, people, folder)
    planted = {device: MODULES[device].planted(plan, people) for device in plan.devices}
    for device, table in planted.items():
        (folder / device).mkdir()
        if device == "band":
            table["shift"] = people.shift
        there = np.flatnonzero(people.seen[device])
        for n_done, i in enumerate(there, 1):
            MODULES[device].write(folder / device, people.names[i], table.loc[i], people.drawn[i], plan.random(device, int(i)))
            if n_done % 1000 == 0:
                log.info("%s: %d of %d records written", device, n_done, len(there))
    table = {"subject": people.names, "predictor": people.predictor}
    table |= {f"source_{name}": values for name, values in people.latents.items()}
    table |= {f"has_{name}": seen.astype(int) for name, seen in people.seen.items()}
    table |= {f"{device}_{name}": values for device, found in planted.items() for name, values in found.items()}
    pd.DataFrame(table).to_csv(folder / TRUTH_OF_SUBJECTS, sep="\t", index=False, float_format="%.6g", lineterminator="\n")
    (folder / TRUTH).write_text(json.dumps(truth(plan, people, effects), indent=1) + "\n", encoding="utf-8")
    return people


def truth(plan: Plan, people: Subjects, effects: Mapping[str, Effects]) -> dict[str, Any]:
    """What was planted, as JSON: settings, parts of the predictor, best scores, features, absence, batches, clocks."""
    settings = {name: getattr(plan, name) for name in plan.__dataclass_fields__}
    return {
        "settings": settings,
        "predictor": {
            "what": "sum over the sources of weight x value; values are independent, of mean 0 and standard deviation 1 "
            f"(the interaction: product of two of them), and stand in {TRUTH_OF_SUBJECTS}",
            "standard_deviation": plan.strength,
            "sources": {
                name: {"kind": each.kind, "seen_in": each.modalities, "share": round(each.share, 6), "weight": round(each.weight, 6)}
                for name, each in people.sources.items()
            },
        },
        "best": {"metric": outcome.METRICS[plan.task], **outcome.best(plan, people.sources)},
        "modalities": {
            name: {"files": tables.FILES.get(name) or PATTERNS[name], "missing": people.absent[name]} for name in plan.modalities
        },
        "features": {
            "what": "feature -> source -> effect per standard deviation of the source, before the assay's own scale",
            **{name: each.causal for name, each in effects.items()},
        },
        "nonlinear": {
            "what": "an assay here sees sqrt(2) cos(pi waves Phi(source)) of the sources that several modalities share, others the source",
            "waves": WAVES if plan.nonlinear else {},
        },
        "batch_effect": {
            "modality": "methylation", "column": "batch", "batches": BATCHES, "subjects_per_plate": PLATE, "size": plan.batch_effect,
            "unit": "standard deviation between batches over that within a batch, on the scale of M",
        },
        "clocks": {
            "time_zone": ZONE, "device": "band", "column": "clock_shift_s", "meaning": "seconds by which the device is ahead",
            "shifted": int(np.count_nonzero(people.shift)),
        },
    }  # fmt: skip
