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
Digests = dict[str, Tensor]  # of what was learned from, by modality: `Fold.digests`
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


def save(path: str | Path, models: Mapping[Place, LinearModels], digests: Mapping[Place, Digests]) -> None:
    """Write the models of several folds by (repeat, fold), with the digests of the fold that each was fitted on."""
    tensors = {f"{OF}/{repeat}/{fold}/{name}": digest for (repeat, fold), own in digests.items() for name, digest in own.items()}
    for (repeat, fold), own in models.items():
        for name, found in own.items():
            parts = {part.name: torch.as_tensor(getattr(found, part.name)) for part in fields(CrossFit)}
            tensors |= {f"{repeat}/{fold}/{name}/{part}": tensor.contiguous().clone() for part, tensor in parts.items()}
    with atomic(path) as draft:
        draft.write_bytes(to_bytes(tensors))


def load(path: str | Path) -> tuple[dict[Place, LinearModels], dict[Place, Digests]]:
    """Read what `save` wrote: the models, and the digests.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    try:
        tensors = load_file(path)
        models: dict[Place, LinearModels] = {}
        digests: dict[Place, Digests] = {}
        for _, repeat, fold, name in (key.split("/") for key in tensors if key.startswith(f"{OF}/")):
            digests.setdefault((int(repeat), int(fold)), {})[name] = tensors[f"{OF}/{repeat}/{fold}/{name}"]
        for repeat, fold, name in dict.fromkeys(tuple(key.split("/")[:3]) for key in tensors if not key.startswith(f"{OF}/")):
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
        own = digests.get(place, {})
        if any(name in own and not torch.equal(own[name], digest) for name, digest in fold.digests.items()):
            raise UserError(path, "was fitted on other splits, outcomes or features than those given", "make it anew with `mmomics linear`")
    return models
