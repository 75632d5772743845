"""The samples table: who is who, when a specimen was taken, and what is computed from its columns."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mmomics.config.meaning import SubjectPattern, TimeZone
from mmomics.config.table import Table


class Samples(Table):
    """The table of samples: subject, outcome, covariates, and whatever a split needs."""

    subject: str | None = Field(None, description="Column with the subject of each row. Default: the row ids.")
    subject_pattern: SubjectPattern | None = Field(
        None, description="Regular expression whose first group is the subject in a row id: `^(\\d+)_`. In place of `subject`."
    )
    visits: Literal["merge", "keep"] = Field(
        "merge", description="Several rows of one subject: `merge` them, or `keep` each as a visit of its own; splits are by subject."
    )
    join: list[Table] = Field([], description="Further tables of the same row ids whose columns are added.")
    derive: dict[str, str] = Field(
        {},
        description="New columns from others: ``{log_ratio: log(`column a` / column_b)}``; arithmetic, comparisons, log, exp, sqrt, abs.",
    )
    time: str | None = Field(None, description="Column with the time at which the specimen was taken, to align device records with.")
    time_format: str | None = Field(None, description="Format of `time`, as of `strptime`: `%d/%m/%Y %H:%M`. Default: ISO 8601.")
    time_zone: TimeZone | None = Field(None, description="Time zone of `time` where it names none: `Europe/Berlin`, `UTC`.")
