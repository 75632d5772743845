"""Numbers, intervals and names as a reader wants them; everything that comes from data is escaped."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from mmomics.errors import count as count

if TYPE_CHECKING:
    import pandas as pd

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
FAMILIES = {
    "baseline": "baseline",
    "encoder_decoder": f"encoder{DASH}decoder",
    "attention": "attention",
    "graph": "graph",
    "generative": "generative",
    "constraint": "constraint",
}
METRICS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "f1_weighted": "F1, weighted",
    "f1_macro": "F1, macro",
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "brier": "Brier score",
    "cindex": "C-index",
    "cindex_ipcw": "C-index, IPCW",
    "ibs": "integrated Brier score",
    "auc_td": "AUC(t), mean",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R\N{SUPERSCRIPT TWO}",
    "pearson": "Pearson r",
    "spearman": "Spearman \N{GREEK SMALL LETTER RHO}",
    "coverage": "coverage of the 90 % interval",
    "width": "width of the 90 % interval",
    "predictable": "predictable features",
    "energy": "energy distance",
    "structure": "structure kept",
    "follow": "network followed",
}


def say(template: str, *values: object) -> Markup:
    """Our own sentence with values filled in; the values are escaped, the sentence may hold tags."""
    return Markup(template).format(*values)


def number(value: float, decimals: int = 3) -> str:
    """A number to at most `decimals` decimals, fewer when it is large; a dash when it is unknown."""
    if value is None or not math.isfinite(value):
        return DASH
    size = abs(value)
    places = 0 if size >= 100 else min(decimals, 1) if size >= 10 else min(decimals, 2) if size >= 2 else decimals
    text = f"{value:,.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def signed(value: float, decimals: int = 3) -> str:
    """A difference, with its sign."""
    text = number(value, decimals)
    return text if text[0] in MINUS + DASH or not value > 0 else "+" + text


def interval(lower: float, upper: float, decimals: int = 3) -> str:
    """`0.62 to 0.79`: words, since a dash between numbers may be read as a minus."""
    return f"{number(lower, decimals)} to {number(upper, decimals)}"


def estimate(row: pd.Series) -> str:
    """`0.712 (95 % interval 0.62 to 0.79)` of a row with mean, lower, upper."""
    mean, lower, upper = (float(row[key]) for key in ("mean", "lower", "upper"))
    return number(mean) + (f" (95 % interval {interval(lower, upper, 2)})" if math.isfinite(lower + upper) else "")


def p_value(value: float, name: str = "p") -> str:
    """`p = 0.03`, or a bound where more digits mean nothing; `0.03` without a name."""
    if not math.isfinite(value):
        return f"{name} unknown".strip()
    text = "< 0.001" if value < 0.001 else f"= {value:.3f}" if value < 0.1 else f"= {value:.2f}"
    return f"{name} {text}".replace(" ", "\N{NO-BREAK SPACE}") if name else text.removeprefix("= ")


def percent(share: float) -> str:
    """A share as a percentage, never rounded to a false 0 or 100."""
    if share is None or not math.isfinite(share):
        return DASH
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def listing(names: Iterable[object]) -> Markup:
    """`a, b and c`."""
    safe = [escape(name) for name in names]
    if len(safe) < 2:
        return safe[0] if safe else Markup("none")
    return Markup(", ").join(safe[:-1]) + Markup(" and ") + safe[-1]


def model(name: object) -> Markup:
    """A model's name, set apart from the prose."""
    return say('<span class="model">{}</span>', name)


def metric(name: str) -> str:
    """A metric's name for people."""
    return METRICS.get(name, name.replace("_", " "))


def a(noun: str) -> str:
    """The noun with its article, by sound: `an AUROC`, `an R²`, `a C-index`; what begins with two capitals or a figure is spelt out."""
    vowels = "AEFHILMNORSX" if noun[:2].isupper() else "aeiouAEIOU"
    return f"{'an' if noun[:1] in vowels else 'a'} {noun}"


def family(name: str) -> str:
    """A family's name for people."""
    return FAMILIES.get(name, name.replace("_", " "))


def short(name: object, most: int = 30) -> str:
    """A name on one line, without control characters, its middle cut when it is long."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+", " ", str(name)).strip()
    if len(text) <= most:
        return text
    head = (most - 1) * 2 // 3
    return text[:head] + "\N{HORIZONTAL ELLIPSIS}" + text[head + 1 - most :]


def sentence(text: str) -> str:
    """Upper-case first letter, the rest as it is."""
    return text[:1].upper() + text[1:]
