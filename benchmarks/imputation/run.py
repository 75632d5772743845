"""Hidden assays of held-out subjects, foretold by every imputer: correlation, error, coverage and cost, into one table.

Each cohort of `config/cohorts` on its own folds. What is measured is kept in the scratch folder, one line per cohort, fold, imputer, seed
and hidden assay, so that a run that was killed goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GENERATIVE = ("poe_vae", "mopoe_vae", "gan", "diffusion")
IMPUTERS = ("mean", "nearest_neighbors", "pls", "iterative", "soft_impute", "ridge", "kernel_ridge", *GENERATIVE)
LOOKED_AT = (0, 1)  # folds that were looked at while imputers were settled: `rosmap` has no other
LIBRARIES = ("mmomics", "torch", "scikit-learn", "numpy")
MEASURES = ("pearson", "rmse", "coverage")
SAME = 5e-4  # in RMSE
COHORTS = ["rosmap", "acc", "kipan", "brca", "cll", "motrpac"]

TEXT = """# Imputing a hidden assay

Every assay is hidden from the held-out subjects of each fold and foretold from their other assays. Means over features, then over
folds and seeds: Pearson correlation, root mean squared error of standardised values, share of the values inside the 90 % interval.
`kernel_ridge` is what generative methods start from: stacked kernel ridge models. Where a generative method answers as it does, its
network was not followed, as held-out training rows gained nothing from it; then the gain over `ridge` is the stacking's, not the network's.
How models are stacked, and when networks stop, was settled while looking at folds 0 and 1 of these cohorts (the one there is of `rosmap`),
marked below: figures of these are hopeful. CPU seconds are those of learning all assays of a fold and answering for one after another, on a
machine that was shared.

{table}

{costs}

## Held against the aims

{aims}

Written by `{command}` at commit {commit}. Python {python}, {versions}; {machine}.
"""


def folds_of(cohort: str, data_dir: str, wanted: list[int]) -> list[Any]:
    """Those folds of a cohort that it has, from its native files."""
    import numpy as np

    from mmomics import keys
    from mmomics.cohort import prepare, samples
    from mmomics.cohort.align import align
    from mmomics.cohort.data import from_mudata
    from mmomics.cohort.device import ingest as ingest_device
    from mmomics.cohort.ingest import ingest
    from mmomics.cohort.normalize import normalize
    from mmomics.cohort.split import split
    from mmomics.config.load import read_study
    from mmomics.config.run import Run
    from mmomics.training import fold

    study = read_study(cohort, Run(models={}, imputers=[], data_dir=data_dir), ROOT / "config" / "cohorts" / f"{cohort}.yaml", ROOT)
    settings, frame = study.cohort, samples.read(study.cohort.samples, study.folder)
    assays = {key: normalize(ingest(key, assay, study.folder), assay.normalize) for key, assay in settings.assays.items()}
    for key, device in settings.devices.items():
        assays[key] = normalize(ingest_device(key, device, study.folder, settings.samples, frame))
    data = from_mudata(align(settings, study.split, {key: assays[key] for key in settings.modalities}, frame).cohort)
    splits = split(data.obs, study.split, study.seed)
    splits = splits[(splits[keys.REPEAT] == 0) & (splits[keys.FOLD] != keys.WHOLE)]
    preparations = {}
    for place in sorted(set(wanted) & set(splits[keys.FOLD])):
        own = splits[(splits[keys.FOLD] == place) & (splits[keys.ROLE] == keys.TRAIN)]
        rows = np.flatnonzero(np.isin(data.subjects, own[keys.SUBJECT]))
        preparations[0, int(place)] = prepare.fit(data, rows, {name: study.prepare_of(name) for name in data.values})
    return [fold.make(data, splits, preparations, repeat, place, None) for repeat, place in preparations]


def measure(given: argparse.Namespace, notes: Path) -> list[dict[str, Any]]:
    """Rows of every cohort, fold, imputer, seed and assay, measured now or before."""
    import torch

    from mmomics.config.protocol import Training
    from mmomics.training import imputer
    from mmomics.training.hidden import score
    from mmomics.training.units import Unit

    torch.set_num_threads(1)
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # its imports take seconds, which are not of any imputer
    rows = [json.loads(line) for line in notes.read_text().splitlines() if line.endswith("}")] if notes.is_file() else []
    done = {(row["cohort"], row["fold"], row["imputer"], row["seed"]) for row in rows}
    for cohort in given.cohorts:
        wanted = [(name, seed) for name in given.imputers for seed in range(given.seeds if name in GENERATIVE else 1)]
        if all((cohort, place, *one) in done for one in wanted for place in given.folds):
            continue
        for fold in folds_of(cohort, given.data_dir, given.folds):
            for name, seed in wanted:
                if (cohort, fold.fold, name, seed) in done:
                    continue
                unit, start = Unit(0, fold.fold, seed), time.process_time()
                table = score(imputer.fit(name, fold, unit, Training()), fold, unit)
                cpu = time.process_time() - start
                with notes.open("a") as file:
                    for assay, own in table.groupby("modality", sort=False):
                        row = {"cohort": cohort, "fold": fold.fold, "imputer": name, "seed": seed, "assay": assay, "cpu": cpu}
                        row |= {key: float(own[key].mean()) for key in MEASURES}
                        row["n"] = int(own["n"].iloc[0])
                        print(json.dumps(row), file=file)
                        rows.append(row)
                print(cohort, fold.fold, name, seed, f"{cpu:.1f} s", flush=True)
    kept = {"cohort": given.cohorts, "imputer": given.imputers, "fold": given.folds, "seed": range(given.seeds)}
    return [row for row in rows if all(row[key] in values for key, values in kept.items())]


def tables(rows: list[dict[str, Any]]) -> tuple[str, str]:
    """Scores by cohort and assay, and CPU seconds by cohort, in Markdown."""
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame(rows)
    frame["cohort"] += np.where(frame["fold"].isin(LOOKED_AT), " (looked at)", "")
    means = frame.groupby(["cohort", "assay", "imputer"], sort=False)[list(MEASURES)].mean()
    names = [name for name in IMPUTERS if name in set(frame["imputer"])]
    lines = ["| cohort, hidden assay | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for (cohort, assay), own in means.groupby(level=[0, 1], sort=False):
        own = own.droplevel([0, 1])
        cells = ["{pearson:.3f} / {rmse:.3f} / {coverage:.2f}".format(**own.loc[name]) if name in own.index else "" for name in names]
        lines.append(f"| {cohort}, {assay} | " + " | ".join(cells) + " |")
    cost = frame.drop_duplicates(["cohort", "fold", "imputer", "seed"]).pivot_table(index="cohort", columns="imputer", values="cpu")[names]
    costs = ["| CPU s per fold | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    costs += [f"| {cohort} | " + " | ".join(f"{value:.1f}" for value in own) + " |" for cohort, own in cost.iterrows()]
    return "\n".join(lines), "\n".join(costs)


def aims(rows: list[dict[str, Any]]) -> str:
    """What was aimed at, and where it was missed, in Markdown; means over the folds that were not looked at, if a cohort has such."""
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame(rows)
    fresh = frame[~frame["fold"].isin(LOOKED_AT) | ~frame["cohort"].isin(frame.loc[~frame["fold"].isin(LOOKED_AT), "cohort"])]
    wide = fresh.pivot_table(index=["cohort", "assay"], columns="imputer", values=list(MEASURES), sort=False)
    ours = [name for name in GENERATIVE if name in set(frame["imputer"])]
    worst = wide["rmse"][ours].max(axis=1)
    same = (wide["rmse"][ours].sub(wide["rmse"]["kernel_ridge"], axis=0).abs() < SAME).all(axis=1)
    lines = [f"- Their networks add nothing to `kernel_ridge` on {same.sum()} of {len(same)} assays."]
    behind = {  # by how much
        "The best of them has a smaller r than ridge": wide["pearson"]["ridge"] - wide["pearson"][ours].max(axis=1),
        "The best of them has a larger RMSE than ridge": wide["rmse"][ours].min(axis=1) - wide["rmse"]["ridge"],
        "One of them has a larger RMSE than nearest neighbours": worst - wide["rmse"]["nearest_neighbors"],
        "One of them covers less than 87 or more than 93 %, by": (wide["coverage"][ours] - 0.9).abs().max(axis=1) - 0.03,
    }
    for what, by in behind.items():
        missed = by[by.round(3) > 0]
        names = "; ".join(f"{cohort}, {assay} {value:.3f}" for (cohort, assay), value in missed.items())
        lines.append(f"- {what} on {len(missed)} of {len(by)}{': ' + names if names else ''}.")
    gain = 1 - (wide["rmse"][ours].min(axis=1) / wide["rmse"]["ridge"])
    lines.append(
        f"- RMSE of the best is below that of ridge by {np.median(gain):.1%} (median over assays; {gain.min():.1%} to {gain.max():.1%})."
    )
    once = frame.drop_duplicates(["cohort", "fold", "imputer", "seed"])
    cost = once.pivot_table(index="cohort", columns="imputer", values="cpu", sort=False)
    ratio = (cost[ours].min(axis=1) / cost["ridge"]).round(1)
    ratios = "; ".join(f"{cohort} {value:g}" for cohort, value in ratio.items())
    lines.append(f"- CPU time of the quickest in times of ridge (aim: 5 at most): {ratios}. The longest took {once['cpu'].max():.0f} s.")
    left_out = [name for name in COHORTS if name not in set(frame["cohort"])]
    lines.append(f"- Seeds of the generative ones: {frame['seed'].nunique()} (aim: 3). Cohorts not run: {', '.join(left_out) or 'none'}.")
    return "\n".join(lines)


def main() -> int:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", nargs="+", default=COHORTS, help="files of config/cohorts")
    parser.add_argument("--imputers", nargs="+", default=list(IMPUTERS), help="(default: %(default)s)")
    parser.add_argument("--folds", nargs="+", type=int, default=list(range(5)), help="of each cohort (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="of the generative ones (default: %(default)s)")
    parser.add_argument("--data-dir", default="data", help="folder of the cohorts' files (default: %(default)s)")
    parser.add_argument(
        "--scratch", type=Path, default=Path("results/bench_imputation"), help="folder for what is measured (default: %(default)s)"
    )
    parser.add_argument("--output", type=Path, default=HERE / "README.md", help="Markdown file (default: %(default)s)")
    given = parser.parse_args()
    given.scratch.mkdir(parents=True, exist_ok=True)
    rows = measure(given, given.scratch / "measured.jsonl")
    scores, costs = tables(rows)
    commit = subprocess.run(["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    options = {
        "cohorts": " ".join(given.cohorts),
        "imputers": " ".join(given.imputers),
        "folds": " ".join(map(str, given.folds)),
        "seeds": given.seeds,
    }
    command = " ".join(["python benchmarks/imputation/run.py", *(f"--{name} {value}" for name, value in options.items())])
    text = TEXT.format(
        table=scores, costs=costs, aims=aims(rows), command=command, commit=commit, python=platform.python_version(),
        versions=", ".join(f"{name} {version(name)}" for name in LIBRARIES), machine=f"{platform.machine()}, {os.cpu_count()} cores",
    )  # fmt: skip
    given.output.write_text(text)
    print(given.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
