"""What was done to each modality before a model saw it, in words: sample by sample, in time, and on training rows."""

from __future__ import annotations

import re

from markupsafe import Markup

from mmomics import plugins
from mmomics.assays import contract
from mmomics.config.cohort import SIGNAL
from mmomics.config.modality import Align, Assay, Device
from mmomics.config.prepared import CLINICAL
from mmomics.config.protocol import Prepare
from mmomics.config.run import Study
from mmomics.report import words
from mmomics.report.words import say

PROPER = re.compile(r"[A-Z](?:[\w-]*[A-Z]|-)")  # ComBat, Yeo-Johnson, M-values: keep their capital in the middle of a sentence
MERGED = {
    "mean": "", "max": "; of several samples of a subject, the highest value", "first": "; of several samples of a subject, the first",
    "error": "; one sample per subject",
}  # fmt: skip


def rows(study: Study) -> Markup:
    """What a row of the cohort is."""
    if study.cohort.samples.visits == "keep":
        return say(
            "Each visit is predicted by itself, from what was measured at it, and all visits of a subject stay on one side of a split."
        )
    return say("Each subject is one row; several samples of a subject in one assay are averaged, unless said otherwise below.")


def each(study: Study) -> list[Markup | str]:
    """One or two sentences per modality; of what is learned, only where it differs from what the whole cohort has."""
    out: list[Markup | str] = []
    for name, modality in study.cohort.modalities.items():
        what, told = _assay(name, modality) if isinstance(modality, Assay) else _device(name, modality)
        out.append(say("<strong>{}</strong> ({}): {}.", words.short(name), what, told) + _own(study, name))
    if study.cohort.covariates:
        names = words.listing(words.short(name) for name in study.cohort.covariates)
        out.append(say("<strong>{}</strong> (covariates): {}; categories as indicators.", CLINICAL, names) + _own(study, CLINICAL))
    return out


def learned(prepare: Prepare, whole: Prepare | None = None) -> list[str]:
    """The steps of the fitted preprocessing, in order.

    Parameters
    ----------
    prepare : Prepare
    whole : Prepare, optional
        Only what differs from this one is told.
    """

    def differs(*keys: str) -> bool:
        return whole is None or any(getattr(prepare, key) != getattr(whole, key) for key in keys)

    out = []
    if differs("max_missing"):
        out.append(f"features missing in more than {words.percent(prepare.max_missing)} of the training rows are dropped")
    if differs("min_prevalence") and (prepare.min_prevalence or whole):
        share = words.percent(prepare.min_prevalence)
        rare = f"features are dropped whose values differ from their most common one in less than {share} of the training rows"
        out.append(rare if prepare.min_prevalence else "features are kept however rarely their values differ")
    out += _optional(prepare, whole, "reference", "samples are {}brought to a reference")
    out += _optional(prepare, whole, "batch", "batch effects are {}taken out")
    if differs("select", "n_features"):
        out.append(f"at most {words.count(prepare.n_features, 'feature')} are kept, {_plain('preparation/select', prepare.select)}")
    out += _optional(prepare, whole, "transform", "features are {}brought to an even shape")
    if differs("fill"):
        out.append(f"a missing value within an assay becomes {_plain('preparation/fill', prepare.fill)}")
    if differs("scale", "clip"):
        scale = _plain("preparation/scale", prepare.scale)
        out.append(f"features are scaled ({scale}) and cut at \N{PLUS-MINUS SIGN}{words.number(prepare.clip, 1).removesuffix('.0')}")
    return out


def _optional(prepare: Prepare, whole: Prepare | None, place: str, text: str) -> list[str]:
    """A step that may be left out; that it is, is told only where the whole cohort has it."""
    name = getattr(prepare, place)
    if whole is not None and name == getattr(whole, place):
        return []
    if name:
        return [f"{text.format('')} ({_plain(f'preparation/{place}', name)})"]
    return [text.format("not ")] if whole else []


def _own(study: Study, name: str) -> Markup:
    differing = learned(study.prepare_of(name), study.prepare)
    return say(" On training rows: {}.", "; ".join(differing)) if differing else Markup("")


def _assay(name: str, assay: Assay) -> tuple[str, Markup]:
    values, scale = contract.scale(assay.kind, assay.values, name)
    steps = [_plain("normalization", step) for step in contract.recipe(assay.kind, assay.values, assay.normalize, name)]
    told = say("brought to scale sample by sample ({})", ", then ".join(steps)) if steps else say("taken as measured")
    told += say(MERGED[assay.replicates or scale.replicates])
    told += _left_out(assay.drop_flagged)
    return f"{assay.kind}, {values}".replace("_", " "), told


def _left_out(flags: list[str]) -> Markup:
    return say("; samples flagged as {} are left out", words.listing(flags)) if flags else Markup("")


def _device(name: str, device: Device) -> tuple[str, Markup]:
    told = say("features of {}", _stretch(device.align))
    if device.step:
        told += say(", read each {}", device.step)
    if device.clock_shift:
        told += say(", its clock set right by column {}", words.short(device.clock_shift))
    told += say("; missing where less than {} of it was recorded and worn", words.percent(device.min_coverage))
    told += _left_out(device.drop_flagged)
    if device.windows:
        windows = device.windows
        edges = [f"{word} {edge:g} Hz" for word, edge in (("above", windows.low), ("below", windows.high)) if edge]
        band = f", filtered to {' and '.join(edges)}" if edges else ""
        told += say(
            "; and as {}, {} of {:g} s at {:g} Hz{}",
            words.short(name + SIGNAL), words.count(windows.count, "window"), windows.seconds, windows.fs, band,
        )  # fmt: skip
    return f"device, {device.signal}".replace("_", " "), told


def _stretch(align: Align) -> str:
    if align.window == "whole":
        return "the whole record"
    if align.window == "nearest":
        return f"the record nearest to the specimen, at most {align.tolerance} away"
    gap = f", ending {align.gap} before it" if align.window == "before" else f", beginning {align.gap} after it"
    return f"the {align.length} {align.window} the specimen" + (gap if align.window != "around" and not align.gap.startswith("0 ") else "")


def _plain(package: str, name: str) -> str:
    """What a step is, as its file says before any colon, in the middle of a sentence."""
    text = plugins.summary(package, name).split(":")[0].rstrip(".")
    return text if PROPER.match(text) else text[0].lower() + text[1:]
