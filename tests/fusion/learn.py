"""A method and a read-out taught by plain gradient descent: what the method finds without the engine's linear models beside it."""

import torch
from torch import nn
from torch.nn import functional as F

from mmomics.nn.layers import Linear


def learned(method, x, y, train, steps=120):
    """Mean over members of the predictor of every row (n_obs,), after learning the binary y (n_obs,) on the rows `train`."""
    n_members = len(method.streams)
    x = {name: values.expand(n_members, *values.shape).clone() for name, values in x.items()}
    seen = {name: torch.ones(values.shape[:2], dtype=torch.bool) for name, values in x.items()}
    readout = Linear(method.streams, method.n_latent, 1)
    optimizer = torch.optim.AdamW(nn.ModuleList([method, readout]).parameters(), lr=1e-2, weight_decay=1e-2)
    shown, flags = ({name: values[:, train] for name, values in part.items()} for part in (x, seen))
    for _ in range(steps):
        eta = readout(method.train().encode(shown, flags))[..., 0]
        loss = F.binary_cross_entropy_with_logits(eta, y[train].expand_as(eta), reduction="none").mean(1).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return readout(method.eval().encode(x, seen))[..., 0].mean(0)
