"""Where a table stands and how it is laid out."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from mmomics.config.signs import Signs
from mmomics.config.strict import Strict

COLUMN = re.compile(r"\{([^{}]+)\}")  # in an `index` that is made of several


class Long(Strict):
    """Which columns of a long table hold what; `index` is the column of the samples."""

    feature: str = Field(
        description="Column that names the feature: `OlinkID` or `Assay` of NPX files; or columns that its name is made of, such as "
        "`{test} {unit}`, where one is empty if nothing stands there."
    )
    value: str = Field(description="Column that holds the values: `NPX`.")
    flags: dict[str, str | float | list[str | float]] = Field(
        {},
        description="Columns that mark values, such as `QC_Warning`, each with the marks that are right (`PASS`, or a list): values marked "
        "otherwise become missing. An empty cell is no mark. Default: marks of such columns are told, and their values kept. A column of "
        "units may be among them: else no feature may have several.",
    )

    @property
    def made_of(self) -> list[str]:
        """Columns that the names of features are made of; none where one column holds them."""
        return COLUMN.findall(self.feature)


class Table(Signs):
    """A table in one file, or in several files of the same columns stacked under one another."""

    files: str | dict[str, str] = Field(
        description="Path below `folder`; or a mapping label -> path of files to stack (the label names the part)."
    )
    within: str | None = Field(
        None,
        description="In a file that holds several tables: the sheet of a workbook, the layer of an h5ad (or `raw`), the modality of an "
        "h5mu (or a layer of it: `rna/raw`).",
    )
    orientation: Literal["samples_in_rows", "samples_in_columns"] | None = Field(
        None, description="Whether a sample is a row or a column of the file. Default: a row, but for formats such as GCT a column."
    )
    header: bool = Field(True, description="Whether the first line names the columns.")
    columns: str | list[str] | None = Field(
        None, description="Names of the columns of a file without header: a list, or a file with one name per line."
    )
    index: str | None = Field(
        None,
        description="Column that holds the row ids, or columns that they are made of and what stands between these: "
        "`{Sentrix_ID}_{Sentrix_Position}`. Default: the first column.",
    )
    long: Long | None = Field(
        None, description="For a table with a row per sample and feature: its columns `feature` and `value`. `drop` then names features."
    )
    drop: list[str] = Field([], description="Columns of the file that are no measurements, or would give the outcome away.")
    number_rows: bool = Field(False, description="The file has no ids: number the rows `<label>_0001`, so that files of equal rows align.")
    skip_rows: int = Field(
        0,
        ge=0,
        description="Lines of a text file, or rows of a sheet, above the header that are no part of the table. Default: titles, and "
        "lines that begin with `#`, are found.",
    )
    comment: str | None = Field(
        None, min_length=1, description="Lines of a text file that begin with this sign are no part of the table, wherever they stand."
    )
    delimiter: Literal["auto", "comma", "tab", "semicolon", "pipe", "space"] = Field(
        "auto", description="Field separator of a text file; `auto` looks at the first lines."
    )
    decimal: Literal["point", "comma"] = Field(
        "point", description="Decimal sign of a text file, or of the cells of text in a workbook or a Parquet file."
    )
    thousands: Literal["comma", "point", "space", "apostrophe"] | None = Field(
        None, description="Sign that separates thousands in text: 1,234. Default: found where the table leaves no doubt (1,234,567)."
    )
    na_values: list[str | float] = Field(
        [],
        description="Further words and numbers for a missing value, such as -9. Empty cells, NA, NaN, N/A, NULL and the like are known.",
    )
    encoding: str = Field("utf-8", description="Encoding of a text file, such as latin-1 or utf-16.")
    pool: Literal["none", "sum", "mean"] = Field(
        "none",
        description="Rows of the file of equal ids are pooled: `sum` for counts of the cells of one donor, `mean` for probes of a gene.",
    )

    @field_validator("index", mode="before")
    @classmethod
    def _text(cls, given: Any) -> Any:
        if isinstance(given, list) and given:
            told = "_".join(f"{{{each}}}" for each in given)
            raise ValueError(f'expected text, in which columns stand in braces, and what parts them between: "{told}"')
        return given

    @property
    def made_of(self) -> list[str]:
        """Columns that the row ids are made of; none where one column holds them."""
        return COLUMN.findall(self.index or "")

    @property
    def between(self) -> list[str]:
        """What stands before the first of these columns, between them, and behind the last one."""
        return COLUMN.split(self.index or "")[::2]
