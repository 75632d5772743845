"""The one training loop: all folds, seeds and ensemble members of a model in one batched pass."""

from __future__ import annotations

import logging
from typing import Any, Protocol

import pandas as pd
import torch
from torch import Tensor

from mmomics.config.protocol import Training
from mmomics.errors import UserError
from mmomics.fusion.contract import Method
from mmomics.nn.adamw import AdamW
from mmomics.training import balance
from mmomics.training.rows import Minibatch, Rows

log = logging.getLogger(__name__)
LARGEST_GRADIENT = 1.0  # norm, per member
FEWEST_STEPS = 8  # minibatches per epoch: on a small cohort rows come round again, so that patience means the same there
NOISE = 1e-6  # gradients this small are rounding, which AdamW would blow up to full steps, another way in every company
TASK = "task"  # the term that is the outcome's loss
BETTER = 1e-4  # a smaller fall of the validation loss does not count
Terms = dict[str, Tensor]  # losses by name


class DivergenceError(UserError):
    """A loss that is no finite number."""


class Trainable(Protocol):
    """What the loop asks of a model, beside being a module whose every parameter leads with the member dimension."""

    method: Method

    def step(self, batch: Minibatch, shown: dict[str, Tensor]) -> dict[str, Tensor]:
        """Loss terms of a training minibatch, each (n_members,)."""

    def held_out_loss(self, rows: Rows, group: Tensor) -> Tensor:
        """Loss (n_groups,) on the rows that members hold out."""


def train(model: Any, rows: Rows, group: Tensor, settings: Training) -> pd.DataFrame:
    """Train all members, leave the model at each group's best epoch, return the learning curves.

    Members of a group (one fold and seed) hold out different inner folds; the epoch is chosen for the group by the loss of all its
    held-out rows together, which is far less noisy than one small fold. Epoch 0 is the linear solution.

    Parameters
    ----------
    model : nn.Module and Trainable
    group : Tensor (n_members,) int
        Which members form one ensemble.

    Returns
    -------
    DataFrame
        group, member, epoch, term, value.

    Raises
    ------
    DivergenceError
        If a loss of a network that still learns is no finite number.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = AdamW(parameters, settings.learning_rate, settings.weight_decay, NOISE)
    best = [parameter.detach().clone() for parameter in parameters]
    best_loss = _held_out_loss(model, rows, group)
    since = torch.zeros_like(best_loss)
    _check(model, [{"validation": best_loss}], since < settings.patience, 0)
    modulation = balance.Modulation(model, list(rows.n_vars), settings.modulation)
    history: list[tuple[int, str, Tensor]] = [(0, "validation", best_loss[group])]
    for epoch in range(1, settings.epochs + 1):
        running = since < settings.patience
        terms, steps = _epoch(model, rows, settings, optimizer, modulation)
        _check(model, steps, running[group], epoch)
        history += [(epoch, term, value) for term, value in terms.items()]
        loss = _held_out_loss(model, rows, group)
        _check(model, [{"validation": loss}], running, epoch)
        history.append((epoch, "validation", loss[group]))
        better = running & (loss < best_loss - BETTER)
        best_loss = torch.where(better, loss, best_loss)
        since = torch.where(better, 0.0, since + running)
        for kept, parameter in zip(best, parameters, strict=True):
            kept[better[group]] = parameter.detach()[better[group]]
        if not (since < settings.patience).any():
            break
    with torch.no_grad():
        for kept, parameter in zip(best, parameters, strict=True):
            parameter.copy_(kept)
    log.info("%d networks stopped after %d epochs at most", len(group), epoch)
    return _history(history, group)


def _epoch(model: Any, rows: Rows, settings: Training, optimizer: AdamW, modulation: balance.Modulation) -> tuple[Terms, list[Terms]]:
    """One pass over the training rows.

    Mean of every loss term (n_members,), and each modality's share in the last minibatch; and the terms of every minibatch.
    """
    model.train()
    streams = model.method.streams
    size = minibatch(rows, settings)
    n_steps = max(-(-rows.n_obs // size), FEWEST_STEPS)
    order = streams.permutation(rows.learn, n_steps * size)
    totals: Terms = {}
    shares: Terms = {}
    steps: list[Terms] = []
    for step in range(n_steps):
        batch = rows.take(order[:, step * size : (step + 1) * size])
        shown = _hide(batch, streams.uniform(size, len(batch.seen)), settings.modality_dropout)
        if settings.alone:
            shown = balance.alone(shown, streams.uniform(size, 1 + len(shown)), settings.alone)
        if probed := step == n_steps - 1 and len(shown) > 1:
            balance.watch(batch)
        terms = model.step(batch, shown)
        if probed and TASK in terms:
            shares = modulation.note(terms[TASK], batch, shown)
        sum(terms.values()).sum().backward()
        _clip(optimizer.parameters)
        with modulation.step():
            optimizer.step()
        steps.append({name: value.detach() for name, value in terms.items()})
        for name, value in steps[-1].items():
            totals[name] = totals.get(name, 0.0) + value / n_steps
    return totals | shares, steps


def _check(model: Any, steps: list[Terms], running: Tensor, epoch: int) -> None:
    """Refuse losses (n,) that are no finite numbers where something is still running (n,); the first one is what broke the others.

    What has stopped goes on beside the others, and may break unheeded: else a shard would decide whether a fit ends well.
    """
    names = [name for terms in steps for name in terms]
    values = torch.stack([value for terms in steps for value in terms.values()]).cpu()
    broken = ~values[:, running].isfinite().all(1)
    if broken.any():
        method = type(model.method).__module__.rpartition(".")[2]
        problem = f"the loss '{names[int(broken.int().argmax())]}' is no finite number in epoch {epoch} of training"
        raise DivergenceError(method, problem, "check the model's `params`, or lower `training.learning_rate`")


def minibatch(rows: Rows, settings: Training) -> int:
    """Rows of a minibatch: from the size of the cohort, not of the folds that train together, as a shard must not change the numbers."""
    return min(settings.batch_size, max(rows.n_obs // 2, 2))


def _hide(batch: Minibatch, noise: Tensor, share: float) -> dict[str, Tensor]:
    """Modality dropout: hide measured modalities at random, but never the last one of a row."""
    seen = torch.stack(list(batch.seen.values()), dim=-1)
    kept = seen & (noise >= share)
    # of a row that would lose all, the seen modality with the largest noise stays
    rescue = torch.nn.functional.one_hot((noise * seen).argmax(-1), seen.shape[-1]).bool() & seen
    kept = torch.where(kept.any(-1, keepdim=True), kept, rescue)
    return dict(zip(batch.seen, kept.unbind(-1), strict=True))


@torch.no_grad()
def _clip(parameters: list[Tensor]) -> None:
    """Cut each member's gradient to a norm of at most 1, by itself."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.stack([gradient.flatten(1).square().sum(1) for gradient in gradients]).sum(0).sqrt()
    factor = (LARGEST_GRADIENT / norm.clamp_min(1e-12)).clamp_max(1.0)
    for gradient in gradients:
        gradient.mul_(factor.view(-1, *[1] * (gradient.dim() - 1)))


@torch.no_grad()
def _held_out_loss(model: Any, rows: Rows, group: Tensor) -> Tensor:
    model.eval()
    return model.held_out_loss(rows, group).cpu()


def _history(history: list[tuple[int, str, Tensor]], group: Tensor) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"group": group.numpy(), "place": range(len(group)), "epoch": epoch, "term": term, "value": value.cpu().numpy()})
        for epoch, term, value in history
    ]
    table = pd.concat(frames, ignore_index=True)
    table["member"] = table["place"] - table.groupby("group")["place"].transform("min")
    return table[["group", "member", "epoch", "term", "value"]]
