"""The one training loop: all folds, seeds and ensemble members of a model in one batched pass."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from mmomics.config.protocol import Training
from mmomics.heads.contract import Head
from mmomics.training.model import FusionModel
from mmomics.training.rows import Minibatch, Rows

log = logging.getLogger(__name__)
LARGEST_GRADIENT = 1.0  # norm, per member
BETTER = 1e-4  # a smaller fall of the validation loss does not count


@dataclass
class Trained:
    """What a pass leaves: predictors of every row by every member, embeddings, and the learning curves.

    Attributes
    ----------
    eta : Tensor (n_members, n_obs, n_out)
    z : Tensor (n_members, n_obs, n_latent)
    history : DataFrame
        group, member, epoch, term, value.
    """

    eta: Tensor
    z: Tensor
    history: pd.DataFrame


def train(model: FusionModel, rows: Rows, head: Head, group: Tensor, settings: Training) -> Trained:
    """Train all members; leave the model at each group's best epoch.

    Members of a group (one fold and seed) hold out different inner folds; the epoch is chosen for the group by the loss of all its
    held-out rows together, which is far less noisy than one small fold. Epoch 0 is the linear solution.

    Parameters
    ----------
    head : Head
        Its loss; the same for all folds.
    group : Tensor (n_members,) int
        Which members form one ensemble.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True)
    best = [parameter.detach().clone() for parameter in parameters]
    best_loss = _validation_loss(model, rows, head, group)
    since = torch.zeros_like(best_loss)
    history: list[tuple[int, str, Tensor]] = [(0, "validation", best_loss[group])]
    for epoch in range(1, settings.epochs + 1):
        history += [(epoch, term, value) for term, value in _epoch(model, rows, head, settings, optimizer, parameters).items()]
        loss = _validation_loss(model, rows, head, group)
        history.append((epoch, "validation", loss[group]))
        running = since < settings.patience
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
    return Trained(*predict(model, rows), _history(history, group))


@torch.no_grad()
def predict(model: FusionModel, rows: Rows) -> tuple[Tensor, Tensor]:
    """Linear predictors and embeddings of every row by every member."""
    model.eval()
    outputs = []
    for chunk in rows.all():
        batch = rows.take(chunk)
        outputs.append(model(batch.x, batch.seen, batch.scores))
    return torch.cat([eta for eta, _ in outputs], dim=1).cpu(), torch.cat([z for _, z in outputs], dim=1).cpu()


def _epoch(
    model: FusionModel, rows: Rows, head: Head, settings: Training, optimizer: torch.optim.Optimizer, parameters: list[torch.nn.Parameter]
) -> dict[str, Tensor]:
    """One pass over the training rows; mean of every loss term (n_members,)."""
    model.train()
    streams = model.method.streams
    size = min(settings.batch_size, min(len(own) for own in rows.learn))
    n_steps = -(-max(len(own) for own in rows.learn) // size)
    order = streams.permutation(rows.learn, n_steps * size)
    totals: dict[str, Tensor] = {}
    for step in range(n_steps):
        batch = rows.take(order[:, step * size : (step + 1) * size])
        shown = _hide(batch, streams.uniform(size, len(batch.seen)), settings.modality_dropout)
        eta, terms = model.step(batch.x, batch.seen, shown, batch.scores)
        terms = {"task": head.loss(eta, batch.y, batch.has.to(eta.dtype)), **terms}
        optimizer.zero_grad(set_to_none=True)
        sum(terms.values()).sum().backward()  # type: ignore[union-attr]
        _clip(parameters)
        optimizer.step()
        for name, value in terms.items():
            totals[name] = totals.get(name, 0.0) + value.detach() / n_steps  # type: ignore[operator]
    return totals


def _hide(batch: Minibatch, noise: Tensor, share: float) -> dict[str, Tensor]:
    """Modality dropout: hide measured modalities at random, but never the last one of a row."""
    seen = torch.stack(list(batch.seen.values()), dim=-1)
    kept = seen & (noise >= share)
    # of a row that would lose all, the seen modality with the largest noise stays
    rescue = torch.nn.functional.one_hot((noise * seen).argmax(-1), seen.shape[-1]).bool() & seen
    kept = torch.where(kept.any(-1, keepdim=True), kept, rescue)
    return dict(zip(batch.seen, kept.unbind(-1), strict=True))


@torch.no_grad()
def _clip(parameters: list[torch.nn.Parameter]) -> None:
    """Cut each member's gradient to a norm of at most 1, by itself."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = sum(gradient.flatten(1).square().sum(1) for gradient in gradients).sqrt()  # type: ignore[union-attr]
    factor = (LARGEST_GRADIENT / norm.clamp_min(1e-12)).clamp_max(1.0)
    for gradient in gradients:
        gradient.mul_(factor.view(-1, *[1] * (gradient.dim() - 1)))


@torch.no_grad()
def _validation_loss(model: FusionModel, rows: Rows, head: Head, group: Tensor) -> Tensor:
    """Loss of each group's held-out rows (n_groups,), each row predicted by the members that did not learn from it."""
    model.eval()
    eta = []
    for chunk in rows.validate.split(256, dim=1):
        batch = rows.take(chunk)
        eta.append(model(batch.x, batch.seen, batch.scores)[0])
    pooled, weight = pool(torch.cat(eta, dim=1), rows.validate, group, rows.n_obs)
    first = torch.stack([torch.nonzero(group == g)[0, 0] for g in range(int(group.max()) + 1)])
    fold = rows.fold_of[first]
    return head.loss(pooled, rows.y[fold], weight * rows.has[fold])


def pool(eta: Tensor, where: Tensor, group: Tensor, n_obs: int) -> tuple[Tensor, Tensor]:
    """Held-out predictors (n_members, n_rows, n_out) at rows `where`, as one vector per group (n_groups, n_obs, n_out), and 0/1 weights."""
    n_groups = int(group.max()) + 1
    flat = (group.to(where.device)[:, None] * n_obs + where).flatten()
    total = eta.new_zeros(n_groups * n_obs, eta.shape[-1]).index_add_(0, flat, eta.flatten(0, 1))
    count = eta.new_zeros(n_groups * n_obs).index_add_(0, flat, torch.ones_like(flat, dtype=eta.dtype))
    pooled = total / count.clamp_min(1.0)[:, None]
    return pooled.view(n_groups, n_obs, -1), (count > 0).to(eta.dtype).view(n_groups, n_obs)


def _history(history: list[tuple[int, str, Tensor]], group: Tensor) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"group": group.numpy(), "place": range(len(group)), "epoch": epoch, "term": term, "value": value.cpu().numpy()})
        for epoch, term, value in history
    ]
    table = pd.concat(frames, ignore_index=True)
    table["member"] = table["place"] - table.groupby("group")["place"].transform("min")
    return table[["group", "member", "epoch", "term", "value"]]
