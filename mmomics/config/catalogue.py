"""The part of the manual that the plug-ins tell: every kind, scale, step, file format and signal there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmomics import plugins
from mmomics.config.prepared import PLACES


def tables() -> dict[str, Iterator[str]]:
    """Lines of every table, by the name that the manual's template has for it."""
    return {
        "assays": assays(),
        "normalization": steps("normalization"),
        "preparation": preparation(),
        "tables": formats("tables"),
        "devices": formats("devices"),
        "signals": signals(),
    }


def assays() -> Iterator[str]:
    """A row per assay kind: its scales, each with its sample-wise steps and what it changes of `prepare`."""
    yield from _head("kind", "what it is", "`values`: default `normalize` and `prepare`")
    for name in plugins.names("assays"):
        kind = plugins.load("assays", name)
        yield _row(f"`{name}`", plugins.summary("assays", name), "; ".join(_scale(kind, each) for each in kind.SCALES))


def steps(package: str) -> Iterator[str]:
    """A row per step of a folder."""
    yield from _head("step", "what it does")
    for name in plugins.names(package):
        yield _row(f"`{name}`", plugins.summary(package, name))


def preparation() -> Iterator[str]:
    """A row per choice of every step that is learned."""
    yield from _head("key", "value", "what it does")
    for place in PLACES:
        for name in plugins.names(f"preparation/{place}"):
            yield _row(f"`{place}`", f"`{name}`", plugins.summary(f"preparation/{place}", name))


def formats(package: str) -> Iterator[str]:
    """A row per file format of `tables` or `devices`."""
    yield from _head("format", "files", "what it is")
    for name in plugins.names(package):
        form = plugins.load(package, name)
        ends = " ".join(f"`{suffix}`" for suffix in form.SUFFIXES) or f"any, with `format: {name}`"
        yield _row(f"`{name}`", ends + ("; also compressed" if getattr(form, "COMPRESSED", False) else ""), plugins.summary(package, name))


def signals() -> Iterator[str]:
    """A row per kind of signal: the roles of its channels with their units, those in brackets not needed, and how many features."""
    yield from _head("signal", "channels (unit)", "features", "what they say")
    for name in plugins.names("signals"):
        kind = plugins.load("signals", name)
        roles = [_role(role, about) for role, about in getattr(kind, "ROLES", {}).items()]
        several = getattr(kind, "PER_CHANNEL", False)
        channels = ", ".join(roles) or ("any that `channels` names" if several else "none: annotations")
        number = f"{len(kind.FEATURES)} per channel" if several else str(len(kind.FEATURES))
        yield _row(f"`{name}`", channels, number, plugins.summary("signals", name))


def _scale(kind: Any, name: str) -> str:
    scale = kind.SCALES[name]
    does = ", ".join(scale.recipe)
    changes = ", ".join(f"{key}: {value}" for key, value in scale.prepare.items())
    after = " and ".join(filter(None, [does, f"prepare {{{changes}}}" if changes else ""]))
    return (f"**`{name}`**" if name == kind.DEFAULT else f"`{name}`") + (f" → {after}" if after else "")


def _role(role: str, about: Any) -> str:
    told = f"`{role}`" + (f" ({about.unit})" if about.unit else "")
    return told if about.needed else f"[{told}]"


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield "|" + "---|" * len(names)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
