"""Cohorts from a thousand to a hundred thousand subjects: CPU seconds and peak memory of a fit of each graph method.

Every measurement is a process of its own; what is measured is kept in the scratch folder, so that a run that was killed goes on where it
was.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from mmomics import __version__

HERE = Path(__file__).parent
METHODS = ("late_linear", "view_graphs", "fused_graph", "feature_graph", "self_attention")
TEXT = """# Many subjects

A fit of one fold on a made-up cohort whose outcome is planted, every modality missing for a fifth of the subjects: preparation and data
not counted in *CPU s*, all of them in *peak MB*; *of it data* is the peak before the fit began (imports, cohort, fold). `late_linear` is
the linear path that the methods contain. Each measurement is a process of its own; CPU time, because the machine was shared.

{table}

Written by `{command}` at commit {commit}. Python {python}, mmomics {mmomics}, torch {torch}; {machine}.
"""


def measured(scratch: Path, cases: list[list[str]]) -> list[dict[str, object]]:
    """What each case took, those known already not measured again."""
    notes = scratch / "measured.jsonl"
    known = {note["key"]: note for note in map(json.loads, notes.read_text().splitlines())} if notes.exists() else {}
    for case in cases:
        key = " ".join(case)
        if key not in known:
            done = subprocess.run([sys.executable, str(HERE / "measure.py"), *case], capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{key}: {done.stderr.strip().splitlines()[-1]}")
            known[key] = {"key": key, **json.loads(done.stdout.splitlines()[-1])}
            with notes.open("a") as file:
                print(json.dumps(known[key]), file=file)
    return [known[" ".join(case)] for case in cases]


def main() -> int:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), help="methods (default: %(default)s)")
    parser.add_argument("--subjects", nargs="+", default=["1000", "10000", "100000"], help="numbers of subjects (default: %(default)s)")
    parser.add_argument("--shape", nargs=2, default=["3", "50"], help="modalities, features of each (default: %(default)s)")
    parser.add_argument("--training", nargs=3, default=["1", "2", "256"], help="members, epochs, rows of a step (default: %(default)s)")
    parser.add_argument("--scratch", type=Path, default=Path("results/bench_scale"), help="folder for notes (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=HERE / "README.md", help="Markdown file (default: %(default)s)")
    given = parser.parse_args()
    given.scratch.mkdir(parents=True, exist_ok=True)
    cases = [[method, n_obs, *given.shape, *given.training] for method in given.methods for n_obs in given.subjects]
    lines = ["| method | subjects | CPU s | ms per 1,000 subjects | peak MB | of it data | AUROC |", "|---|---|---|---|---|---|---|"]
    for (method, n_obs, *_), found in zip(cases, measured(given.scratch, cases), strict=True):
        each = 1e6 * float(str(found["cpu"])) / int(n_obs)
        lines.append(
            f"| {method} | {int(n_obs):,} | {found['cpu']:.1f} | {each:.0f} | {found['peak']:.0f} | {found['data']:.0f} "
            f"| {found['auroc']:.3f} |"
        )
    commit = subprocess.run(["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    options = {"methods": given.methods, "subjects": given.subjects, "shape": given.shape, "training": given.training}
    command = " ".join(["python benchmarks/scale/run.py", *(f"--{name} {' '.join(value)}" for name, value in options.items())])
    text = TEXT.format(
        table="\n".join(lines), command=command, commit=commit, python=platform.python_version(), mmomics=__version__,
        torch=version("torch"), machine=f"{platform.machine()}, {os.cpu_count()} cores",
    )  # fmt: skip
    given.output.write_text(text)
    print(given.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
