"""Reading tables with mmomics and with plain pandas (and scanpy): CPU seconds, rows per second, peak memory.

Every measurement is a process of its own, start-up included; what is measured is kept in the scratch folder, so that a run that was
killed goes on where it was.
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

HERE = Path(__file__).parent
FORMATS = ("csv", "tsv.gz", "parquet", "h5ad")
LIBRARIES = ("mmomics", "pandas", "pyarrow", "anndata", "scanpy", "openpyxl", "numpy")

TEXT = """# Reading tables

The same tables of counts read by `mmomics`, with all its checks, and by a plain script: pandas, or anndata for h5ad. *Normalised*: `ingest`
and `normalize` against `AnnData`, `scanpy.pp.normalize_total` and `scanpy.pp.log1p`. Files of more rows than columns hold samples in
columns. Each measurement is a process of its own, start-up and imports included; CPU time, because the machine was shared. A ratio below 1
is in favour of mmomics. Of h5ad, peak memory is that of reader and parent added up, what they share counted twice.

{table}

Written by `{command}` at commit {commit}. Python {python}, {versions}; {machine}.
"""


def step(*words: object) -> str:
    """Run one step; what it prints."""
    command = [sys.executable, "-W", "ignore", str(HERE / "measure.py"), *map(str, words)]
    done = subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def measured(scratch: Path, cases: list[tuple[str, str, bool]], repeats: int) -> dict[tuple[str, str, bool, str], dict[str, float]]:
    """The least CPU time and memory of every case (format, size, normalised) and tool, measured now or before."""
    notes = scratch / "measured.jsonl"
    before = [json.loads(line) for line in notes.read_text().splitlines() if line.endswith("}")] if notes.is_file() else []
    known = {tuple(each["key"]): each for each in before}
    found: dict[tuple[str, str, bool, str], dict[str, float]] = {}
    for ending, size, normalised in cases:
        n_rows, n_columns = map(int, size.split("x"))
        path = scratch / f"{size}.{ending}"
        for tool in ("pandas", "mmomics"):
            for repeat in range(repeats):
                key = (ending, size, normalised, tool, repeat)
                if key not in known:
                    if not path.is_file():
                        step("make", path, "--shape", n_rows, n_columns)
                    flags = ["--samples-in-columns"] * (n_rows > n_columns) + ["--normalised"] * normalised
                    known[key] = {"key": key, **json.loads(step(tool, path, *flags))}
                    with notes.open("a") as file:
                        print(json.dumps(known[key]), file=file)
            runs = [known[ending, size, normalised, tool, repeat] for repeat in range(repeats)]
            found[ending, size, normalised, tool] = {name: min(run[name] for run in runs) for name in ("cpu", "peak", "total")}
    return found


def table(found: dict[tuple[str, str, bool, str], dict[str, float]]) -> str:
    """A Markdown table; ratios below 1 are for mmomics."""
    lines = [
        "| file | rows x columns | | CPU s: pandas | mmomics | ratio | rows/s: pandas | mmomics | peak MB: pandas | mmomics |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for ending, size, normalised, tool in found:
        if tool != "pandas":
            continue
        plain, ours = (found[ending, size, normalised, each] for each in ("pandas", "mmomics"))
        if abs(plain["total"] - ours["total"]) > 1e-4 * abs(plain["total"]):
            sys.exit(f"{ending} {size}: pandas adds up to {plain['total']}, mmomics to {ours['total']}")
        n_rows = int(size.split("x")[0])
        lines.append(
            f"| {ending} | {size.replace('x', ' x ')} | {'read, normalised' if normalised else 'read'} "
            f"| {plain['cpu']:.1f} | {ours['cpu']:.1f} | {ours['cpu'] / plain['cpu']:.2f} "
            f"| {n_rows / plain['cpu']:.0f} | {n_rows / ours['cpu']:.0f} | {plain['peak']:.0f} | {ours['peak']:.0f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", nargs="+", default=["1000x20000", "20000x1000"], help="rows x columns of the files (default: %(default)s)"
    )
    parser.add_argument("--formats", nargs="*", choices=FORMATS, default=FORMATS, help="endings of the files (default: all)")
    parser.add_argument("--workbook", default="300x500", help="rows x columns of a workbook, or `none` (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=1, help="the best of so many runs counts (default: %(default)s)")
    parser.add_argument(
        "--scratch", type=Path, default=Path("results/bench_ingest"), help="folder for tables and notes (default: %(default)s)"
    )
    parser.add_argument("--output", type=Path, default=HERE / "README.md", help="Markdown file (default: %(default)s)")
    given = parser.parse_args()
    given.scratch.mkdir(parents=True, exist_ok=True)
    cases = [(ending, size, normalised) for size in given.sizes for ending in given.formats for normalised in (False, True)]
    cases += [] if given.workbook == "none" else [("xlsx", given.workbook, False)]
    found = measured(given.scratch, cases, given.repeats)
    commit = subprocess.run(["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    options = {"sizes": " ".join(given.sizes), "formats": " ".join(given.formats), "workbook": given.workbook, "repeats": given.repeats}
    command = " ".join(["python benchmarks/ingest/run.py", *(f"--{name} {value}" for name, value in options.items())])
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    text = TEXT.format(
        table=table(found), command=command, commit=commit, versions=versions, python=platform.python_version(), machine=machine
    )
    given.output.write_text(text)
    print(given.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
