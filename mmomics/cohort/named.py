"""What a cohort file names is there: scales, steps and flags of assays, roles and parameters of signals, columns of the samples table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from mmomics import plugins
from mmomics.assays.contract import recipe, scale
from mmomics.cohort.outcome import keys_of
from mmomics.config.cohort import Cohort
from mmomics.config.modality import Assay, Device
from mmomics.config.protocol import Split
from mmomics.errors import UserError
from mmomics.normalization import contract as normalization


def check_modality(name: str, modality: Assay | Device, where: str) -> None:
    """Every scale, step, flag, role and parameter of a modality is one that its kind knows.

    Raises
    ------
    UserError
        At the first that is not.
    """
    for problem in unknown(modality, where):
        raise problem


def unknown(modality: Assay | Device, where: str) -> Iterator[UserError]:
    """Every scale, step, flag, role and parameter of a modality that its kind does not know."""
    said = set()
    for look in _looks(modality, where):
        try:
            look()
        except UserError as problem:
            if str(problem) not in said:  # a signal that is not there spoils all that rests on it
                yield problem
            said.add(str(problem))


def _looks(modality: Assay | Device, where: str) -> Iterator[Callable[[], object]]:
    """What raises if one name, by itself, is not known."""
    from mmomics.cohort.quality import check_flag

    yield from (partial(check_flag, flag, where) for flag in modality.drop_flagged)
    if isinstance(modality, Device):
        from mmomics.signals import _channels, contract

        def alone(**changed: object) -> Device:
            return modality.model_copy(update=changed)

        yield lambda: contract.load(modality, where)
        if modality.signal not in plugins.names("signals"):
            return
        yield from (partial(contract.params, alone(params={key: value}), where) for key, value in modality.params.items())
        yield lambda: contract.roles_of(modality, where)
        if not contract.per_channel(modality):
            for key in ("channels", "units"):
                each = [{"channels": {}, "units": {}, key: {role: value}} for role, value in getattr(modality, key).items()]
                yield from (partial(_channels.check, alone(**one), where) for one in each)
        else:
            yield from (partial(_channels.check, alone(units={role: unit}), where) for role, unit in modality.units.items())
    else:
        yield partial(scale, modality.kind, modality.values, where)
        yield from (partial(normalization.known, [step], where) for step in modality.normalize or ())
        yield partial(recipe, modality.kind, modality.values, modality.normalize, where)


def columns(cohort: Cohort, split: Split) -> Iterator[tuple[str, str]]:
    """Every column of the samples table that is named, and the key that names it."""
    named = [
        *((f"outcome.{key}", name) for key, name in keys_of(cohort.outcome).items()),
        *(("covariates", name) for name in cohort.covariates),
        ("strata", cohort.strata), ("batch", cohort.batch), ("split.column", split.column), ("split.group", split.group),
        ("samples.subject", cohort.samples.subject), ("samples.time", cohort.samples.time),
        *((f"modalities.{name}.clock_shift", device.clock_shift) for name, device in cohort.devices.items()),
    ]  # fmt: skip
    yield from ((key, name) for key, name in named if name is not None)
