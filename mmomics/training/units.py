"""What there is to train: one unit per repeat, fold and seed, dealt out to shards."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.errors import UserError

Place = tuple[int, int]  # repeat, fold
COLUMNS = [keys.REPEAT, keys.FOLD, keys.SEED]  # in which tables name a unit
FINAL = "final"  # the shard that trains on the whole cohort and writes the bundle


@dataclass(frozen=True, order=True)
class Unit:
    """One model to be trained: on the training rows of a fold, from a seed."""

    repeat: int
    fold: int
    seed: int

    @property
    def place(self) -> Place:
        """Whose rows it learns from: (repeat, fold)."""
        return self.repeat, self.fold

    def stamped(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with repeat, fold and seed (`COLUMNS`) as first columns."""
        return pd.concat([pd.DataFrame(dict(zip(COLUMNS, astuple(self), strict=True)), index=table.index), table], axis=1)

    def member_seeds(self, n_members: int) -> list[int]:
        """One seed per ensemble member, the same whatever trains beside it."""
        sequence = np.random.SeedSequence([self.seed, self.repeat, self.fold + 1])
        return [int(state) for state in sequence.generate_state(n_members)]


def of_shard(splits: pd.DataFrame, shard: str, first_seed: int, n_seeds: int) -> list[Unit]:
    """The units of shard `final` (the whole cohort) or `<k>of<n>` (every n-th fold and seed, from the k-th).

    Raises
    ------
    UserError
        If the shard is neither.
    """
    keys_of_folds = sorted(set(zip(splits[keys.REPEAT], splits[keys.FOLD], strict=True)))
    whole = [Unit(int(repeat), int(fold), first_seed) for repeat, fold in keys_of_folds if fold == keys.WHOLE]
    if shard == FINAL:
        return whole
    position, _, total = shard.partition("of")
    if not (position.isdigit() and total.isdigit() and 1 <= int(position) <= int(total)):
        raise UserError("--shard", f"'{shard}' is not a shard", "write 'final', or '2of5' for the second of five")
    units = [
        Unit(int(repeat), int(fold), first_seed + seed)
        for repeat, fold in keys_of_folds
        if fold != keys.WHOLE
        for seed in range(n_seeds)
    ]  # fmt: skip
    return units[int(position) - 1 :: int(total)]
