"""One look for all figures: size, type, colours; and a drawing as files and as SVG that follows the page's colours."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from mmomics.report import words

WIDTH = 7.2  # inches: a double column
INK, MUTED, RULE, FAINT, PAPER = "#1b2530", "#5f6b78", "#cfd6dd", "#e9edf1", "#ffffff"
# Okabe & Ito's colours, told apart by people with any colour vision; a family keeps its colour in every figure
FAMILY = {
    "baseline": "#6b7785",
    "encoder_decoder": "#0072b2",
    "attention": "#d55e00",
    "graph": "#009e73",
    "generative": "#b5549b",
    "constraint": "#c98a00",
}
OTHER = "#3a9bd0"
ORDERED = ["#2a6f97", "#8a6fb0", "#d1495b"]  # low, middle, high
CYCLE = ["#0072b2", "#d55e00", "#009e73", "#b5549b", "#c98a00", "#3a9bd0", "#6b7785", "#8a6fb0"]
# the page redefines these for its dark scheme; a figure outside the page keeps the plain colour
TOKENS = {
    **{INK: "ink", MUTED: "muted", RULE: "rule", FAINT: "faint", PAPER: "card", OTHER: "c-other"},
    **{colour: f"c-{family}" for family, colour in FAMILY.items()},
    **dict(zip(ORDERED, ("c-low", "c-middle", "c-high"), strict=True)),
}
RC: dict[Any, Any] = {
    "font.family": ["Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.7,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "text.color": INK,
    "text.parse_math": False,  # a `$` in a feature's name is a dollar
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.handlelength": 1.4,
    "legend.borderaxespad": 0.2,
    "lines.linewidth": 1.3,
    "lines.solid_capstyle": "butt",
    "svg.fonttype": "none",  # text stays text: it can be searched, edited and read aloud
    "svg.hashsalt": "mmomics",  # the same figure, the same bytes
    "pdf.fonttype": 42,
    "savefig.facecolor": "none",
}


@contextmanager
def look() -> Iterator[None]:
    """The report's look, for drawing and for saving."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # a missing first choice of typeface is no news
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every glyph
    with mpl.rc_context(RC), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # the browser has other typefaces
        yield


def colour(family: str) -> str:
    """A family's colour."""
    return FAMILY.get(family, OTHER)


def canvas(height: float, rows: int = 1, columns: int = 1, width: float = WIDTH, **options: Any) -> tuple[Figure, Any]:
    """An empty figure (inches) with a grid of axes (rows, columns)."""
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.05, wspace=0.03, hspace=0.03))
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def panel(axes: Axes, letter: str, title: str = "") -> None:
    """A panel's bold letter and its title."""
    axes.set_title(f"{letter}   {title}" if title else letter)


def heading(axes: Axes, name: object, columns: int, prefix: str = "") -> None:
    """The name of one of several small panels, cut to the room that a panel has."""
    most = int((WIDTH * 72 / columns - 36) / 4.4)  # points per letter; the rest is for the numbers on the axis
    title = axes.set_title(prefix + words.short(name, min(most, 44)), fontsize=7.5)
    title.set_in_layout(False)  # a long title would squeeze its panel


def rows_only(axes: Axes) -> None:
    """Axes whose rows are names: no spine and no ticks on the left."""
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def bare(axes: Axes) -> None:
    """Axes that hold a table of numbers: the names of its rows and nothing else."""
    rows_only(axes)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0, labelbottom=False)


def key(axes: Axes, **options: Any) -> None:
    """A legend without a title, if there is anything to explain."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(handles, labels, **options)


def write(figure: Figure, folder: Path, name: str) -> Markup:
    """Save as SVG and PDF, without dates, and return the SVG to put into the page."""
    if layout := figure.get_layout_engine():
        layout.execute(figure)
    figure.set_layout_engine("none")  # what was laid out once is laid out for both files
    # `savefig` would draw each of them twice
    FigureCanvasPdf(figure).print_pdf(folder / f"{name}.pdf", metadata={"CreationDate": None, "Creator": "mmomics", "Producer": None})
    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": "mmomics"})
    (folder / f"{name}.svg").write_text(buffer.getvalue(), encoding="utf-8")
    return inline(buffer.getvalue(), name)


def inline(svg: str, name: str) -> Markup:
    """An SVG file's text as an element of a page: ids of its own, colours by token, nothing that names an address.

    Text in it was escaped by matplotlib, and only tags are touched here, so a name that looks like one of ours stays as it is.
    """
    svg = svg[svg.index("<svg") :]
    for noise in (r"<metadata>.*?</metadata>", r"<style[^>]*>.*?</style>", r"<!--.*?-->"):
        svg = re.sub(rf"{noise}\s*", "", svg, flags=re.S)
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    return Markup(re.sub(r"<[^<>]+>", lambda hit: _tag(hit[0], name, used), svg))


def _tag(tag: str, name: str, used: set[str]) -> str:
    if tag.startswith("<svg"):
        return re.sub(r'<svg.*?(viewBox="[^"]*").*', r'<svg \1 focusable="false">', tag, flags=re.S)
    tag = re.sub(r'\sid="([^"]*)"', lambda hit: f' id="{name}-{hit[1]}"' if hit[1] in used else "", tag)
    tag = re.sub(r"font-family: [^;\"]*;? ?", "", re.sub(r' transform="rotate\(-0 [^"]*"', "", tag))
    tag = tag.replace('xlink:href="#', f'href="#{name}-').replace("url(#", f"url(#{name}-")
    return re.sub(r"(?<=: )#[0-9a-f]{6}\b", lambda hit: _token(hit[0]), " ".join(tag.split()))


def _token(colour: str) -> str:
    return f"var(--{TOKENS[colour]}, {colour})" if colour in TOKENS else colour
