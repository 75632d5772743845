"""Combine models into an ensemble: on the folds of a shard, or into one bundle (shard `final`)."""

from __future__ import annotations

import argparse
import logging
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmomics.errors import MOST, UserError, did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd

    from mmomics.config.run import Study
    from mmomics.training.fold import Labels
    from mmomics.training.units import Unit

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
    import pandas as pd

    from mmomics.cohort.data import read_labels
    from mmomics.config.load import read_settings
    from mmomics.training import units
    from mmomics.training.device import choose

    choose("cpu")
    study = read_settings(args.settings)
    if args.model not in study.models:
        raise UserError(f"{args.settings}: models", f"there is no model '{args.model}'", did_you_mean(args.model, study.models))
    of = study.models[args.model].of
    if of is None:
        raise UserError("--model", f"'{args.model}' combines no models", "train it with `mmomics train`")
    members = {Path(folder).resolve().parent.name: Path(folder) for folder in args.members}
    if sorted(members) != sorted(of) or len(members) != len(args.members):
        raise UserError("--members", f"'{args.model}' combines {listed(of, MOST)}", "give one folder <model>/<shard> of each, and no other")
    cohort = Labelled(*read_labels(args.input), pd.read_parquet(args.splits))
    (_ship if args.shard == units.FINAL else _weigh)(args, study, members, cohort)


def _table(folder: Path, name: str) -> pd.DataFrame:
    """A table in a folder that a model's training left."""
    import pandas as pd

    try:
        return pd.read_parquet(folder / f"{name}.parquet")
    except (OSError, ValueError) as error:
        raise UserError(folder, f"has no readable {name}.parquet", "give the folder <model>/<shard> of a trained shard") from error


def _by_unit(folder: Path, wanted: list[Unit]) -> dict[Unit, pd.DataFrame]:
    """Predictors of a model for each fold and seed of a shard, which must be those of its folder."""
    from mmomics.training.units import COLUMNS, Unit

    found = {Unit(*map(int, unit)): table for unit, table in _table(folder, "predictors").groupby(COLUMNS)}
    if set(found) != set(wanted):
        raise UserError(folder, "is of other folds or seeds than the shard", "give the members' folders of the same shard and seeds")
    return found


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
    from mmomics.training import units
    from mmomics.training.ensemble import combine
    from mmomics.training.network import make_params

    model = study.models[args.model]
    ensemble = plugins.load("ensembles", str(model.method)).Ensemble(make_params("ensembles", str(model.method), model.params))
    wanted = units.of_shard(cohort.splits, args.shard, study.seed, study.seeds)
    if not wanted:
        raise UserError("--shard", f"'{args.shard}' has no folds", "use fewer shards")
    tables = {name: _by_unit(folder, wanted) for name, folder in members.items()}
    found: dict[str, list[pd.DataFrame]] = {"predictions": [], "predictors": [], "weights": []}
    for unit in wanted:
        labels, etas = cohort.labels(*unit.place), [table[unit] for table in tables.values()]
        one = combine(ensemble, labels, cohort.obs.index, etas, study.training.calibration)
        own = {
            "predictions": one.predictions(),
            "predictors": one.predictors(),
            "weights": pd.DataFrame({"member": list(tables), "weight": one.weights.numpy()}),
        }
        for name, table in own.items():
            found[name].append(unit.stamped(table))
        log.info("repeat %d, fold %d, seed %d: %d models weighed", *astuple(unit), len(tables))
    with atomic(args.output) as draft:
        draft.mkdir()
        for name, parts in found.items():
            pd.concat(parts, ignore_index=True).to_parquet(draft / f"{name}.parquet", index=False)


def _ship(args: argparse.Namespace, study: Study, members: dict[str, Path], cohort: Labelled) -> None:
    """One bundle: the weights are the mean over folds and seeds, the calibration is on what the folds held out."""
    import pandas as pd

    from mmomics import keys
    from mmomics.training import bundle
    from mmomics.training.ensemble import EnsemblePredictor, whole

    if not args.folds:
        raise UserError("--folds", "the weights of the bundle are those of the folds", "give the folders <ensemble>/<shard> of all shards")
    own = {name: [_table(Path(folder), name) for folder in args.folds] for name in ("weights", "predictors")}
    trust = pd.concat(own["weights"]).groupby("member", sort=False)["weight"].mean()
    if set(trust.index) != set(members):
        raise UserError("--folds", f"they combine {listed(trust.index, MOST)}", f"make them anew: '{args.model}' combines other models")
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
