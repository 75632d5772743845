"""The preprocessing of each modality: the run's, what suits its kind, the cohort's and its own, each over the one before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmomics import plugins
from mmomics.config.check import check
from mmomics.config.cohort import SIGNAL, Cohort
from mmomics.config.modality import Assay, Device
from mmomics.config.protocol import Prepare
from mmomics.errors import UserError, did_you_mean

PLACES = ("reference", "batch", "select", "transform", "fill", "scale")  # keys whose values are files of `mmomics/preparation`
CLINICAL = "clinical"
OF_DEVICES = {"transform": "yeo_johnson"}  # many features of records have long tails, by which linear models extrapolate
# of these, the features have units of their own: no distribution of a sample to bring to a reference, and covariates are no readings
# of an instrument that differs by batch
WITHOUT = {CLINICAL: ("reference", "batch"), "device": ("reference",)}


def settle(run: Prepare, cohort: Cohort, run_file: str | Path, cohort_file: str | Path) -> dict[str, Prepare]:
    """Settings of every modality of a cohort, with `clinical`.

    Parameters
    ----------
    run : Prepare
        The run's.
    cohort : Cohort
    run_file, cohort_file : path
        Named in messages.

    Raises
    ------
    UserError
        If a step does not exist, or needs the technical batch and the cohort names no column for it.
    """
    _check_names(run, f"{run_file}: prepare")
    _check_names(cohort.prepare, f"{cohort_file}: prepare")
    shared = {**_given(run), **_given(cohort.prepare)}
    settled = {CLINICAL: _prepare({**shared, **dict.fromkeys(WITHOUT[CLINICAL])}, cohort_file)} if cohort.covariates else {}
    for name, modality in cohort.modalities.items():
        where = f"{cohort_file}: modalities.{name}"
        _check_names(modality.prepare, f"{where}.prepare")
        without = {} if isinstance(modality, Assay) else dict.fromkeys(WITHOUT["device"])
        keys = {**_given(run), **_of_kind(modality, where), **_given(cohort.prepare), **without, **_given(modality.prepare)}
        settled[name] = _prepare(keys, f"{where}.prepare")
        if isinstance(modality, Device) and modality.windows:
            settled[name + SIGNAL] = settled[name]
    for name, prepare in settled.items():
        assay, reference = cohort.assays.get(name), prepare.reference
        if assay and reference and plugins.constant("preparation/reference", reference, "COUNTS", default=False):
            _check_counts(assay, reference, f"{cohort_file}: modalities.{name}")
        if prepare.batch and not cohort.batch:
            raise UserError(
                f"{cohort_file}: batch", f"`prepare.batch: {prepare.batch}` of {name} needs the technical batch of every sample",
                "set `batch` to its column of the samples table",
            )  # fmt: skip
    return settled


def _of_kind(modality: Assay | Device, where: str) -> dict[str, Any]:
    """The keys that the scale of a modality's values has a default of its own for."""
    if isinstance(modality, Device):
        return OF_DEVICES
    kind = plugins.load("assays", modality.kind, f"{where}.kind")
    scale = kind.SCALES.get(modality.values or kind.DEFAULT)
    return dict(scale.prepare) if scale else {}  # a scale that is not there is refused where scales are checked


def _check_counts(assay: Assay, reference: str, where: str) -> None:
    """A reference that is learned from counts must get them as they are."""
    kind = plugins.load("assays", assay.kind, f"{where}.kind")
    values = assay.values or kind.DEFAULT
    if values != "counts":
        raise UserError(f"{where}.prepare.reference", f"`{reference}` is for counts, and these are {values}", "choose another reference")
    steps = kind.SCALES["counts"].recipe if assay.normalize is None else assay.normalize
    if steps:
        raise UserError(f"{where}.normalize", f"`reference: {reference}` takes counts as they are", "set `normalize: []`")


def unknown(prepare: Prepare, where: str) -> Iterator[UserError]:
    """Every step of `mmomics/preparation` that is named and not there."""
    for place in PLACES:
        name = getattr(prepare, place)
        choices = plugins.names(f"preparation/{place}")
        if name is not None and name not in choices:
            yield UserError(f"{where}.{place}", f"there is no '{name}'", did_you_mean(name, choices))


def _check_names(prepare: Prepare, where: str) -> None:
    for problem in unknown(prepare, where):
        raise problem


def _prepare(keys: dict[str, Any], where: object) -> Prepare:
    return check(Prepare, keys, where)


def _given(prepare: Prepare) -> dict[str, Any]:
    """The keys that were written down, without the defaults."""
    return prepare.model_dump(exclude_unset=True)
