"""Quality in the section on the cohort: remarks, checks of each modality, samples that look wrong, and what devices recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from mmomics.report import words
from mmomics.report.blocks import Cell, Notes, Table, cells
from mmomics.report.inputs import Inputs
from mmomics.report.words import say

MISSING, DULL = 0.2, 0.1  # shares of missing values and of constant features worth a remark
CHECKS = {
    "batch": "batch structure",
    "drift": "drift",
    "sex": "sex structure",
    "constant_features": "constant features",
    "looks_logged": "values look logged",
    "looks_raw": "values look raw",
    "looks_beta": "values look like beta",
    "looks_per_cent": "values look like per cent",
    "looks_relative": "counts look like shares",
    "looks_grouped": "thousands look separated",
    "missing_codes": "values look like codes of what is missing",
    "dates_for_genes": "genes that became dates",
    "total": "sum of a sample",
    "fractional": "counts not whole",
    "heavy_tails": "heavy tails",
    "all_zero": "nothing but zeros",
    "not_measured": "features that say how or of whom was measured",
}
OK = "ok"  # status of a device record that made features


def blocks(inputs: Inputs) -> list[Any]:
    """Remarks first, then the tables that were made."""
    found = remarks(inputs)
    parts: list[Any] = [Notes("Quality remarks", found, warning=True)] if found else []
    parts += [checks(inputs.quality)] if len(inputs.quality) else []
    parts += [flagged(inputs.flags), samples(inputs.flags)] if len(inputs.flags) else []
    parts += [recorded(inputs.records), specimens(inputs.records)] if len(inputs.records) else []
    return parts


def remarks(inputs: Inputs) -> list[Markup | str]:
    """What is odd about each modality as measured, and what its checks flagged."""
    out: list[Markup | str] = []
    flags = inputs.quality[_yes(inputs.quality["flagged"])] if "flagged" in inputs.quality else pd.DataFrame(columns=["modality"])
    for name in dict.fromkeys([*inputs.qc, *flags["modality"]]):
        own = flags[flags["modality"] == name]
        found = _as_measured(inputs.qc.get(name), dull="constant_features" not in set(own.get("check", [])))
        found += [f"{CHECKS.get(row.check, row.check)} ({_value(row.check, row.value)}): {row.explanation}" for row in own.itertuples()]
        if found:
            out.append(say("<strong>{}</strong>: {}.", words.short(name), "; ".join(found)))
    return out


def _as_measured(table: pd.DataFrame | None, dull: bool) -> list[str]:
    values = metrics(table)
    get = {metric: float(values.at[metric, "value"]) for metric in values.index}
    n, found = get.get("n_features", 0), []
    if get.get("missing_share", 0) > MISSING:
        found.append(f"{words.percent(get['missing_share'])} of the values are missing")
    if get.get("all_missing_features", 0) > 0:
        found.append(f"{words.count(int(get['all_missing_features']), 'feature')} never measured")
    if dull and n and get.get("constant_features", 0) / n > DULL:
        found.append(f"{int(get['constant_features']):,} of {int(n):,} features constant")
    low, high = get.get("library_size_q25", 0), get.get("library_size_q75", 0)
    if low > 0 and high / low > 3:
        found.append(f"library sizes differ widely (quartiles {words.interval(low, high, 0)})")
    return found


def checks(table: pd.DataFrame) -> Table:
    """Every check that was made, also those that found nothing."""
    heads = ["Modality", "Check", "Value", "p", "Flagged", "What it is"]
    rows = [
        [
            Cell(words.short(row.modality), sort=row.modality, strong=True),
            Cell(CHECKS.get(row.check, str(row.check).replace("_", " "))),
            Cell(_value(row.check, row.value), sort=float(row.value)),
            Cell("" if pd.isna(row.p_value) else words.p_value(row.p_value, ""), sort=None if pd.isna(row.p_value) else float(row.p_value)),
            Cell("yes" if flag else "no"),
            Cell(words.sentence(str(row.explanation))),
        ]
        for row, flag in zip(table.itertuples(), _yes(table["flagged"]), strict=True)
    ]
    caption = (
        "Blind to the outcome. Structure is looked for in up to ten leading principal components of each modality, p adjusted for their "
        "number. Nothing is taken out because of a check."
    )
    return Table(
        "checks", "Checks", caption, heads, rows, table, [False, False, True, True, False, False], folded="Checks of each modality"
    )


def flagged(table: pd.DataFrame) -> Table:
    """How many samples each flag has."""
    kept = table.assign(explanation=table["explanation"].astype(str).str.replace(r" \([^()]*\)$", "", regex=True))  # without the other's id
    counts = kept.groupby(["modality", "flag"], sort=False).agg(samples=("sample", "nunique"), explanation=("explanation", "first"))
    data = counts.reset_index()
    rows = [
        [
            Cell(words.short(row.modality), sort=row.modality, strong=True),
            Cell(str(row.flag).replace("_", " ")),
            Cell(f"{row.samples:,}", sort=float(row.samples)),
            Cell(words.sentence(str(row.explanation))),
        ]
        for row in data.itertuples()
    ]
    caption = "Samples that look wrong. They are shown, and left out only where `drop_flagged` of the modality names the flag."
    return Table("flagged", "Flagged samples", caption, ["Modality", "Flag", "Samples", "Why"], rows, data, [False, False, True, False])


def samples(table: pd.DataFrame) -> Table:
    """The flagged samples one by one."""
    return _all("flags", "Flagged samples one by one", table)


def recorded(table: pd.DataFrame) -> Table:
    """What each device recorded of the specimens."""
    data = pd.DataFrame(
        [
            {
                "modality": name,
                "specimens": len(part),
                "used": int((part["status"] == OK).sum()),
                "minutes": float(part.loc[part["status"] == OK, "minutes"].median()),
                "coverage": float(part.loc[part["status"] == OK, "coverage"].median()),
                "without": "; ".join(f"{status}: {n:,}" for status, n in part.loc[part["status"] != OK, "status"].value_counts().items()),
            }
            for name, part in table.groupby("modality", sort=False)
        ]
    )
    rows = [
        [
            Cell(words.short(row.modality), sort=row.modality, strong=True),
            Cell(f"{row.specimens:,}", sort=float(row.specimens)),
            Cell(f"{row.used:,}", sort=float(row.used)),
            Cell(_duration(row.minutes), sort=row.minutes),
            Cell(words.percent(row.coverage), sort=row.coverage),
            Cell(row.without or words.DASH),
        ]
        for row in data.itertuples()
    ]
    heads = ["Modality", "Specimens", "With record", "Recorded", "Coverage", "Why the others have none"]
    caption = "Recorded: and worn, median of the records used. Coverage: share of the window that was recorded and worn, median."
    return Table("recorded", "Device records", caption, heads, rows, data, [False, True, True, True, True, False])


def _duration(minutes: float) -> str:
    """Minutes in the unit that suits them, to three digits."""
    if np.isnan(minutes):
        return words.DASH
    unit, size = next(((unit, size) for unit, size in (("d", 1440), ("h", 60)) if minutes >= 2 * size), ("min", 1))
    value = minutes / size
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def specimens(table: pd.DataFrame) -> Table:
    """Every specimen and what of which record is of it."""
    return _all("records", "Every specimen and its record", table)


def _all(name: str, title: str, table: pd.DataFrame) -> Table:
    """A table as it is, folded."""
    shown = table.astype(object).where(table.notna(), None)
    heads = [words.sentence(column) for column in table.columns]
    return Table(name, title, "", heads, cells(shown), table, [table[column].dtype.kind in "if" for column in table], folded=title)


def metrics(table: pd.DataFrame | None) -> pd.DataFrame:
    """A quality table by metric; only what is a number."""
    if table is None or not {"metric", "value"} <= set(table):
        return pd.DataFrame(columns=["value"])
    values = table.assign(value=pd.to_numeric(table["value"], errors="coerce")).dropna(subset=["value"])
    return values.drop_duplicates("metric").set_index("metric")[["value"]]


def _value(check: str, value: float) -> str:
    """Shares as percentages, the rest as numbers."""
    shares = ("batch", "drift", "sex", "constant_features", "fractional")
    return words.percent(float(value)) if check in shares else words.number(float(value))


def _yes(cells: pd.Series) -> np.ndarray:
    return cells.astype(str).str.lower().eq("true").to_numpy()
