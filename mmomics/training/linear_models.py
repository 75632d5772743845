"""The linear models of a fold, one per modality and one of all: fitted once, shared by every model that contains or compares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import Tensor

from mmomics.errors import UserError
from mmomics.nn.cross_fit import CrossFit, alone, beside, linear
from mmomics.storage import atomic
from mmomics.training.fold import Fold
from mmomics.training.units import Place

OF = "of"  # what a file of models keeps the digests of their folds under
LinearModels = dict[str, CrossFit]  # of one fold, by modality, and that of several by `beside`


def fit(fold: Fold, known: Mapping[str, CrossFit] | None = None) -> LinearModels:
    """A ridge model of each modality on the rows that have it, and the better of ridge and elastic net on all side by side.

    Penalties are chosen on the fold's inner folds. Windows of a signal get the intercept alone and no part of the joint model: their
    samples have no common phase, and what is linear in a device stands in its features already. What is `known` is not fitted again.
    """
    found, known = {}, known or {}
    for name, x in fold.x.items():
        rows = fold.has & fold.seen[name]
        found[name] = known.get(name) or alone(fold.head, x[rows], fold.y[rows], fold.inner[rows], name in fold.windows)
    if fold.featured:
        joint, has = beside(fold.featured), fold.has
        every = torch.cat([fold.x[name] for name in fold.featured], dim=1)[has]
        found[joint] = known[joint] if joint in known else linear(fold.head, every, fold.y[has], fold.inner[has])
    return found


def save(path: str | Path, models: Mapping[Place, LinearModels], digests: Mapping[Place, Tensor]) -> None:
    """Write the models of several folds by (repeat, fold), with the digest of the fold that each was fitted on."""
    tensors: dict[str, Tensor] = {f"{OF}/{repeat}/{fold}": digest for (repeat, fold), digest in digests.items()}
    for (repeat, fold), own in models.items():
        for name, found in own.items():
            parts = {part.name: torch.as_tensor(getattr(found, part.name)) for part in fields(CrossFit)}
            tensors |= {f"{repeat}/{fold}/{name}/{part}": tensor.contiguous().clone() for part, tensor in parts.items()}
    with atomic(path) as draft:
        draft.write_bytes(to_bytes(tensors))


def load(path: str | Path) -> tuple[dict[Place, LinearModels], dict[Place, Tensor]]:
    """Read what `save` wrote: the models, and the digests.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    try:
        tensors = load_file(path)
        models: dict[Place, LinearModels] = {}
        digests: dict[Place, Tensor] = {}
        for repeat, fold, name in dict.fromkeys(tuple(key.split("/")[:3]) for key in tensors if not key.startswith(OF)):
            digests[int(repeat), int(fold)] = tensors[f"{OF}/{repeat}/{fold}"]
            parts: dict[str, Any] = {part.name: tensors[f"{repeat}/{fold}/{name}/{part.name}"] for part in fields(CrossFit)}
            parts |= {"loss": float(parts["loss"]), "telling": bool(parts["telling"])}
            models.setdefault((int(repeat), int(fold)), {})[name] = CrossFit(**parts)
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise UserError(path, "is no readable file of linear models", "make it anew with `mmomics linear`") from error
    return models, digests


def known(path: str | Path, folds: Mapping[Place, Fold]) -> dict[Place, LinearModels]:
    """The models of a file, held against the folds that they are for.

    Raises
    ------
    UserError
        If the file cannot be read, or is of other splits, outcomes or features.
    """
    models, digests = load(path)
    for place, fold in folds.items():
        if place in models and not torch.equal(digests[place], fold.digest):
            raise UserError(path, "was fitted on other splits or outcomes than those given", "make it anew with `mmomics linear`")
        sizes = {name: (x.shape[1], int((fold.has & fold.seen[name]).sum())) for name, x in fold.x.items()}
        sizes[beside(fold.featured)] = sum(sizes[name][0] for name in fold.featured), int(fold.has.sum())
        for name, (n_vars, n_obs) in sizes.items():
            found = models.get(place, {}).get(name)
            if found is not None and (found.coef.shape, found.oof.shape) != ((n_vars, fold.head.n_out), (n_obs, fold.head.n_out)):
                what = f"is of other inputs: {len(found.coef)} features of {len(found.oof)} subjects for '{name}', not {n_vars} of {n_obs}"
                raise UserError(path, what, "make it anew with `mmomics linear`")
    return models
