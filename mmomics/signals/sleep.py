"""Sleep as scored by people or machines: stages, efficiency, latencies and awakenings, from annotations alone.

Of a scoring that holds several nights, every feature is the mean over them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd

from mmomics.devices.record import SECOND, Record
from mmomics.signals import contract
from mmomics.signals.contract import Feature, Role

_AASM = "doi:10.5664/jcsm.6576"  # Berry et al.: AASM scoring manual, version 2.4; stages 3 and 4 of Rechtschaffen and Kales are N3
_OHAYON = "doi:10.1093/sleep/27.7.1255"  # Ohayon et al.: quantitative sleep parameters
_ROENNEBERG = "doi:10.1177/0748730402239679"  # Roenneberg et al.: the midpoint of sleep as the phase of the body clock
ROLES: dict[str, Role] = {}
FEATURES = (
    Feature("total_sleep", "min", "Time asleep", _AASM),
    Feature("sleep_period", "min", "From falling asleep to the last waking up", _AASM),
    Feature("n1_share", "", "Time in stage N1 over time asleep (0..1)", _OHAYON),
    Feature("n2_share", "", "Time in stage N2 over time asleep (0..1)", _OHAYON),
    Feature("n3_share", "", "Time in stage N3 over time asleep (0..1)", _OHAYON),
    Feature("rem_share", "", "Time in REM sleep over time asleep (0..1)", _OHAYON),
    Feature("waso", "min", "Time awake in the sleep period", _AASM),
    Feature("awakenings", "", "Times of waking up in the sleep period", _AASM),
    Feature("awakenings_per_hour", "1/h", "The same per hour asleep", _AASM),
    Feature("stage_shifts_per_hour", "1/h", "Changes of stage per hour of the sleep period", _OHAYON),
    Feature("maintenance", "", "Time asleep over the sleep period (0..1)", _OHAYON),
    Feature("efficiency", "", "Time asleep over time in bed (0..1); missing where bedtime is not known", _AASM),
    Feature("latency", "min", "From lights off to falling asleep; missing where bedtime is not known", _AASM),
    Feature("rem_latency", "min", "From falling asleep to the first REM sleep", _AASM),
    Feature("midpoint", "h", "Clock time halfway through the sleep period, from midnight (-12..12); missing without a clock", _ROENNEBERG),
    Feature("scored", "", "Share of the sleep period that has a stage (0..1)", _AASM),
)
STAGES = {"W": "W", "WAKE": "W", "AWAKE": "W", "0": "W", "S0": "W", "R": "REM", "REM": "REM", "SR": "REM", "5": "REM"}
STAGES |= {f"{before}{number}": f"N{min(number, 3)}" for number in (1, 2, 3, 4) for before in ("", "N", "S", "NREM", "NONREM")}
ASLEEP = ("N1", "N2", "N3", "REM")
DAY, APART = 24 * 3600, 6 * 3600  # s: what is longer is more than a night; so long awake, or not scored, is between two nights


@dataclass
class Params(contract.Params):
    """How to look at a scoring.

    Attributes
    ----------
    longest_latency : float
        Where lights off and on are not annotated, the scoring is taken for the time in bed, unless it holds more wakefulness than this
        (min) before or after sleep: then bedtime is not known.
    """

    longest_latency: float = 180.0


@lru_cache(1024)
def stage(label: object) -> str | None:
    """W, N1, N2, N3, REM, or None where a label is none of them: `Sleep stage 4`, `SLEEP-REM`, `Stage 2 sleep|2` and the like."""
    plain = re.sub(r"[^A-Z0-9]", "", re.sub(r"SLEEP|STAGE", "", str(label).upper().split("|")[0]))
    return STAGES.get(plain)


def scoring(record: Record) -> pd.DataFrame:
    """The stages in order of time: begin, end (s) and stage; one that overlaps the next is cut.

    One without a duration lasts to the next, the last one as long as the shortest.
    """
    table = record.annotations.assign(stage=[stage(label) for label in record.annotations["label"]])
    # `Sleep stage ?` ends the stage before it
    known = table["stage"].notna() | np.array(["STAGE" in str(label).upper() for label in table["label"]], dtype=bool)
    table = table[known & np.isfinite(table["onset"].astype(float))].sort_values("onset", kind="stable").reset_index(drop=True)
    begin, duration = table["onset"].to_numpy(dtype=float), table["duration"].to_numpy(dtype=float)
    following = np.append(begin[1:], np.inf)
    timed = np.isfinite(duration) & (duration > 0)
    end = np.minimum(np.where(timed, begin + duration, following), following)
    steps = np.diff(begin)
    if (steps > 0).any() and not timed[-1]:
        end[-1] = begin[-1] + steps[steps > 0].min()
    out = pd.DataFrame({"begin": begin, "end": end, "stage": table["stage"]})
    return out[np.isfinite(out["end"]) & (out["end"] > out["begin"]) & out["stage"].notna()].reset_index(drop=True)


def timed(record: Record) -> Record:
    """The record with every stage as long as it lasts, so that a window that begins within a stage has the rest of it."""
    table = scoring(record)
    stages = pd.DataFrame({"onset": table["begin"], "duration": table["end"] - table["begin"], "label": table["stage"]})
    others = record.annotations[[stage(label) is None for label in record.annotations["label"]]]
    filled = [part for part in (stages, others) if len(part)]
    return replace(record, annotations=pd.concat(filled).sort_values("onset", kind="stable", ignore_index=True)) if filled else record


def recorded(record: Record, params: Params) -> float:
    """Seconds at which a stage is known."""
    table = scoring(record)
    return float((table["end"] - table["begin"]).sum())


def between(record: Record) -> float:
    """Seconds between the nights of a scoring that holds several: nobody was in bed, so nothing is missing from them."""
    nights = [table for _, table in _nights(record)]
    return float(sum(after["begin"].iloc[0] - before["end"].iloc[-1] for before, after in pairwise(each for each in nights if len(each))))


def features(record: Record, params: Params) -> dict[str, float]:
    """Every name of `FEATURES`; of a scoring of several nights the means over them."""
    nights = [_night(night, table, params) for night, table in _nights(record)]
    names = [feature.name for feature in FEATURES]
    known = {name: [night[name] for night in nights if np.isfinite(night.get(name, np.nan))] for name in names}
    return {name: float(np.mean(values)) if values else np.nan for name, values in known.items()}


def _nights(record: Record) -> list[tuple[Record, pd.DataFrame]]:
    """One record per night, and its scoring: a scoring of more than a day is parted where nobody was scored asleep for hours."""
    table = scoring(record)
    asleep = table[table["stage"].isin(ASLEEP)]
    if asleep.empty or asleep["end"].iloc[-1] - asleep["begin"].iloc[0] <= DAY:
        return [(record, table)]
    begin, end = asleep["begin"].to_numpy()[1:], asleep["end"].to_numpy()[:-1]
    apart = begin - end > APART
    bounds = np.concatenate([[-np.inf], (begin + end)[apart] / 2, [np.inf]])
    part = np.searchsorted(bounds, record.annotations["onset"].to_numpy(dtype=float), side="right")
    nights = [replace(record, annotations=own.reset_index(drop=True)) for _, own in record.annotations.groupby(part)]
    return [(night, scoring(night)) for night in nights]


def _night(record: Record, table: pd.DataFrame, params: Params) -> dict[str, float]:
    """The features of one night; those that cannot be said are left out."""
    out: dict[str, float] = {}
    asleep = table[table["stage"].isin(ASLEEP)]
    if asleep.empty:
        return out
    minutes = (table["end"] - table["begin"]) / 60
    total = minutes[asleep.index].sum()
    first, last = asleep["begin"].iloc[0], asleep["end"].iloc[-1]
    night = table[(table["begin"] >= first) & (table["end"] <= last)]
    period = (last - first) / 60
    for name in ASLEEP:
        out[f"{name.lower()}_share"] = minutes[asleep.index[asleep["stage"] == name]].sum() / total
    changes = night["stage"].ne(night["stage"].shift()).iloc[1:]
    awake = night["stage"].eq("W")
    awakenings = int((awake & ~awake.shift(fill_value=False)).sum())
    out |= {
        "total_sleep": total,
        "sleep_period": period,
        "waso": minutes[night.index[awake]].sum(),
        "awakenings": awakenings,
        "awakenings_per_hour": 60 * awakenings / total,
        "stage_shifts_per_hour": 60 * changes.sum() / period,
        "maintenance": total / period,
        "scored": minutes[night.index].sum() / period,
    }
    if record.start is not None:
        middle = record.start + (first + last) / 2 * SECOND
        hours = middle.hour + middle.minute / 60 + middle.second / 3600
        out["midpoint"] = (hours + 12) % 24 - 12
    rem = asleep.loc[asleep["stage"] == "REM", "begin"]
    if len(rem):
        out["rem_latency"] = (rem.iloc[0] - first) / 60
    bed = _bed(record, table, params)
    if bed:
        out |= {"latency": (first - bed[0]) / 60, "efficiency": total / ((bed[1] - bed[0]) / 60)}
    return {name: float(value) for name, value in out.items()}


def _bed(record: Record, table: pd.DataFrame, params: Params) -> tuple[float, float] | None:
    """Lights off and on (s), as annotated or else as the scoring has it; None where that cannot be bedtime."""
    asleep = table[table["stage"].isin(ASLEEP)]
    first, last = asleep["begin"].iloc[0], asleep["end"].iloc[-1]
    label = record.annotations["label"].astype(str).str.upper().str.replace(r"[^A-Z]", "", regex=True)
    off = record.annotations.loc[label.str.contains("LIGHTSO(?:FF|UT)"), "onset"].astype(float)
    on = record.annotations.loc[label.str.contains("LIGHTSON"), "onset"].astype(float)
    off, on = off[off <= first], on[on >= last]
    begin = off.iloc[-1] if len(off) else table["begin"].iloc[0]
    end = on.iloc[0] if len(on) else table["end"].iloc[-1]
    longest = params.longest_latency * 60
    if (not len(off) and first - begin > longest) or (not len(on) and end - last > longest):
        return None
    return float(begin), float(end)
