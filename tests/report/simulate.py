"""Synthetic result folders for the four tasks, of the columns and types that the verbs write."""

from __future__ import annotations

import argparse
import copy
import json
import shutil
from itertools import combinations
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import stats

from mmomics import keys, plugins
from mmomics.evaluation import handling

HOSTILE = "<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\"> & \"$x_1$\" 'q' {{ 7*7 }}"
MODELS = [
    "clinical",
    "best_single",
    "linear",
    "late_linear",
    "forest",
    "hierarchical",
    "transformer",
    "fused_graph",
    "poe_vae",
    "contrastive",
]
ASSAYS = {
    "rna": ("rna", "counts", 400),
    "mirna": ("mirna", "counts", 120),
    "protein": ("protein", "rppa", 60),
    "cnv": ("cnv", "gistic", 80),
}
OUTCOMES = {
    "binary": {"task": "binary", "column": "label", "positive": "case"},
    "multiclass": {"task": "multiclass", "column": "label"},
    "regression": {"task": "regression", "column": "value", "unit": "mmol/L"},
    "survival": {"task": "survival", "time": "days", "event": "died", "unit": "days"},
}
CLASSES = {"binary": ["control", "case"], "multiclass": ["Basal-like", "HER2-enriched", "Luminal A", "Luminal B"]}
GAIN = {  # how much better than guessing a model is, from 0 to 1
    "clinical": 0.25,
    "best_single": 0.36,
    "linear": 0.42,
    "late_linear": 0.44,
    "forest": 0.38,
    "hierarchical": 0.47,
    "transformer": 0.43,
    "fused_graph": 0.40,
    "poe_vae": 0.49,
    "contrastive": 0.45,
}


class Results:
    """One cohort's result folder; `arguments()` is the command line of `mmomics report`."""

    def __init__(
        self, folder: Path, task: str, n_subjects: int = 150, seed: int = 0, names: str = "plain", gain: dict[str, float] | None = None
    ):
        self.folder, self.task, self.n = folder, task, n_subjects
        self.rng = np.random.default_rng(seed)
        self.gain = GAIN | (gain or {})
        self.hostile = names == "hostile"
        self.classes = CLASSES.get(task, [])
        if self.hostile and self.classes:
            self.classes = [HOSTILE + " 0", *(f"{HOSTILE} {k}" for k in range(1, len(self.classes)))]
        self.subjects = [f"P{k:04d}" for k in range(n_subjects)]
        self.evaluation = plugins.load("evaluation", task)
        for write in (
            self.settings,
            self.cohort,
            self.splits,
            self.joins,
            self.evaluate,
            self.hidden,
            self.strata,
            self.handling,
            self.imputation,
            self.missingness,
            self.training,
            self.explain,
        ):
            write()

    def family(self, model: str) -> str:
        return "baseline" if model == "clinical" or model in plugins.names("baselines") else plugins.family("fusion", model)

    def model(self, name: str) -> dict[str, object]:
        method = {"method": "linear", "modalities": ["clinical"]} if name == "clinical" else {"method": name}
        return {**method, "explained": name != "forest"}

    def settings(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        title = HOSTILE if self.hostile else f"Simulated cohort: four assays, {self.task}"
        modalities = {name: {"kind": kind, "values": values, "files": f"{name}.tsv"} for name, (kind, values, _) in ASSAYS.items()}
        cohort = {
            "title": title,
            "source": HOSTILE if self.hostile else "Simulated for tests (no licence needed)",
            "folder": "data",
            "samples": {"files": "samples.tsv"},
            "outcome": OUTCOMES[self.task],
            "covariates": ["age", "sex"],
            "strata": "site",
            "modalities": modalities,
        }
        study = {
            "name": "simulated",
            "cohort": cohort,
            "folder": "data",
            "inputs": {},
            "models": {name: self.model(name) for name in MODELS},
            "imputers": ["mean", "ridge", "poe_vae"],
            "split": {},
            "prepare": {},
            "training": {},
            "seed": 0,
            "seeds": 1,
            "shards": 1,
        }
        (self.folder / "settings.json").write_text(json.dumps(study, indent=1))

    def cohort(self) -> None:
        import mudata

        index, rng = pd.Index(self.subjects), self.rng
        unknown = rng.random(self.n) < 0.08
        if self.task == "survival":
            time = rng.weibull(1.2, self.n) * 1500 + 20
            obs = pd.DataFrame(
                {keys.TIME: np.where(unknown, np.nan, time.round()), keys.EVENT: (rng.random(self.n) < 0.4) & ~unknown}, index=index
            )
        elif self.task == "regression":
            obs = pd.DataFrame({keys.LABEL: np.where(unknown, np.nan, rng.normal(5.4, 1.3, self.n))}, index=index)
        else:
            drawn = rng.choice(
                self.classes, self.n, p=np.arange(1, len(self.classes) + 1)[::-1] / np.arange(1, len(self.classes) + 1).sum()
            )
            obs = pd.DataFrame({keys.LABEL: pd.Series(np.where(unknown, None, drawn), index=index, dtype=object)}, index=index)
        obs["age"] = rng.normal(60, 9, self.n).round()
        self.obs = obs
        modalities = {}
        for (name, (kind, values, n_vars)), share in zip(
            [*ASSAYS.items(), ("clinical", ("", "", 3))], (0.95, 0.85, 0.5, 0.9, 1.0), strict=True
        ):
            has = index[rng.random(self.n) < share]
            feature = HOSTILE if self.hostile else name
            var = pd.DataFrame(index=[f"{name}:{feature}_{k}" for k in range(n_vars)])
            uns = {"kind": kind, "values": values} if kind else {}
            x = rng.normal(size=(len(has), n_vars)).astype(np.float32)
            modalities[name] = anndata.AnnData(x, obs=pd.DataFrame(index=has), var=var, uns=uns)
        with mudata.set_options(pull_on_update=False):
            joined = mudata.MuData(modalities)
            joined.obs = obs.reindex(joined.obs_names)
            joined.uns["outcome"] = {"task": self.task, "unit": OUTCOMES[self.task].get("unit", ""), "classes": self.classes}
            joined.write(self.folder / "cohort.h5mu")
        self.modalities = {name: len(modality) for name, modality in modalities.items()}

    def known(self) -> pd.DataFrame:
        return self.obs[self.obs[keys.TIME if self.task == "survival" else keys.LABEL].notna()]

    def splits(self) -> None:
        known, rows = self.known().index, []
        fold_of = dict(zip(known, self.rng.permutation(len(known)) % 5, strict=True))
        for fold in (-1, 0, 1, 2, 3, 4):
            for place, subject in enumerate(self.subjects):
                test = fold >= 0 and fold_of.get(subject) == fold
                rows.append((0, fold, subject, keys.TEST if test else keys.TRAIN, -1 if test else place % 5))
        pd.DataFrame(rows, columns=["repeat", "fold", "subject", "role", "inner"]).to_parquet(self.folder / "splits.parquet")

    def joins(self) -> None:
        n = len(self.known())
        rows = [(name, size + 3, size, 3, size, 0, min(size, n)) for name, size in self.modalities.items()]
        columns = ["modality", "n_samples", "n_subjects", "n_replicates", "n_in_samples_table", "n_not_in_samples_table", "n_with_outcome"]
        self.tsv("align.tsv", pd.DataFrame([*rows, ("outcome", self.n, self.n, 0, self.n, 0, n)], columns=columns))
        for name, (_, _, n_vars) in ASSAYS.items():
            values = {
                "n_samples": self.modalities[name] + 3,
                "n_features": n_vars,
                "missing_share": 0.31 if name == "protein" else 0.0,
                "all_missing_features": 0,
                "constant_features": 2,
                "library_size_q25": 2e6,
                "library_size_median": 3e6,
                "library_size_q75": 7e6,
            }
            self.tsv(f"ingest/{name}.qc.tsv", pd.DataFrame({"metric": list(values), "value": list(values.values())}, dtype=object))

    def value(self, metric: str, model: str) -> float:
        gain = self.gain[model]
        if metric in ("rmse", "mae"):
            return 1.3 * (1 - gain / 2) * (0.8 if metric == "mae" else 1)
        if metric in ("brier", "ibs"):
            return 0.25 - 0.12 * gain
        if metric in ("r2", "pearson", "spearman"):
            return gain
        floor = 1 / len(self.classes) if metric in ("balanced_accuracy", "accuracy") else 0.5
        return floor + (1 - floor) * gain

    def evaluate(self) -> None:
        rng, primary = self.rng, self.evaluation.PRIMARY
        noise = {model: rng.normal(0, 0.04, 5) for model in MODELS}
        rows = [
            (model, 0, fold, 0, metric, self.value(metric, model) + noise[model][fold])
            for model in MODELS
            for metric in self.evaluation.METRICS
            for fold in range(5)
        ]
        metrics = pd.DataFrame(rows, columns=["model", "repeat", "fold", "seed", "metric", "value"])
        self.tsv("evaluate/metrics.tsv", metrics)
        means = metrics.groupby(["model", "metric"], sort=False)["value"].agg(["mean", "sem"]).reset_index()
        means["lower"], means["upper"] = means["mean"] - 2.8 * means["sem"], means["mean"] + 2.8 * means["sem"]
        means["family"] = means["model"].map(self.family)
        n = len(self.known())
        summary = means.assign(n_subjects=n, n_folds=5)
        self.summary = summary[["model", "family", "metric", "mean", "lower", "upper", "n_subjects", "n_folds"]]
        self.tsv("evaluate/summary.tsv", self.summary)
        sign = 1 if self.evaluation.HIGHER_IS_BETTER[primary] else -1
        first = means[means["metric"] == primary].set_index("model")
        bases = [(sign * first.loc[own, "mean"]).idxmax() for own in (first["family"] == "baseline", ["clinical", "best_single"])]
        wide = metrics[metrics["metric"] == primary].pivot_table(index="fold", columns="model", values="value")
        rows = []
        for base, model in ((base, model) for base in dict.fromkeys(bases) for model in MODELS):
            if model != base:
                gap = wide[model] - wide[base]
                middle, half = gap.mean(), 2.776 * gap.sem()
                p = float(2 * stats.t(4).sf(abs(gap.mean() / gap.sem())))
                rows.append((primary, model, base, middle, middle - half, middle + half, p))
        self.tsv(
            "evaluate/comparisons.tsv",
            pd.DataFrame(rows, columns=["metric", "model", "reference", "difference", "lower", "upper", "p_value"]),
        )
        draws = sign * first["mean"].to_numpy() + rng.normal(0, 0.02, (400, len(first)))
        share = np.bincount(draws.argmax(1), minlength=len(first)) / 400
        ranks = (draws[:, None, :] > draws[:, :, None]).sum(-1).mean(0) + 1
        self.tsv("evaluate/ranking.tsv", pd.DataFrame({"model": first.index, "p_best": share, "rank_mean": ranks}))
        self.curves()
        self.coverage()

    def curves(self) -> None:
        from lifelines import KaplanMeierFitter

        rng, known, curves, calibration = self.rng, self.known(), [], []
        x = np.linspace(0, 1, 60)
        for model in MODELS:
            gain = self.gain[model]
            if self.task == "survival":
                risk = pd.Series(-np.log(known[keys.TIME]) * gain * 2 + rng.normal(size=len(known)), index=known.index)
                for group, low, high in (("low", 0, 1 / 3), ("middle", 1 / 3, 2 / 3), ("high", 2 / 3, 1.01)):
                    rows = known[(risk.rank(pct=True) > low) & (risk.rank(pct=True) <= high)]
                    fit = KaplanMeierFitter().fit(rows[keys.TIME], rows[keys.EVENT])
                    ends = fit.confidence_interval_.to_numpy()
                    curves.append(
                        pd.DataFrame(
                            {
                                "model": model,
                                "time": fit.timeline,
                                "survival": fit.survival_function_.iloc[:, 0].to_numpy(),
                                "lower": ends[:, 0],
                                "upper": ends[:, 1],
                                "at_risk": fit.event_table["at_risk"].to_numpy(),
                                "group": group,
                            }
                        )
                    )
                groups = [("time", time) for time in (400.0, 900.5, 1600.0)]
            elif self.task == "regression":
                groups = [("", None)]
            else:
                shown = self.classes[1:] if self.task == "binary" else self.classes
                for name in shown:
                    power = 1 / (1 + 3 * gain)
                    roc = pd.DataFrame({"curve": "roc", "x": x, "y": x**power})
                    pr = pd.DataFrame({"curve": "pr", "x": x, "y": 1 - (1 - gain) * x**2})
                    curves.append(pd.concat([roc, pr]).assign(model=model, **{"class": name}))
                groups = [("class", name) for name in shown]
            for key, group in groups:
                predicted = np.linspace(4, 7, 7) if self.task == "regression" else np.linspace(0.1, 0.9, 7)
                scale = 0.6 if self.task == "regression" else 0.1
                observed = predicted + rng.normal(0, scale / 3, 7)
                table = pd.DataFrame(
                    {
                        "model": model,
                        "predicted": predicted,
                        "observed": observed,
                        "lower": observed - scale,
                        "upper": observed + scale,
                        "n": 20,
                    }
                )
                calibration.append(table.assign(**{key: group}) if key else table)
        empty = pd.DataFrame(columns=["model", "curve", "x", "y"])
        self.tsv("evaluate/curves.tsv", pd.concat(curves) if curves else empty)
        self.tsv("evaluate/calibration.tsv", pd.concat(calibration))

    def coverage(self) -> None:
        rows = []
        for model in MODELS:
            for name in ("", *self.classes):
                covered, size = self.rng.uniform(0.8, 0.98), self.rng.uniform(1, 2)
                rows.append((model, name, 0.9, covered, covered - 0.08, min(covered + 0.08, 1), size, size - 0.2, size + 0.2, self.n))
        columns = ["model", "class", "nominal", "coverage", "lower", "upper", "size", "size_lower", "size_upper", "n"]
        self.tsv("evaluate/coverage.tsv", pd.DataFrame(rows, columns=columns))

    def handling(self) -> None:
        """One model in four ways: complete subjects alone are clearly worse, filling in changes next to nothing."""
        metric, name, columns = self.evaluation.PRIMARY, "late_linear", handling.COLUMNS
        value, guess = self.value(metric, name), self.value(metric, "clinical")
        rows = []
        for how, gap in (("native", 0.0), ("complete", guess - value), ("single", 0.001), ("multiple", 0.0)):
            draws = (5, 0.004, 0.12) if how == "multiple" else (np.nan,) * 3
            wide = abs(gap) / 2 if how == "complete" else 0.01
            paired = (
                ("", *(np.nan,) * 5) if how == "native" else (name, gap, gap - wide, gap + wide, 0.01, 0.03 if how == "complete" else 0.5)
            )
            model, n_train = name if how == "native" else f"{name}_{how}", self.n * 0.8 / (4 if how == "complete" else 1)
            rows.append((name, model, how, n_train, metric, value + gap, value + gap - 0.03, value + gap + 0.03, *draws, *paired))
        self.tsv("evaluate/handling.tsv", pd.DataFrame(rows, columns=columns))

    def hidden(self) -> None:
        """Every subset of three assays; the second is worth nothing, so that hiding it loses nothing."""
        rows, lost, names = [], [], list(ASSAYS)[:3]
        worth = dict(zip(names, (0.6, 0.0, 0.4), strict=True))
        metric = self.evaluation.PRIMARY
        for model in (name for name in MODELS if name not in ("clinical", "best_single")):
            full, guess = self.value(metric, model), self.value(metric, "clinical")
            for subset in (one for size in (1, 2, 3) for one in combinations(names, size)):
                value = guess + (full - guess) * sum(worth[name] for name in subset)
                rows.append((model, ",".join(subset), len(subset), self.n // 2, metric, value, value - 0.03, value + 0.03))
            for name in names:
                gap = (guess - full) * worth[name]
                lost.append((model, name, self.n // 2, metric, full, full + gap, gap, gap - 0.01, gap + 0.01, 0.02))
        columns = ["model", "subset", "n_modalities", "n_subjects", "metric", "value", "lower", "upper"]
        self.tsv("evaluate/robustness.tsv", pd.DataFrame(rows, columns=columns))
        columns = ["model", "modality", "n_subjects", "metric", "value", "without", "difference", "lower", "upper", "p_value"]
        self.tsv("evaluate/without.tsv", pd.DataFrame(lost, columns=columns))

    def strata(self) -> None:
        """Within sites models are worth half of what they are among all."""
        metric, guess, rows = self.evaluation.PRIMARY, self.value(self.evaluation.PRIMARY, "clinical"), []
        for model in MODELS:
            value = self.value(metric, model)
            half = (value + guess) / 2
            for place, mean in ((("all", ""), value), (("within", ""), half), (("stratum", "A&E"), half), (("stratum", "none"), np.nan)):
                rows.append((model, *place, self.n, metric, mean, mean - 0.03, mean + 0.03))
        columns = ["model", "rows", "stratum", "n_subjects", "metric", "mean", "lower", "upper"]
        self.tsv("evaluate/strata.tsv", pd.DataFrame(rows, columns=columns))

    def imputation(self) -> None:
        rows = []
        pairs = []
        for imputer, skill in (("mean", 0.0), ("ridge", 0.30), ("poe_vae", 0.36)):
            for place, modality in enumerate(ASSAYS):
                r = skill * (1 - 0.2 * place)
                values = {"pearson": r or None, "spearman": r or None, "r2": r**2, "rmse": np.sqrt(1 - r**2)}
                values |= {"coverage": 0.84, "width": 3.1, "energy": 0.02, "structure": 0.7} if imputer == "poe_vae" else {}
                values["predictable"] = r
                rows += [
                    (imputer, hidden, modality, name, v, v - 0.03, v + 0.03, 60)
                    for hidden in ("alone", "pattern")
                    for name, v in values.items()
                    if v is not None
                ]
                gap = float(values["rmse"] - np.sqrt(1 - (0.30 * (1 - 0.2 * place)) ** 2))
                if imputer != "ridge":
                    pairs.append(("alone", modality, "rmse", imputer, "ridge", gap, gap - 0.01, gap + 0.01, 0.01, 0.04))
        columns = ["imputer", "hidden", "modality", "metric", "mean", "lower", "upper", "n_features"]
        self.tsv("evaluate/imputation.tsv", pd.DataFrame(rows, columns=columns))
        columns = ["hidden", "modality", "metric", "imputer", "reference", "difference", "lower", "upper", "p_value", "p_adjusted"]
        self.tsv("evaluate/imputation_comparisons.tsv", pd.DataFrame(pairs, columns=columns))

    def missingness(self) -> None:
        rows = []
        for place, name in enumerate(ASSAYS):
            rows += [
                (name, "outcome", "log-rank", "hazard_ratio", 1.4, 0.9, 2.2, 120, 30, 0.2, 0.9, False),
                (name, HOSTILE if self.hostile else "age", "Mann-Whitney", "auc", 0.7, 0.6, 0.8, 120, 30, 0.001, 0.008, not place),
                (name, "other assays", "permutation", "auc", 0.75 - 0.1 * place, 0.6, 0.9, 120, 30, 0.002, 0.01, not place),
                (name, "outside", "binomial", "share", 0.1, 0.02, 0.2, 120, 30, 0.3, 0.9, False),
            ]
        rows.append(("", "all assays", "Dixon", "z2", 1.1, None, None, self.n, 0, 0.02, 0.02, True))
        columns = ["modality", "variable", "test", "measure", "estimate", "lower", "upper", "n_with", "n_without", "p_value", "p_adjusted"]
        self.tsv("evaluate/missingness.tsv", pd.DataFrame(rows, columns=[*columns, "flagged"]))

    def training(self) -> None:
        for model in MODELS:
            folder = self.folder / "train" / model / "1of1"
            folder.mkdir(parents=True, exist_ok=True)
            if self.family(model) == "baseline":
                continue
            rows = []
            for fold in range(5):
                best, shared = int(self.rng.integers(0, 25)), self.rng.normal(0, 0.02)  # of the ensemble's held-out rows
                for member in range(5):
                    noise = self.rng.normal(0, 0.02)
                    for epoch in range(best + 11):
                        if epoch:
                            rows.append((model, 0, fold, 0, member, epoch, "task", 0.4 + 0.6 * np.exp(-epoch / 10) + noise))
                            rows.append((model, 0, fold, 0, member, epoch, "reconstruction", 2 * np.exp(-epoch / 20)))
                            for place, name in enumerate(ASSAYS):
                                rows.append((model, 0, fold, 0, member, epoch, f"share_{name}", 0.1 * (1 + place)))
                        rows.append((model, 0, fold, 0, member, epoch, "validation", 0.8 + 0.0008 * (epoch - best) ** 2 + shared))
            pd.DataFrame(rows, columns=["model", "repeat", "fold", "seed", "member", "epoch", "term", "value"]).to_parquet(
                folder / "history.parquet"
            )
            self.search(folder)

    def search(self, folder: Path) -> None:
        losses, tried = self.rng.uniform(0.5, 0.7, (5, 3)), ["{}", '{"n_hidden": 16}', '{"dropout": 0.5, "n_hidden": 64}']
        rows = [
            (0, fold, 0, trial, params, losses[fold, trial], trial == losses[fold].argmin())
            for fold in range(5)
            for trial, params in enumerate(tried)
        ]
        pd.DataFrame(rows, columns=["repeat", "fold", "seed", "trial", "params", "loss", "chosen"]).to_parquet(folder / "search.parquet")

    def explain(self) -> None:
        rng = self.rng
        for model in (name for name in MODELS if self.family(name) != "baseline"):
            share = rng.dirichlet([6, 2, 2, 1, 2])
            names = [*ASSAYS, "clinical"]
            table = pd.DataFrame({"modality": names, "share": share, "lower": share * 0.85, "upper": share * 1.15})
            self.tsv(f"explain/{model}/modalities.tsv", table)
            feature = HOSTILE if self.hostile else "GENE"
            pool = pd.DataFrame({"modality": rng.choice(names, 60), "feature": [f"{feature}{k}" for k in rng.permutation(200)[:60]]})
            pool["importance"] = np.sort(rng.exponential(size=60))[::-1]
            pool["importance"] /= pool["importance"].sum()
            pool["direction"], pool["stability"] = rng.uniform(-1, 1, 60), rng.uniform(0.2, 1, 60)
            pool["toward"] = {"survival": "higher risk", "regression": "higher value"}.get(
                self.task, self.classes[-1] if self.classes else ""
            )
            self.tsv(f"explain/{model}/features.tsv", pool)

    def tsv(self, name: str, table: pd.DataFrame) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(self.folder / name, sep="\t", index=False)

    def copy(self, folder: Path) -> Results:
        """The same results in another folder, to be changed."""
        shutil.copytree(self.folder, folder)
        other = copy.copy(self)
        other.folder = folder
        return other

    def arguments(self, output: Path | None = None) -> list[str]:
        root, output = self.folder, output or self.folder
        groups = {"--qc": root.glob("ingest/*.qc.tsv"), "--training": root.glob("train/*/1of1"), "--explain": root.glob("explain/*")}
        several = [part for flag, paths in groups.items() for part in (flag, *map(str, sorted(paths)))]
        single = {
            "--settings": "settings.json",
            "--input": "cohort.h5mu",
            "--splits": "splits.parquet",
            "--joins": "align.tsv",
            "--evaluate": "evaluate",
        }
        files = [part for flag, name in single.items() for part in (flag, str(root / name))]
        return [*files, *several, "--output", str(output / "report.html"), "--figures", str(output / "figures")]

    def report(self, output: Path | None = None) -> str:
        """Write the report and return the page."""
        from mmomics.commands import report

        parser = argparse.ArgumentParser()
        report.add_arguments(parser)
        args = parser.parse_args(self.arguments(output))
        report.run(args)
        return Path(args.output).read_text(encoding="utf-8")
