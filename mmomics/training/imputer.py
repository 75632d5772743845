"""Fit an imputer on a fold: a file of `imputation`, or any fusion method that can decode."""

from __future__ import annotations

import torch
from torch import Tensor

from mmomics import plugins
from mmomics.config.protocol import Training
from mmomics.errors import UserError
from mmomics.fusion.contract import Generative
from mmomics.imputation import contract
from mmomics.imputation.contract import without
from mmomics.nn.streams import Streams
from mmomics.training import loop
from mmomics.training.fit import attach, make_params
from mmomics.training.fold import Fold
from mmomics.training.generative import ImputationModel
from mmomics.training.rows import Rows
from mmomics.training.units import Unit


def fit(name: str, fold: Fold, unit: Unit, settings: Training, device: str = "cpu") -> contract.Imputer:
    """A fitted imputer; only training rows are learned from.

    Raises
    ------
    UserError
        If the method cannot decode.
    """
    if name in plugins.names("imputation"):
        imputer: contract.Imputer = plugins.load("imputation", name).Imputer()
    else:
        imputer = GenerativeImputer(name, fold, unit, settings, device)
    imputer.fit({key: x[fold.train] for key, x in fold.x.items()}, {key: seen[fold.train] for key, seen in fold.seen.items()})
    return imputer


class GenerativeImputer(contract.Imputer):
    """A generative fusion method as imputer: an ensemble, each member stopped on another inner fold."""

    def __init__(self, name: str, fold: Fold, unit: Unit, settings: Training, device: str) -> None:
        if not issubclass(plugins.load("fusion", name).Method, Generative):
            able = [other for other in plugins.names("fusion") if plugins.family("fusion", other) == "generative"]
            raise UserError("config: imputers", f"'{name}' cannot draw modalities", f"choose one of: {', '.join(able)}")
        self.name, self.fold, self.unit, self.settings, self.device = name, fold, unit, settings, device

    def fit(self, x: dict[str, Tensor], seen: dict[str, Tensor]) -> None:
        settings, fold = self.settings, self.fold
        n_inner = int(fold.inner.max()) + 1
        no_scores = torch.zeros(len(fold.y), len(fold.x), 1)
        rows = Rows([fold], [no_scores], [0] * settings.members, [k % n_inner for k in range(settings.members)], torch.device(self.device))
        streams = Streams(self.unit.member_seeds(settings.members), self.device)
        method = plugins.load("fusion", self.name).Method(rows.n_vars, make_params("fusion", self.name, {}), streams)
        self.network = ImputationModel(method).to(self.device)
        attach(method, rows)
        loop.train(self.network, rows, torch.zeros(settings.members, dtype=torch.long), settings)
        self.network.eval().cpu()

    @torch.no_grad()
    def predict(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Mean over members; variance = noise of the feature + disagreement of the members."""
        z, _ = self._posterior(modality, x, seen)
        mean, noise = self.network.method.decode(z)[modality]
        return mean.mean(0), (noise.square().mean(0) + mean.var(0, correction=0)).sqrt()

    @torch.no_grad()
    def draw(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor], n: int, seed: int) -> Tensor:
        """Each draw from a member taken at random: an embedding from its posterior, decoded, with the feature's noise."""
        generator = torch.Generator().manual_seed(seed)
        mean, sd = self._posterior(modality, x, seen)
        draws = []
        for member in torch.randint(len(mean), (n,), generator=generator):
            z = mean + sd * torch.randn(mean.shape, generator=generator)
            value, noise = self.network.method.decode(z)[modality]
            draws.append(value[member] + noise[member] * torch.randn(value.shape[1:], generator=generator))
        return torch.stack(draws)

    def _posterior(self, modality: str, x: dict[str, Tensor], seen: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        n_members = self.settings.members
        wide = {name: values.expand(n_members, -1, -1) for name, values in x.items()}
        shown = {name: flags.expand(n_members, -1) for name, flags in without(modality, seen).items()}
        method = self.network.method
        assert isinstance(method, Generative)
        return method.posterior(wide, shown)
