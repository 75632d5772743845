"""An untrained network of a method: its settings, its parts, and the training rows that it is shown before it learns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from mmomics import plugins
from mmomics.baselines.contract import Params
from mmomics.fusion.contract import Anchors, Method
from mmomics.heads.contract import Head
from mmomics.nn.streams import Streams
from mmomics.training.model import FusionModel
from mmomics.training.rows import Rows


def make_params(package: str, method: str, params: dict[str, Any]) -> Any:
    """A method's settings: its defaults with the changes of the configuration."""
    return getattr(plugins.load(package, method), "Params", Params)(**params)


def make_network(
    method: str, params: dict[str, Any], n_vars: dict[str, int], streams: Streams, heads: tuple[Head, Mapping[str, Head]]
) -> FusionModel:
    """An untrained network, one member per stream; `heads` are that of the outcome, and those of further outcomes by name."""
    return FusionModel(plugins.load("fusion", method).Method(n_vars, make_params("fusion", method, params), streams), *heads)


def attach(method: Method, rows: Rows) -> None:
    """Show a method a sample of each member's training rows, of a size that does not depend on what trains beside it."""
    if not method.n_anchors:
        return
    batch = rows.take(method.streams.permutation(rows.learn, method.n_anchors))
    surplus = torch.stack([torch.arange(method.n_anchors, device=rows.device) >= len(own) for own in rows.learn])
    seen = {name: flags & ~surplus for name, flags in batch.seen.items()}
    x = {name: values * seen[name].unsqueeze(-1) for name, values in batch.x.items()}
    method.attach(Anchors(x, seen, {name: [names[fold] for fold in rows.fold_of.tolist()] for name, names in rows.features.items()}))
