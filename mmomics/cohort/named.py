"""What a cohort file names is there: scales, steps and flags of assays, roles and parameters of signals, columns of the samples table."""

from __future__ import annotations

from collections.abc import Iterator

from mmomics.assays.contract import recipe
from mmomics.cohort.outcome import keys_of
from mmomics.config.cohort import Cohort
from mmomics.config.modality import Assay, Device
from mmomics.config.protocol import Split
from mmomics.errors import UserError, did_you_mean


def check_modality(name: str, modality: Assay | Device, where: str) -> None:
    """Every scale, step, flag, role and parameter of a modality is one that its kind knows.

    Raises
    ------
    UserError
        At the first that is not.
    """
    if isinstance(modality, Device):
        from mmomics.signals import _channels, contract

        contract.load(modality, where)
        contract.params(modality, where)
        _channels.check(modality, where)
    else:
        recipe(modality.kind, modality.values, modality.normalize, where)
    if modality.drop_flagged:
        from mmomics.cohort.quality import FLAGS

        for flag in modality.drop_flagged:
            if flag not in FLAGS:
                raise UserError(f"{where}.drop_flagged", f"there is no flag '{flag}'", did_you_mean(flag, FLAGS))


def columns(cohort: Cohort, split: Split) -> Iterator[tuple[str, str]]:
    """Every column of the samples table that is named, and the key that names it."""
    named = [
        *((f"outcome.{key}", name) for key, name in keys_of(cohort.outcome).items()),
        *(("covariates", name) for name in cohort.covariates),
        ("batch", cohort.batch), ("split.column", split.column), ("split.group", split.group),
        ("samples.subject", cohort.samples.subject), ("samples.time", cohort.samples.time),
        *((f"modalities.{name}.clock_shift", device.clock_shift) for name, device in cohort.devices.items()),
    ]  # fmt: skip
    yield from ((key, name) for key, name in named if name is not None)
