"""The tables of the assays, each laid out as its technique leaves them, written block by block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mmomics.simulation import effects as effects_of
from mmomics.simulation.assays import Metabolome, Methylation, Mutation, Protein, Rna
from mmomics.simulation.effects import Effects, blocks
from mmomics.simulation.plan import ASSAYS, Plan
from mmomics.simulation.subjects import BATCHES, Subjects

REPLICATED = 0.1  # share of subjects whose RNA was sequenced twice
FILES = {
    "rna": "rna_counts.tsv",
    "methylation": "methylation_beta.parquet",
    "protein": "protein_log2.csv",
    "metabolome": "metabolome.csv",
    "mutation": "mutations.tsv",
}


def write(plan: Plan, people: Subjects, folder: Path) -> dict[str, Effects]:
    """Write every assay into a folder; returns what its features are made of."""
    found = {}
    for modality in ASSAYS:
        found[modality] = effects = effects_of.make(plan, modality, people.latents)
        rows, path, n_vars = np.flatnonzero(people.seen[modality]), folder / FILES[modality], len(effects.features)
        if modality == "rna":
            _rna(plan, people, effects, path)
        elif modality == "methylation":
            _methylation(plan, people, effects, path)
        elif modality == "protein":
            protein = Protein.of(plan, n_vars)
            _text(path, ",", effects, people.names[rows], "%.4f", (protein.values(*each) for each in _drawn(plan, effects, rows)))
        elif modality == "metabolome":
            peaks = Metabolome.of(plan, n_vars)
            _text(path, ",", effects, people.names[rows], "%.1f", (peaks.values(*each) for each in _drawn(plan, effects, rows)))
        else:
            genes = Mutation.of(plan, n_vars)
            _text(path, "\t", effects, people.names[rows], "%d", (genes.values(*each) for each in _drawn(plan, effects, rows)))
    return found


def _drawn(plan: Plan, effects: Effects, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.random.Generator]]:
    """Effects of some subjects, block by block (n_block, n_vars), and random numbers to go on with."""
    for position, block in enumerate(blocks(len(rows), len(effects.features))):
        random = plan.random(effects.modality, "values", position)
        yield effects.draw(rows[block], slice(None), random), random


def _text(path: Path, delimiter: str, effects: Effects, names: np.ndarray, form: str, values: Iterator[np.ndarray]) -> None:
    """Samples in rows; NaN is an empty cell."""
    line = delimiter.join(["%s", *[form] * len(effects.features)])
    left = iter(names)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        print("sample", *effects.features, sep=delimiter, file=file)
        for block in values:
            for row in block.tolist():
                print((line % (next(left), *row)).replace("nan", ""), file=file)


def _rna(plan: Plan, people: Subjects, effects: Effects, path: Path) -> None:
    """Features in rows, samples in columns under barcodes: `SIM-0001-A`, and `SIM-0001-B` where sequenced twice."""
    there = np.flatnonzero(people.seen["rna"])
    twice = there[plan.random("rna", "replicates").uniform(size=len(there)) < REPLICATED]
    rows = np.concatenate([there, twice])
    vials = np.concatenate([people.names[there] + "-A", people.names[twice] + "-B"])
    rna = Rna.of(plan, len(rows), len(effects.features))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        print("gene", *vials, sep="\t", file=file)
        for position, columns in enumerate(blocks(len(effects.features), len(rows))):
            random = plan.random("rna", "values", position)
            counts = rna.values(effects.draw(rows, columns, random), columns, random)
            for feature, row in zip(effects.features[columns], counts.T.tolist(), strict=True):
                print(feature, *row, sep="\t", file=file)


def _methylation(plan: Plan, people: Subjects, effects: Effects, path: Path) -> None:
    """Samples in rows, one row group per block."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    rows = np.flatnonzero(people.seen["methylation"])
    sites = Methylation.of(plan, effects, BATCHES)
    schema = pa.schema([("sample", pa.string()), *((str(name), pa.float32()) for name in effects.features)])
    done = 0
    with ParquetWriter(path, schema) as writer:
        for effect, random in _drawn(plan, effects, rows):
            block = rows[done : done + len(effect)]
            done += len(effect)
            values = sites.values(effect, people.batch[block], random)
            writer.write_table(pa.table([pa.array(people.names[block], pa.string()), *values.T], schema=schema))
