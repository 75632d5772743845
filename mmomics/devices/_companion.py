"""Annotations of a file of their own (a hypnogram beside its polysomnogram) join the records that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from mmomics.devices.record import SECOND, Record


def joined(records: Sequence[Record]) -> list[Record]:
    """The records of one subject that have channels, each with the annotations of those that have none.

    A file pattern that matches both (``psg/{subject}_*.edf``) brings them together. Onsets are carried from clock to clock; where one
    of the two has none, both are taken to begin together.

    Parameters
    ----------
    records : sequence of Record
        All of one subject.

    Returns
    -------
    list of Record
        Without those that have no channels, unless there are no others.
    """
    notes = [record for record in records if not record.channels and len(record.annotations)]
    signals = [record for record in records if record.channels]
    if not notes or not signals:
        return signals or list(records)
    return [replace(record, annotations=_together(record, notes)) for record in signals]


def _together(record: Record, notes: Sequence[Record]) -> pd.DataFrame:
    """Annotations of a record and of others in its seconds, in order of time; those that end before it or begin after it left out."""
    tables = [record.annotations]
    for note in notes:
        ahead = 0.0  # where their clocks are not the same
        if record.start is not None and note.start is not None and (record.start.tzinfo is None) == (note.start.tzinfo is None):
            ahead = (note.start - record.start) / SECOND
        table = note.annotations.assign(onset=note.annotations["onset"] + ahead)
        end = table["onset"] + table["duration"].fillna(0)
        tables.append(table[(end >= 0) & (table["onset"] < record.duration)])
    filled = [table for table in tables if len(table)]
    return pd.concat(filled).sort_values("onset", kind="stable", ignore_index=True) if filled else record.annotations
