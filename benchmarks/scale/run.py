"""Cost curves: what a fit of each method takes against the number of subjects, and against that of modalities, with their slopes.

Every measurement is a process of its own; what is measured is kept in the scratch folder, so that a run that was killed goes on where it
was.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmomics import __version__, plugins

HERE = Path(__file__).parent
METHODS = ["late_linear", *sorted(plugins.names("fusion"), key=lambda name: (plugins.family("fusion", name), name))]
TIMED = {"cpu": "cpu", "cuda": "wall"}  # the processor is shared, the card is not
TEXT = """# Cost curves

A fit of one fold on a made-up cohort whose outcome is planted, every modality missing for a fifth of the subjects: {members} network,
{epochs} epochs, minibatches of {batch}, {n_vars} features a modality. Preparation and data are not counted in the seconds; *MB* is the peak
of memory above what imports, cohort and fold take. *Slope* is that of the logarithms between the last column and the one before that is a
third of it or less: 1 where twice as much takes twice as long. `late_linear` is the linear path that all methods contain. Each measurement
is a process of its own, on one thread.

{tables}

Written by `{command}` at commit {commit}, mmomics {mmomics}; {machines}.
"""


def measured(scratch: Path, device: str, cases: Iterable[tuple[object, ...]]) -> dict[tuple[object, ...], dict[str, Any]]:
    """What each case took; those known already are not measured again. Where the device is not there, what is known of it."""
    notes = scratch / f"{device}.jsonl"
    known = {note["key"]: note for note in map(json.loads, notes.read_text().splitlines())} if notes.exists() else {}
    found = {}
    for case in cases:
        key = " ".join(map(str, case))
        if key not in known and device == "cuda" and shutil.which("nvidia-smi") is None:
            continue
        if key not in known:
            command = [sys.executable, "-W", "ignore", str(HERE / "measure.py"), *key.split(), "--device", device]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"})
            if done.returncode:
                sys.exit(f"{key}: {done.stderr.strip().splitlines()[-1]}")
            known[key] = {"key": key, **json.loads(done.stdout.splitlines()[-1])}
            print(known[key], flush=True)
            with notes.open("a") as file:
                print(json.dumps(known[key]), file=file)
        found[case] = known[key]
    return found


def table(methods: list[str], numbers: list[int], found: dict[tuple[str, int], dict[str, Any]], timed: str) -> str:
    """A Markdown table: a row per method, a column per number of subjects or modalities, the slope, and memory at the largest."""
    lines = [f"| method | {' | '.join(f'{number:,}' for number in numbers)} | slope | MB | its slope | AUROC |"]
    lines.append("|---" * (len(numbers) + 5) + "|")
    for method in methods:
        own = [found[method, number] for number in numbers]
        memory = [each["peak"] - each["data"] for each in own]
        cells = [*(f"{each[timed]:.2f}" for each in own), slope(numbers, [each[timed] for each in own]), f"{memory[-1]:.0f}"]
        lines.append(f"| {method} | {' | '.join(cells)} | {slope(numbers, memory)} | {own[-1]['auroc']:.3f} |")
    return "\n".join(lines)


def slope(numbers: list[int], values: list[float]) -> str:
    """The slope of the logarithms between the last and the one before that is a third of it or less: far enough apart to tell."""
    before = [value for number, value in zip(numbers, values, strict=True) if number * 3 <= numbers[-1]]
    if not before or min(before[-1], values[-1]) <= 0:
        return ""
    return f"{math.log(values[-1] / before[-1]) / math.log(numbers[-1] / numbers[len(before) - 1]):.2f}"


def main() -> int:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", default=METHODS, help="default: late_linear and every fusion method")
    parser.add_argument(
        "--subjects", nargs="+", type=int, default=[1_000, 10_000, 100_000], help="with 3 modalities (default: %(default)s)"
    )
    parser.add_argument("--modalities", nargs="+", type=int, default=[2, 4, 8, 12], help="with 1,000 subjects (default: %(default)s)")
    parser.add_argument("--n-vars", type=int, default=50, help="features of each modality (default: %(default)s)")
    parser.add_argument("--training", nargs=3, default=["1", "2", "256"], help="members, epochs, rows of a step (default: %(default)s)")
    parser.add_argument("--devices", nargs="+", choices=TIMED, default=["cpu"], help="default: %(default)s")
    parser.add_argument("--scratch", type=Path, default=Path("results/bench_scale"), help="folder for notes (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=HERE / "README.md", help="Markdown file (default: %(default)s)")
    given = parser.parse_args()
    given.scratch.mkdir(parents=True, exist_ok=True)
    tables, machines = [], []
    for device in given.devices:
        unit = {"cpu": "CPU seconds", "cuda": "wall seconds on a graphics card"}[device]
        for what, numbers in (("subjects", given.subjects), ("modalities", given.modalities)):
            shapes = {number: (number, 3) if what == "subjects" else (1_000, number) for number in numbers}
            cases = {(m, number): (m, *shapes[number], given.n_vars, *given.training) for m in given.methods for number in numbers}
            notes = measured(given.scratch, device, cases.values())
            found = {place: notes[case] for place, case in cases.items() if case in notes}
            whole = [number for number in numbers if all((method, number) in found for method in given.methods)]
            if whole:
                tables += [f"## {what.capitalize()}, {unit}", table(given.methods, whole, found, TIMED[device])]
                machines.append(str(found[given.methods[-1], whole[-1]]["machine"]))
    commit = subprocess.run(["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    members, epochs, batch = given.training
    text = TEXT.format(
        tables="\n\n".join(tables), command=f"python benchmarks/scale/run.py --devices {' '.join(given.devices)}", commit=commit,
        mmomics=__version__, machines="; ".join(dict.fromkeys(machines)), members=members, epochs=epochs, batch=batch, n_vars=given.n_vars,
    )  # fmt: skip
    given.output.write_text(text)
    print(given.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
