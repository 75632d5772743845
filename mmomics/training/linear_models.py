"""One ridge model per modality and fold: computed once, shared by every model that contains or compares them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes

from mmomics.errors import UserError
from mmomics.nn.cross_fit import CrossFit, ridge
from mmomics.storage import atomic
from mmomics.training.fold import Fold

Ridges = dict[str, CrossFit]  # of one fold, by modality


def fit(fold: Fold, known: Mapping[str, CrossFit] | None = None) -> Ridges:
    """Ridge models of a fold on the rows that have an outcome and the modality, penalties chosen on its inner folds.

    Windows of a signal get the intercept alone: their samples have no common phase, and what is linear in a device stands in its features
    already. What is `known` is not fitted again.
    """
    found: Ridges = {}
    for name, x in fold.x.items():
        if known and name in known:
            found[name] = known[name]
            continue
        rows = torch.nonzero(fold.has & fold.seen[name])[:, 0]
        linear = x[rows] if name not in fold.windows else x.new_zeros(len(rows), 1)
        found[name] = ridge(fold.head, linear, fold.y[rows], fold.inner[rows])
        if name in fold.windows:
            full, bagged = found[name].full, found[name].bagged
            nothing = x.new_zeros(x.shape[1], fold.head.n_out)
            found[name].full, found[name].bagged = (nothing, full[1]), (nothing, bagged[1])
    return found


def save(path: str | Path, ridges: Mapping[tuple[int, int], Ridges]) -> None:
    """Write the models of several folds, by (repeat, fold)."""
    tensors: dict[str, torch.Tensor] = {}
    for (repeat, fold), models in ridges.items():
        for name, found in models.items():
            parts = (*found.full, *found.bagged, found.oof, torch.tensor(found.loss))
            tensors |= {f"{repeat}/{fold}/{name}/{part}": tensor.contiguous().clone() for part, tensor in enumerate(parts)}
    with atomic(path) as draft:
        draft.write_bytes(to_bytes(tensors))


def load(path: str | Path) -> dict[tuple[int, int], Ridges]:
    """Read what `save` wrote.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UserError(path, "is no readable file of ridge models", "make it anew with `mmomics ridge`") from error
    ridges: dict[tuple[int, int], Ridges] = {}
    for repeat, fold, name in dict.fromkeys(tuple(key.split("/")[:3]) for key in tensors):
        coef, intercept, bagged, bagged_intercept, oof, loss = (tensors[f"{repeat}/{fold}/{name}/{part}"] for part in range(6))
        found = CrossFit((coef, intercept), (bagged, bagged_intercept), oof, float(loss))
        ridges.setdefault((int(repeat), int(fold)), {})[name] = found
    return ridges
