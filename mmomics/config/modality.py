"""The modalities of a cohort: tables of assays, and records of devices."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, SerializerFunctionWrapHandler, Tag, field_validator, model_serializer, model_validator

from mmomics.config.duration import PATTERN, positive
from mmomics.config.meaning import Pattern, SubjectPattern, TimeZone
from mmomics.config.protocol import Prepare
from mmomics.config.signs import Signs
from mmomics.config.strict import Strict
from mmomics.config.table import Table

EFFECT = {"length": ("before", "after", "around"), "gap": ("before", "after"), "tolerance": ("nearest",)}  # key of `align` -> its windows
MOST_SAMPLES = 10_000_000  # of the windows of one subject and channel: 40 MB


class Assay(Table):
    """One assay: how to read its files and how its values were measured."""

    kind: str = Field(description="Assay kind: a file of `mmomics/assays` (rna, mirna, methylation, protein, ...).")
    values: str | None = Field(None, description="Scale of the values as they stand in the file; choices depend on `kind`.")
    normalize: list[str] | None = Field(
        None, description="Sample-wise steps in order, files of `mmomics/normalization`. Default: those of the scale (`mmomics methods`)."
    )
    subject_pattern: SubjectPattern | None = Field(
        None,
        description="Regular expression whose first group is the subject in a sample id: `^(.{12})` for TCGA, "
        "`^(.{12}(?:-(?!01).*)?)` for its primary tumours alone.",
    )
    feature_pattern: Pattern | None = Field(
        None,
        description="Regular expression that the names of the features to keep match somewhere: `^(?!ERCC-)` for all but spike-ins. "
        "Default: all are kept.",
    )
    ids: Table | None = Field(
        None, description="Mapping table: its row ids are sample ids of this assay, its first other column says of which row or subject."
    )
    ignore_case: bool = Field(False, description="Whether ids that differ in upper and lower case only are the same.")
    replicates: Literal["mean", "max", "first", "error"] | None = Field(
        None,
        description="Several samples of one subject: their `mean` or highest value (`max`), the `first`, or refuse them (`error`). "
        "Default: what suits the scale, `max` where a value says present or absent, else `mean`.",
    )
    drop_flagged: list[str] = Field([], description="Quality flags whose samples are left out; by default they are only shown.")
    prepare: Prepare = Field(Prepare(), description="Keys given here replace those of the cohort's `prepare` for this modality.")


class Align(Strict):
    """Which part of a device record belongs to a specimen."""

    window: Literal["whole", "before", "after", "around", "nearest"] = Field(
        "whole",
        description="`whole` record; the stretch of `length` `before`, `after` or `around` the specimen; or the `nearest` record, whole. "
        "All but `whole` need `samples.time`.",
    )
    length: str = Field("7 d", pattern=PATTERN, description="Length of the window, such as `12 h`.")
    gap: str = Field("0 s", pattern=PATTERN, description="Distance between the specimen and the near edge of the window.")
    tolerance: str = Field("1 d", pattern=PATTERN, description="`nearest`: a record further away than this is not of the specimen.")
    combine: Literal["join", "longest", "nearest", "first", "error"] = Field(
        "join", description="Several records of one subject in the window: `join` them on one clock, take one of them, or refuse them."
    )

    _length = field_validator("length")(positive)

    @model_validator(mode="after")
    def _heard(self) -> Align:
        for key, windows in EFFECT.items():
            if key in self.model_fields_set and self.window not in windows:
                raise ValueError(
                    f"`{key}` has no effect where `window` is '{self.window}': set `window` to {' or '.join(windows)}, or take `{key}` out"
                )
        return self

    @model_serializer(mode="wrap")
    def _given(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What was written down alone: read again, a default would pass for a key without effect."""
        return {key: value for key, value in handler(self).items() if key in self.model_fields_set}


class Windows(Strict):
    """Stretches of the signal itself, for models that learn from it: `obsm["signal"]`."""

    seconds: float = Field(gt=0, description="Length of a window.")
    fs: float = Field(gt=0, description="Sampling rate that windows are resampled to (Hz).")
    count: int = Field(1, ge=1, description="Windows per subject, spread evenly over what was recorded, one after another in time.")
    low: float | None = Field(None, gt=0, description="Lower edge of a band-pass filter (Hz).")
    high: float | None = Field(None, gt=0, description="Upper edge of a band-pass filter (Hz).")

    @model_validator(mode="after")
    def _sound(self) -> Windows:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"`low` ({self.low:g} Hz) must be below `high` ({self.high:g} Hz): no frequency passes such a filter")
        if self.seconds * self.fs * self.count > MOST_SAMPLES:
            raise ValueError(
                f"`seconds` x `fs` x `count` is {self.seconds * self.fs * self.count:,.0f} samples of every subject, "
                f"more than {MOST_SAMPLES:,}: take shorter or fewer windows, or a lower rate"
            )
        return self


class Device(Signs):
    """Records of one device: which files, which channels, and what is to be made of them."""

    signal: str = Field(description="What the record says: a file of `mmomics/signals` (ecg, cgm, activity, ...).")
    files: str = Field(
        description="Path below `folder` with `{subject}` (or `{sample}`: the row of the samples table) where the id stands, and `*` for "
        "what varies: `ecg/{subject}.hea`; an id is as long as it can be. Or one file with a column for `subject`. Files that hold "
        "annotations alone (a hypnogram) join "
        "the signals of their subject where the pattern matches both."
    )
    format: str | None = Field(
        None,
        description="A file of `mmomics/devices`. Default: by the end of the file's name; exports of glucose monitors need `glucose`, "
        "those of an Empatica E4 (`HR.csv`) `empatica`.",
    )
    subject: str | None = Field(None, description="Column of a table with records of many subjects, that holds the subject.")
    subject_pattern: SubjectPattern | None = Field(
        None, description="Regular expression whose first group is the subject in the id of a record."
    )
    ignore_case: bool = Field(False, description="Whether ids that differ in upper and lower case only are the same.")
    channels: dict[str, str | list[str]] = Field(
        {}, description="Role -> channel of the file, or several names of which a file has one. Default: usual names of the role."
    )
    units: dict[str, str] = Field({}, description="Role -> unit, where the file does not say it or says it wrongly.")
    time: str | list[str] | None = Field(
        None, description="Column with the time in a table, or columns for date and time. Default: the usual names."
    )
    time_format: str | None = Field(
        None,
        description="Format of the time, as of `strptime`, or the unit of numbers: d, h, min, s, ms, us or ns. "
        "Default: ISO 8601, or numbers: since 1970 if large, seconds since the device began if small.",
    )
    time_zone: TimeZone | None = Field(
        None,
        description="Zone of the device's clock where the file names none: `Europe/Berlin`, `UTC`. "
        "Also for times written in UTC (`Z`, seconds since 1970), to tell day from night.",
    )
    clock_shift: str | None = Field(
        None, description="Column of the samples table with the seconds by which the device's clock is ahead; they are taken off."
    )
    channel: str | None = Field(None, description="Column of a long table that names the channel; `value` then holds the numbers.")
    value: str | None = Field(None, description="Column of a long table that holds the numbers.")
    within: str | None = Field(None, description="Sheet of a workbook, where it holds several.")
    skip_rows: int = Field(
        0, ge=0, description="Lines of a text file above the header. Default: titles and lines that begin with `#` are found."
    )
    comment: str | None = Field(
        None, min_length=1, description="Lines of a text file that begin with this sign are no part of the table, wherever they stand."
    )
    delimiter: Literal["auto", "comma", "tab", "semicolon", "pipe", "space"] = Field("auto", description="Field separator of a text file.")
    decimal: Literal["point", "comma"] = Field("point", description="Decimal sign of a text file.")
    thousands: Literal["comma", "point"] | None = Field(None, description="Sign that separates thousands in a text file.")
    na_values: list[str | float] = Field(
        [], description="Further words and numbers for a missing value in a text file, such as -9. Empty cells, NA and the like are known."
    )
    encoding: str = Field("utf-8", description="Encoding of a text file.")
    step: str | None = Field(
        None,
        pattern=PATTERN,
        description="Native cadence, where the file was interpolated to a finer one: every value in between is dropped.",
    )
    params: dict[str, Any] = Field({}, description="Changes to the signal's defaults; `mmomics methods signals` lists them.")
    align: Align = Field(Align(), description="Which part of a record belongs to a specimen.")
    min_coverage: float = Field(0.5, ge=0, le=1, description="A record with less of its window recorded (and worn) is missing.")
    drop_flagged: list[str] = Field([], description="Quality flags whose samples are left out; by default they are only shown.")
    windows: Windows | None = Field(None, description="Also cut windows of the signal, as modality `<name>_signal`.")
    prepare: Prepare = Field(Prepare(), description="Keys given here replace those of the cohort's `prepare` for this modality.")

    _step = field_validator("step")(positive)

    @model_validator(mode="before")
    @classmethod
    def _one(cls, given: Any) -> Any:
        if isinstance(given, dict) and {"kind", "signal"} <= set(given):
            raise ValueError(
                f"has both `kind: {given['kind']}` and `signal: {given['signal']}`: keep `signal` if its files are records over time, "
                "or `kind` if they are a table with a row or column per sample"
            )
        return given


def _tag(value: Any) -> str:
    keys = value if isinstance(value, dict) else getattr(value, "model_fields_set", ())
    return "device" if "signal" in keys else "assay"


Modality = Annotated[Annotated[Assay, Tag("assay")] | Annotated[Device, Tag("device")], Discriminator(_tag)]
