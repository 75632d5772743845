"""Combine models into an ensemble: on the folds of a shard, or into one bundle (shard `final`)."""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from mmomics.config.run import Study
    from mmomics.training.fold import Labels

log = logging.getLogger(__name__)
LEAST = 0.01  # a member that is trusted less is left out of the bundle


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", required=True, help="the cohort's settings.json")
    parser.add_argument("--input", required=True, help="cohort.h5mu")
    parser.add_argument("--splits", required=True, help="splits.parquet")
    parser.add_argument("--model", required=True, help="name of an ensemble in the settings")
    parser.add_argument("--members", required=True, nargs="+", help="folders <model>/<shard> of the models it combines")
    parser.add_argument("--folds", default=[], nargs="*", help="for `final`: the folders <ensemble>/<shard> of its own folds")
    parser.add_argument("--shard", default="1of1", help="`final`, or the shard that the members' folders are of")
    parser.add_argument("--output", required=True, help="folder to write")


def run(args: argparse.Namespace) -> None:
    from pathlib import Path

    import pandas as pd

    from mmomics.cohort.data import read_labels
    from mmomics.config.load import read_settings
    from mmomics.training import units
    from mmomics.training.device import choose

    choose("cpu")
    study = read_settings(args.settings)
    cohort = Labelled(*read_labels(args.input), pd.read_parquet(args.splits))
    members = {Path(folder).resolve().parent.name: Path(folder) for folder in args.members}
    (_ship if args.shard == units.FINAL else _weigh)(args, study, members, cohort)


@dataclass
class Labelled:
    """A cohort without its features."""

    obs: pd.DataFrame
    outcome: dict[str, Any]
    splits: pd.DataFrame

    def labels(self, repeat: int, fold: int) -> Labels:
        """Who trains in a fold, and on which outcome."""
        from mmomics.training.fold import label

        return label(self.obs, self.outcome, self.splits, repeat, fold)


def _weigh(args: argparse.Namespace, study: Study, members: dict[str, Path], cohort: Labelled) -> None:
    """Weights, predictions and predictors of every fold and seed of a shard."""
    import pandas as pd

    from mmomics import plugins
    from mmomics.storage import atomic
    from mmomics.training.ensemble import UNIT, combine
    from mmomics.training.fit import make_params

    model = study.models[args.model]
    ensemble = plugins.load("ensembles", str(model.method)).Ensemble(make_params("ensembles", str(model.method), model.params))
    tables = {name: dict(list(pd.read_parquet(folder / "predictors.parquet").groupby(UNIT))) for name, folder in members.items()}
    found: dict[str, list[pd.DataFrame]] = {"predictions": [], "predictors": [], "weights": []}
    for unit in next(iter(tables.values())):
        labels, etas = cohort.labels(int(unit[0]), int(unit[1])), [table[unit] for table in tables.values()]
        one = combine(ensemble, labels, cohort.obs.index, etas, study.training.calibration)
        own = {
            "predictions": one.predictions(),
            "predictors": one.predictors(),
            "weights": pd.DataFrame({"member": list(tables), "weight": one.weights.numpy()}),
        }
        for name, table in own.items():
            found[name].append(pd.concat([pd.DataFrame(dict(zip(UNIT, map(int, unit), strict=True)), index=table.index), table], axis=1))
        log.info("repeat %d, fold %d, seed %d: %d models weighed", *unit, len(tables))
    with atomic(args.output) as draft:
        draft.mkdir()
        for name, parts in found.items():
            pd.concat(parts, ignore_index=True).to_parquet(draft / f"{name}.parquet", index=False)


def _ship(args: argparse.Namespace, study: Study, members: dict[str, Path], cohort: Labelled) -> None:
    """One bundle: the weights are the mean over folds and seeds, the calibration is on what the folds held out."""
    from pathlib import Path

    import pandas as pd

    from mmomics import keys
    from mmomics.training import bundle
    from mmomics.training.ensemble import EnsemblePredictor, whole

    own = {name: [pd.read_parquet(Path(folder) / f"{name}.parquet") for folder in args.folds] for name in ("weights", "predictors")}
    trust = pd.concat(own["weights"]).groupby("member", sort=False)["weight"].mean()
    trust = trust[trust >= min(LEAST, float(trust.max()))]
    trust /= trust.sum()
    labels, held_out = cohort.labels(0, keys.WHOLE), pd.concat(own["predictors"])
    held_out = held_out[[keys.SUBJECT, *held_out.filter(regex=r"^eta\d+$")]]
    head = whole(labels, cohort.obs.index, held_out, study.training.calibration)
    loaded = {str(name): bundle.load_one(members[str(name)])[0] for name in trust.index}
    predictor = EnsemblePredictor(str(study.models[args.model].method), loaded, {name: float(trust[name]) for name in loaded}, head)
    summary = {"cohort": study.name, "title": study.cohort.title, "n_subjects": len(cohort.obs), "n_with_outcome": int(labels.has.sum()),
               "seed": study.seed}  # fmt: skip
    bundle.save_ensemble(args.output, predictor, {name: members[name] for name in loaded}, summary)
