"""Every method and baseline on public cohorts: scores with intervals, and the difference to the best baseline.

Runs the workflow, cohort by cohort, as far as its evaluation. What is finished is kept in the scratch folder, so that a run that was
killed goes on where it was, and the table of a cohort stays in the README until that cohort is run anew. A model that fails is named
and left out.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from mmomics import __version__, plugins

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BIN = Path(sys.executable).parent
ONE_TEST_SET, CROSS_VALIDATED = ("rosmap",), ("brca", "kipan", "luad", "cll", "labor", "cgmacros", "motrpac", "acc")
SEEDS = 5  # of a cohort with a single test set
SHOWN = {
    "binary": ("auroc", "accuracy", "f1_weighted"),
    "multiclass": ("balanced_accuracy", "accuracy", "f1_macro"),
    "regression": ("rmse", "r2", "spearman"),
    "survival": ("cindex", "cindex_ipcw", "ibs"),
}

HEAD = """# Accuracy

All methods and baselines on public cohorts (`config/cohorts`), by the workflow with its defaults: mean and 95 % interval of the metrics,
and the difference to the best baseline on the same folds, with its interval and p-value. The first metric is the one that models are
ranked on; lower is better for `rmse` and `ibs`. With several folds the intervals are those of the corrected resampled t (Nadeau & Bengio
2003), with one test set a bootstrap over its subjects. The best baseline is chosen on these same folds, which favours it. Every number is
from rows that were not learned from, at the epoch that the training rows chose.
"""


def models(only: list[str] | None) -> dict[str, dict[str, Any]]:
    """Every fusion method, baseline and ensemble under its own name; the covariates alone, and every assay alone. Or some of them."""
    found: dict[str, dict[str, Any]] = {
        "clinical": {"method": "linear", "modalities": ["clinical"]},
        "single": {"method": "late_linear", "per_modality": True},
    }
    found |= {name: {} for package in ("baselines", "fusion", "ensembles") for name in plugins.names(package)}
    return {name: found[name] for name in only or found}


def site(cohort: str, given: argparse.Namespace) -> Path:
    """A working directory with the run's configuration and the cohort's file, split as asked; its results lie in `results/<cohort>`."""
    folder = given.scratch.resolve() / cohort
    config = {
        "cohorts": [cohort], "data_dir": str(given.data_dir.resolve()), "imputers": [], "models": models(given.models),
        "search": {"trials": given.trials}, "seeds": SEEDS if cohort in ONE_TEST_SET and not given.quick else 1,
    }  # fmt: skip
    shutil.copytree(ROOT / "config" / "cohorts", folder / "config" / "cohorts", dirs_exist_ok=True)
    file = folder / "config" / "cohorts" / f"{cohort}.yaml"
    about = yaml.safe_load(file.read_text())
    if cohort not in ONE_TEST_SET:
        kept = {key: value for key, value in about.get("split", {}).items() if key in ("inner", "group")}
        about["split"] = {"scheme": "kfold", "folds": given.folds, "repeats": given.repeats, **kept}
    for path, content in ((file, about), (folder / "config" / "config.yaml", config)):
        path.write_text(yaml.safe_dump(content, sort_keys=False))
    if not (folder / "resources").exists():
        (folder / "resources").symlink_to(ROOT / "resources")
    return folder


def run(cohort: str, given: argparse.Namespace) -> tuple[Path, list[str]]:
    """Evaluate all models of a cohort: the folder of its results, and the models that failed."""
    place = site(cohort, given)
    folder = place / "results" / cohort
    options = ["--snakefile", ROOT / "Snakefile", "--directory", place, "--cores", str(given.cores), "--keep-going"]
    command = [BIN / "snakemake", *options, "--", folder.relative_to(place) / "evaluate"]
    if not subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": "1"}).returncode:
        return folder, []
    about = folder / "settings.json"
    wanted = list(json.loads(about.read_text())["models"]) if about.is_file() else []
    done = [name for name in wanted if (folder / "train" / name / "1of1" / "predictions.parquet").is_file()]
    if not done:
        sys.exit(f"{cohort}: no model was trained; see {folder / 'logs'}")
    files = ["--settings", about, "--input", folder / "cohort.h5mu", "--splits", folder / "splits.parquet"]
    predictions = [folder / "train" / name / "1of1" for name in done]
    subprocess.run([BIN / "mmomics", "evaluate", *files, "--predictions", *predictions, "--output", folder / "evaluate"], check=True)
    return folder, [name for name in wanted if name not in done]


def section(cohort: str, folder: Path, failed: list[str], written_by: str) -> str:
    """One cohort's part of the README."""
    summary, compared = (pd.read_csv(folder / "evaluate" / f"{name}.tsv", sep="\t") for name in ("summary", "comparisons"))
    about = json.loads((folder / "settings.json").read_text())
    shown = SHOWN[about["cohort"]["outcome"]["task"]]
    reference = compared["reference"].iloc[0] if len(compared) else None
    against = compared[compared["reference"] == reference].set_index("model")
    order = summary[summary["metric"] == summary["metric"].iloc[0]]
    scores = summary.set_index(["model", "metric"])
    lines = [f"| model | family | {' | '.join(shown)} | against {reference} |", "|---" * (3 + len(shown)) + "|"]
    for model, family in zip(order["model"], order["family"], strict=True):
        cells = [estimate(scores.loc[(model, metric)]) for metric in shown]
        lines.append(f"| {model} | {family} | {' | '.join(cells)} | {difference(against, model)} |")
    first = order.iloc[0]
    counts = f"{first['n_subjects']} tested subjects, {first['n_folds']} fold{'s' if first['n_folds'] > 1 else ''}"
    counts += f", {about['seeds']} seeds" if about["seeds"] > 1 else ""
    note = f"\n\nFailed, and left out: {', '.join(failed)}." if failed else ""
    return f"## {cohort}\n\n{about['cohort']['title']}. {counts}. {written_by}\n\n" + "\n".join(lines) + note + "\n"


def estimate(row: pd.Series) -> str:
    """`.812 (.79 to .84)`."""
    interval = f" ({short(row['lower'])} to {short(row['upper'])})" if math.isfinite(row["lower"] + row["upper"]) else ""
    return short(row["mean"]) + interval


def difference(against: pd.DataFrame, model: str) -> str:
    """`+.012 (-.01 to +.03), p .31`; a dash for the reference itself."""
    if model not in against.index or not math.isfinite(against.loc[model, "difference"]):
        return "-"
    row = against.loc[model]
    interval = f" ({row['lower']:+.3f} to {row['upper']:+.3f}), p {row['p_value']:.3f}" if math.isfinite(row["p_value"]) else ""
    return f"{row['difference']:+.3f}{interval}"


def short(value: float) -> str:
    """Three digits."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def merged(readme: Path, fresh: dict[str, str]) -> str:
    """The README with fresh sections in place of those of the same cohorts; all others stay."""
    old = readme.read_text() if readme.is_file() else ""
    parts = dict(re.findall(r"^(## (?:\S+)\n)(.*?)(?=^## |\Z)", old, flags=re.S | re.M))
    sections = {heading[3:].strip(): heading + body for heading, body in parts.items()} | fresh
    order = [name for name in (*ONE_TEST_SET, *CROSS_VALIDATED) if name in sections]
    order += sorted(set(sections) - set(order))
    return HEAD + "".join("\n" + sections[name].strip("\n") + "\n" for name in order)


def main() -> int:
    """Run the cohorts one after another, and write each one's table when it is finished."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", nargs="+", default=[*ONE_TEST_SET, *CROSS_VALIDATED], help="default: %(default)s")
    parser.add_argument("--models", nargs="+", choices=sorted(models(None)), metavar="MODEL", help="default: all")
    parser.add_argument("--folds", type=int, default=5, help="outer folds (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="repeats of the cross-validation (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one repeat, one seed")
    parser.add_argument("--trials", type=int, default=0, help="settings tried per method and fold (default: %(default)s)")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="jobs at once (default: %(default)s)")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where the cohorts' files lie (default: %(default)s)")
    parser.add_argument("--scratch", type=Path, default=Path("results/bench_accuracy"), help="folder for results (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=HERE / "README.md", help="Markdown file (default: %(default)s)")
    given = parser.parse_args()
    given.repeats = 1 if given.quick else given.repeats
    given.scratch = given.scratch / f"{given.repeats}x{given.folds}{'_quick' if given.quick else ''}_trials{given.trials}"
    given.scratch.mkdir(parents=True, exist_ok=True)
    plain = f"python benchmarks/accuracy/run.py --folds {given.folds} --repeats {given.repeats} --trials {given.trials}"
    plain += " --quick" if given.quick else ""
    plain += f" --models {' '.join(given.models)}" if given.models else ""
    broken = False
    for cohort in given.cohorts:
        folder, failed = run(cohort, given)
        broken |= bool(failed)
        commit = subprocess.run(["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        written_by = f"`{plain} --cohorts {cohort}`, mmomics {__version__} at commit {commit}, {today}."
        text = merged(given.output, {cohort: section(cohort, folder, failed, written_by)})
        given.output.write_text(text)
        print(f"{cohort}: {given.output}", flush=True)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
