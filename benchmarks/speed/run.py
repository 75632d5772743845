"""CPU seconds per fit of every fusion method and baseline on prepared cohorts.

Imports, reading and the ridge models that all share are counted once per cohort. What is measured is kept in the scratch folder, so
that a run that was killed goes on where it was.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from mmomics import __version__, plugins

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BIN = Path(sys.executable).parent
SEEDS = {"rosmap": 5}  # fits of a cohort with one test set; others have folds
Found = dict[str, dict[str, Any]]

TEXT = """# Speed

CPU seconds of one fit: one fold and seed of a method, an ensemble of {members} networks for fusion methods, with early stopping,
calibration and the predictions of the test rows with every subset of modalities. All fits of a cohort in one process on one thread, folds
and seeds in one batched pass, as the workflow does; CPU time, because the machine was shared.

{table}

Counted once: {shared}.

Written by `{command}` at commit {commit}, {today}. mmomics {mmomics}, Python {python}, torch {torch}, numpy {numpy}; {machine}.
"""


def prepared(cohort: str, given: argparse.Namespace) -> Path:
    """The results of a cohort as far as its fitted preprocessing, by the workflow."""
    results = given.scratch.resolve()
    config = {
        "cohorts": [cohort],
        "data_dir": str(given.data_dir.resolve()),
        "results": str(results),
        "models": {"late_linear": {}},
        "imputers": [],
    }
    file = given.scratch / f"{cohort}.yaml"
    file.write_text(yaml.safe_dump(config))
    folder = results / cohort
    command = [BIN / "snakemake", "--cores", "1", "--configfile", file.resolve(), "--", folder / "prepare.safetensors"]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    return folder


def measured(cohort: str, methods: list[str], given: argparse.Namespace) -> Found:
    """What each method took, now or before."""
    notes = given.scratch / f"{cohort}.jsonl"
    before = [json.loads(line) for line in notes.read_text().splitlines() if line.endswith("}")] if notes.is_file() else []
    known = {each["what"]: each for each in before}
    missing = [method for method in methods if "cpu" not in known.get(method, {})]
    if missing:
        folder = prepared(cohort, given)
        command = [sys.executable, "-W", "ignore", HERE / "measure.py", folder, *missing, "--seeds", str(SEEDS.get(cohort, 1))]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
        assert process.stdout is not None
        with notes.open("a") as file:
            for line in process.stdout:
                print(cohort, line.strip(), flush=True)
                print(line.strip(), file=file, flush=True)
                known[json.loads(line)["what"]] = json.loads(line)
        if process.wait():
            sys.exit(f"{cohort}: the measurement broke off")
    return known


def table(found: dict[str, Found], methods: list[str]) -> str:
    """A Markdown table: methods by family, and the mean over those that fuse."""
    baselines = plugins.names("baselines")
    lines = [f"| method | family | {' | '.join(found)} |", "|---" * (2 + len(found)) + "|"]
    for method in methods:
        family = "baseline" if method in baselines else plugins.family("fusion", method)
        cells = [per_fit(known[method]) if method in known else "" for known in found.values()]
        lines.append(f"| {method} | {family} | {' | '.join(cells)} |")
    means = []
    for known in found.values():
        own = [known[name]["cpu"] / known[name]["n_fits"] for name in methods if name not in baselines and "cpu" in known.get(name, {})]
        means.append(f"**{sum(own) / len(own):.2f}**" if own else "")
    return "\n".join([*lines, f"| **mean of the fusion methods** | | {' | '.join(means)} |"])


def per_fit(found: dict[str, Any]) -> str:
    """CPU seconds of one fit, or why there is none."""
    return f"{found['cpu'] / found['n_fits']:.2f}" if "cpu" in found else f"failed ({found['failed']})"


def main() -> int:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", nargs="+", default=["rosmap", "brca"], help="default: %(default)s")
    parser.add_argument("--methods", nargs="+", help="default: every fusion method and baseline")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where the cohorts' files lie (default: %(default)s)")
    parser.add_argument("--scratch", type=Path, default=Path("results/bench_speed"), help="folder for results (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=HERE / "README.md", help="Markdown file (default: %(default)s)")
    given = parser.parse_args()
    given.scratch.mkdir(parents=True, exist_ok=True)
    every = [*sorted(plugins.names("fusion"), key=lambda name: (plugins.family("fusion", name), name)), *plugins.names("baselines")]
    methods = given.methods or every
    found = {cohort: measured(cohort, methods, given) for cohort in given.cohorts}
    shared = "; ".join(
        f"{cohort}, imports {known['shared']['imports']:.1f} s, reading {known['shared']['reading']:.1f} s, "
        f"ridge models {known['shared']['ridge']:.2f} s per fold"
        for cohort, known in found.items()
    )
    members = json.loads((given.scratch / given.cohorts[0] / "settings.json").read_text())["training"]["members"]
    commit = subprocess.run(["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    command = f"python benchmarks/speed/run.py --cohorts {' '.join(given.cohorts)}"
    command += f" --methods {' '.join(given.methods)}" if given.methods else ""
    text = TEXT.format(
        table=table(found, methods), shared=shared, members=members, command=command, commit=commit, mmomics=__version__,
        today=datetime.datetime.now(datetime.UTC).date().isoformat(), python=platform.python_version(), torch=version("torch"),
        numpy=version("numpy"), machine=f"{platform.machine()}, {os.cpu_count()} cores",
    )  # fmt: skip
    given.output.write_text(text)
    print(given.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
