"""Test rows predicted again with modalities hidden: what a model that is trained once says of people with fewer assays.

Two questions. `only`: what if these modalities were all there is? Asked of the subjects who have them all. `without`: what if this one
were not there, and all else as it is? Asked of the subjects who have it and something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmomics import keys
from mmomics.baselines.contract import Baseline
from mmomics.config.cohort import device
from mmomics.heads.contract import Head
from mmomics.training.model import FusionModel
from mmomics.training.rows import Rows

ONLY, WITHOUT = "only", "without"
FEW = 4  # modalities of which every subset is tried
MOST = 32  # subsets of more modalities, about
AT_ONCE = 8192  # rows of all subsets that a baseline predicts together
CURVE = "s_"  # survival at many times: no subset is scored on it, and it would swell the file


@dataclass(frozen=True)
class Subset:
    """One question: a rule and the modalities it names, sorted as the model has them; a device and its windows go together."""

    rule: str
    modalities: tuple[str, ...]

    def names(self, modality: str) -> bool:
        """Whether a modality of the model, or the device whose windows it is, is named."""
        return device(modality) in self.modalities

    def left(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Features and what is seen with the rest hidden, each {modality: (..., n_obs)} and with features."""
        kept = {name: flags & (self.names(name) == (self.rule == ONLY)) for name, flags in seen.items()}
        return {name: values * kept[name].unsqueeze(-1) for name, values in x.items()}, kept

    def asked(self, seen: dict[str, Tensor]) -> Tensor:
        """The rows (n_obs,) bool that the question can be asked of."""
        has = {one: torch.stack([flags for name, flags in seen.items() if device(name) == one]).any(0) for one in sources(seen)}
        named = torch.stack([has[name] for name in self.modalities]).all(0)
        others = [flags for name, flags in has.items() if name not in self.modalities]
        return named if self.rule == ONLY or not others else named & torch.stack(others).any(0)


def sources(modalities: Iterable[str]) -> list[str]:
    """The modalities of a model, windows counted with their device."""
    return list(dict.fromkeys(map(device, modalities)))


def plan(modalities: Iterable[str], seed: int = 0) -> list[Subset]:
    """What to ask of a model of some modalities; nothing where it has but one.

    Every subset of up to four modalities. Of more: each alone, all but one, all of them, and of every size between some drawn at
    random, one at least, as many as keep the whole near 32. Every model of the same modalities is asked the same.
    """
    names = sources(modalities)
    if len(names) < 2:
        return []
    if len(names) <= FEW:
        chosen = [subset for size in range(1, len(names) + 1) for subset in combinations(names, size)]
    else:
        chosen = [(name,) for name in names]
        between = range(2, len(names) - 1)
        each = max((MOST - 2 * len(names) - 1) // len(between), 1)
        rng = np.random.default_rng(seed)
        for size in between:
            drawn = {tuple(sorted(rng.permutation(len(names))[:size].tolist())) for _ in range(each)}
            chosen += [tuple(names[place] for place in places) for places in sorted(drawn)]
        chosen += [tuple(name for name in names if name != left_out) for left_out in names]
        chosen.append(tuple(names))
    return [Subset(ONLY, subset) for subset in chosen] + [Subset(WITHOUT, (name,)) for name in names]


@torch.no_grad()
def of_networks(network: FusionModel, rows: Rows, tests: list[Tensor]) -> Tensor | None:
    """Linear predictors (n_subsets, n_members, n_rows, n_out) of each member's test rows, the shorter ones filled up.

    None where there is nothing to ask, or nobody.

    Parameters
    ----------
    tests : list of Tensor (n_rows,) int
        Rows of each member's fold.
    """
    subsets, most = plan(rows.n_vars), max(map(len, tests))
    if not subsets or not most:
        return None
    network.eval()
    padded = torch.stack([torch.cat([own, own.new_zeros(most - len(own))]) for own in tests]).to(rows.device)
    parts = []
    for chunk in padded.split(rows.chunk, dim=1):
        batch = rows.take(chunk)
        parts.append(torch.stack([network(*subset.left(batch.x, batch.seen), batch.scores)[0] for subset in subsets]))
    return torch.cat(parts, dim=2)


@torch.no_grad()
def of_baseline(network: Baseline, x: dict[str, Tensor], seen: dict[str, Tensor]) -> Tensor | None:
    """Linear predictors (n_subsets, n_rows, n_out) of test rows, all subsets in one call: a forest walks its trees once."""
    subsets, n_rows = plan(x), len(next(iter(seen.values())))
    if not subsets or not n_rows:
        return None
    parts = []
    for rows in torch.arange(n_rows).split(AT_ONCE // len(subsets)):
        own = [{name: values[rows] for name, values in part.items()} for part in (x, seen)]
        left = [subset.left(*own) for subset in subsets]
        hidden, kept = ({name: torch.cat([part[place][name] for part in left]) for name in x} for place in (0, 1))
        parts.append(network(hidden, kept).unflatten(0, (len(subsets), -1)))
    return torch.cat(parts, dim=1)


def table(head: Head, eta: Tensor, seen: dict[str, Tensor], subjects: np.ndarray, subsets: list[Subset]) -> pd.DataFrame:
    """Predictions of the rows that each question can be asked of: rule, modalities (`a,b`), subject and the head's columns.

    Parameters
    ----------
    head : Head
        Calibrated.
    eta : Tensor (n_subsets, n_rows, n_out)
    seen : dict of str to Tensor (n_rows,)
    subjects : (n_rows,)
    """
    parts = []
    for subset, own in zip(subsets, eta, strict=True):
        rows = subset.asked(seen)
        part = head.predict(head.calibrated(own[rows]), pd.Index(subjects[rows.numpy()], name=keys.SUBJECT))
        part = part.select_dtypes("number")
        part = part[[name for name in part if not name.startswith(CURVE)]].astype("float32").reset_index()
        part.insert(0, "rule", subset.rule)
        part.insert(1, "modalities", ",".join(subset.modalities))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
