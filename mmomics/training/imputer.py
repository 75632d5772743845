"""Fit an imputer on a fold: a file of `imputation`, or any fusion method that can draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from mmomics import keys, plugins
from mmomics.config.protocol import Training
from mmomics.errors import UserError
from mmomics.fusion.contract import Generative
from mmomics.imputation import contract
from mmomics.imputation._bounds import Bounds
from mmomics.imputation._foretell import Foretelling
from mmomics.imputation.contract import LEAST, Pattern, Tensors, others_seen, without
from mmomics.nn.streams import Streams
from mmomics.training import loop
from mmomics.training.fold import Fold
from mmomics.training.generative import ImputationModel
from mmomics.training.network import attach, make_params
from mmomics.training.rows import Rows
from mmomics.training.units import Unit

EVIDENCE = 3.0  # of all features of a modality together, beside a feature's own, in how far the network is followed
LARGEST_SHARE = 0.9  # of a feature's variance that the network's draws may take up
PATIENCE = 3  # epochs without a gain at most: what plain models leave holds little, and is found early or not at all
PROBES = 8  # draws per held-out row that measure it


def fit(name: str, fold: Fold, unit: Unit, settings: Training, device: str = "cpu") -> contract.Imputer:
    """A fitted imputer; only training rows are learned from.

    Raises
    ------
    UserError
        If the method cannot draw.
    """
    if name in plugins.names("imputation"):
        imputer: contract.Imputer = plugins.load("imputation", name).Imputer()
        used = fold.featured  # samples of a signal are no features for plain models
    else:
        imputer, used = GenerativeImputer(name, fold, unit, settings, device), list(fold.x)
    x, seen = ({key: part[key][fold.train] for key in used} for part in (fold.x, fold.seen))
    imputer.fit(x, seen, fold.inner[fold.train], {key: there[fold.train] for key, there in fold.measured.items()})
    return imputer


@dataclass
class Gain:
    """What the network adds for one modality, per feature (n_vars,), measured on held-out rows.

    Attributes
    ----------
    follow : Tensor
        How far its mean is followed, 0 to 1.
    rest : Tensor
        Standard deviation of what is left after that, relative to what plain models left.
    spread : Tensor
        Standard deviation of its draws around its mean, on the same scale.
    """

    follow: Tensor
    rest: Tensor
    spread: Tensor


class GenerativeImputer(contract.Imputer):
    """Plain models foretell the mean; a generative method, an ensemble of it, draws what they leave.

    The network learns from out-of-fold predictions, starts at nought and is followed per feature as far as held-out rows gain, so that
    the imputer is never far below the plain models. Draws add up the network's own and residuals of training subjects, see
    `Imputer.draw`.
    """

    def __init__(self, name: str, fold: Fold, unit: Unit, settings: Training, device: str) -> None:
        if not issubclass(plugins.load("fusion", name).Method, Generative):
            raise UserError("config: imputers", f"'{name}' cannot draw modalities", f"choose one of: {', '.join(plugins.imputers())}")
        self.name, self.fold, self.unit, self.settings, self.device = name, fold, unit, settings, device

    def fit(self, x: Tensors, seen: Tensors, inner: Tensor | None = None, measured: Tensors | None = None) -> None:
        fold = self.fold
        self.x, self.seen, self.measured = x, seen, measured
        drawn = [name for name in x if name not in fold.windows and seen[name].any()]
        self.limits = {name: contract.bounds(name, x, seen, measured) for name in drawn}
        self.foretelling = Foretelling(x, seen, inner, drawn, measured)
        self.left: dict[str, Tensor] = {}  # of training rows (n_obs, n_vars), in standard deviations; zeros where not measured
        self.error: dict[str, Tensor] = {}  # (n_vars,) what plain models leave on average
        for name in drawn:
            mean, error = self.foretelling.out_of_fold(name)
            off = (x[name] - mean) / error.clamp_min(LEAST).sqrt()
            self.left[name] = off * contract.entries(name, x, seen, measured)
            self.error[name] = error[seen[name]].mean(0)
        asked = {name: x[name].shape[1] for name in drawn if name != keys.CLINICAL and (seen[name] & others_seen(name, seen)).any()}
        self.gains: dict[str, Gain] = {}
        if asked and len(x) > 1:
            self._train(asked)

    def predict(self, modality: str, x: Tensors, seen: Tensors) -> tuple[Tensor, Tensor]:
        mean, sd, _ = self._moments(modality, x, seen)
        return self.limits[modality].moments(mean, sd)

    def draw(self, modality: str, x: Tensors, seen: Tensors, n: int, seed: int) -> Tensor:
        mean, sd, z = self._moments(modality, x, seen)
        generator = torch.Generator().manual_seed(seed)
        swings = torch.Generator().manual_seed(seed)  # of its own, or modalities with a network would be drawn apart from those without
        noises = self.noise(modality, seen, n, generator)
        if (gain := self.gains.get(modality)) is not None and z is not None:
            share = (gain.spread / gain.rest).clamp_max(LARGEST_SHARE**0.5)
            own = self._swings(modality, x, seen, z, swings)
            noises = (
                swing * (share / gain.spread.clamp_min(LEAST)) + (1 - share**2).sqrt() * noise
                for noise, swing in zip(noises, own, strict=False)
            )
        return torch.stack([self.limits[modality].draw(mean, sd, noise) for noise in noises])

    def bounds(self, modality: str) -> Bounds:
        return self.limits[modality]

    def predictability(self, modality: str) -> Tensor:
        variance = contract.moments(modality, self.x, self.seen, self.measured)[1]
        rest = self.gains[modality].rest.square() if modality in self.gains else 1.0
        return contract.foretold(self.error[modality] * rest, variance, self.seen[modality].sum())

    def taught(self, modality: str, pattern: Pattern) -> Pattern:
        return self.foretelling.taught(modality, pattern)

    def out_of_fold(self, modality: str) -> Tensor:
        plain, _ = self.foretelling.out_of_fold(modality)
        added = self._moments(modality, self.x, self.seen)[0] - self.foretelling.predict(modality, self.x, without(modality, self.seen))[0]
        return plain + added

    def residuals(self, modality: str, pattern: Pattern) -> Tensor:
        return self.foretelling.residuals(modality, pattern)

    def follow(self, modality: str) -> float:
        """How far its network is followed, 0 (what it starts from is all there is) to 1; the mean over features."""
        return float(self.gains[modality].follow.mean()) if modality in self.gains else 0.0

    @torch.no_grad()
    def _moments(self, modality: str, x: Tensors, seen: Tensors) -> tuple[Tensor, Tensor, Tensor | None]:
        """Mean and standard deviation (n_obs, n_vars), and the network's mean embedding (n_members, n_obs, n_latent)."""
        contract.moments(modality, self.x, self.seen)  # says so if nobody has it
        shown = without(modality, seen)
        mean, error = self.foretelling.predict(modality, x, shown)
        sd = error.sqrt()
        if modality not in self.gains:
            return mean, sd, None
        gain, method = self.gains[modality], self.network.method
        z = method.encode(*self._widened(x, shown))
        known = others_seen(modality, seen).unsqueeze(-1)
        found = method.decode(z)[modality][0].mean(0) * gain.follow
        return mean + sd * found * known, torch.where(known, sd * gain.rest, sd), z

    @torch.no_grad()
    def _swings(self, modality: str, x: Tensors, seen: Tensors, z: Tensor, generator: torch.Generator) -> Iterator[Tensor]:
        """Draws by one member after another, as their distance (n_obs, n_vars) from its mean, as far as the network is followed."""
        method, shown = self.network.method, self._widened(x, without(modality, seen))
        middle = method.decode(z)[modality][0]
        while True:
            drawn = method.draw(*shown, torch.randn(*z.shape[:2], method.n_noise, generator=generator))
            yield from (method.decode(drawn)[modality][0] - middle) * self.gains[modality].follow

    def _widened(self, x: Tensors, seen: Tensors) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        n_members = self.settings.members
        return {name: values.expand(n_members, -1, -1) for name, values in x.items()}, {
            name: flags.expand(n_members, -1) for name, flags in seen.items()
        }

    def _train(self, asked: dict[str, int]) -> None:
        settings, fold = self.settings, self.fold
        left = torch.zeros(len(fold.y), 1, sum(asked.values()))
        there = {name: contract.entries(name, self.x, self.seen, self.measured) | ~self.seen[name].unsqueeze(1) for name in asked}
        left[fold.train, 0] = torch.cat([self.left[name].where(there[name], torch.nan) for name in asked], dim=1)
        rows = Rows([fold], [left], [0] * settings.members, fold.held_out(settings.members), torch.device(self.device))
        streams = Streams(self.unit.member_seeds(settings.members), self.device)
        method = plugins.load("fusion", self.name).Method(rows.n_vars, make_params("fusion", self.name, {}), streams)
        self.network = ImputationModel(method, asked).to(self.device)
        attach(method, rows)
        soon = settings.model_copy(update={"patience": min(settings.patience, PATIENCE)})
        loop.train(self.network, rows, torch.zeros(settings.members, dtype=torch.long), soon)
        self.network.eval()
        self.gains = self._measure(rows)
        self.network.cpu()

    @torch.no_grad()
    def _measure(self, rows: Rows) -> dict[str, Gain]:
        """How far to follow the network: least squares on held-out rows, between 0 and 1."""
        sums: dict[str, list[Tensor]] = {}
        for name, left, found, swings, where in self.network.held_out(rows, PROBES):
            parts = [found * left, found**2, left**2, swings, torch.ones_like(left)]
            totals = [(part * where).sum((0, 1)).cpu() for part in parts]
            sums[name] = [a + b for a, b in zip(sums.get(name, [torch.zeros(1)] * 5), totals, strict=True)]
        gains = {}
        for name, (match, size, left, swings, n) in sums.items():
            held = size + EVIDENCE * size.mean()
            follow = ((match + EVIDENCE * match.mean()) / held.clamp_min(LEAST)).clamp(0, 1)
            rest = (left - 2 * follow * match + follow**2 * size) / left.clamp_min(LEAST)
            gains[name] = Gain(follow, rest.clamp_min(LEAST).sqrt(), follow * (swings / n.clamp_min(1)).sqrt())
        return gains
