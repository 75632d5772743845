"""Lay the sections out on one page: write the figures, then fill the template."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from mmomics import __version__
from mmomics.report.blocks import Figure, Section, Table
from mmomics.report.figures import style
from mmomics.report.inputs import Inputs
from mmomics.report.sections import (
    cohort,
    comparison,
    drivers,
    handling,
    headline,
    imputation,
    methods,
    missingness,
    performance,
    robustness,
    strata,
    training,
)
from mmomics.report.standing import standing

INLINE = 400_000  # bytes of a table that travels in the page; a larger one is only in the folder of figures


def sections(inputs: Inputs) -> list[Section]:
    """Every section whose tables were made, in the order of the page."""
    place = standing(inputs)
    parts = [
        headline.section(inputs, place),
        cohort.section(inputs),
        missingness.section(inputs),
        comparison.section(inputs, place),
        performance.section(inputs, place),
        strata.section(inputs, place),
        robustness.section(inputs, place),
        imputation.section(inputs),
        handling.section(inputs, place),
        drivers.section(inputs, place),
        training.section(inputs, place),
        methods.section(inputs, place),
    ]
    return [part for part in parts if part is not None]


def build(inputs: Inputs, folder: Path, address: str) -> str:
    """The page as text; its figures (SVG, PDF) and tables (TSV) are written to `folder`.

    The same inputs give the same bytes.

    Parameters
    ----------
    inputs : Inputs
        Everything that is shown.
    folder : path
        An empty folder to write to.
    address : str
        How the page refers to that folder.
    """
    with style.look():
        parts = sections(inputs)
        drawn: dict[str, Markup] = {}
        links: dict[str, dict[str, str]] = {}
        for block in [block for part in parts for block in part.blocks if isinstance(block, Figure | Table)]:
            stem = re.sub(r"[^\w.-]+", "_", block.name)
            links[block.name] = {"stem": stem, "tsv": _table(block.data, folder / f"{stem}.tsv")}
            if isinstance(block, Figure):
                drawn[block.name] = style.write(block.drawing, folder, stem)
    numbered = [block for part in parts for block in part.blocks if isinstance(block, Figure)]
    environment = _environment()
    script = _asset("page.js")
    return environment.get_template("report.html").render(
        study=inputs.study,
        task=inputs.facts.task,
        sections=parts,
        drawn=drawn,
        links=links,
        numbers={block.name: place for place, block in enumerate(numbered, 1)},
        folder=address,
        full=style.WIDTH,
        version=__version__,
        style=environment.get_template("style.css").render(palette=list(style.FAMILY)),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _table(data: pd.DataFrame, path: Path) -> str:
    """Write a table; return it as a data URI, or empty when it is too large for the page."""
    text = data.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n")
    path.write_text(text, encoding="utf-8")
    content = text.encode()
    return "data:text/tab-separated-values;charset=utf-8;base64," + base64.b64encode(content).decode() if len(content) <= INLINE else ""


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["code"] = _code
    return environment


def _asset(name: str) -> str:
    return files("mmomics.report").joinpath("templates", name).read_text(encoding="utf-8")


def _code(text: Markup | str) -> Markup:
    """Our own `words` in backquotes become code, and a number keeps its % on the line; the rest is escaped."""
    return Markup(re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", re.sub(r"`([^`<>]+)`", r"<code>\1</code>", str(escape(text)))))
