"""`config/cohorts/<cohort>.yaml`: what the files of one cohort are and what is to be predicted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mmomics.config.protocol import Prepare, Split, Training
from mmomics.config.strict import Strict

LABELS = "Value in the file -> class name shown in the report; a blank name leaves the class out, as rows without outcome."


class Table(Strict):
    """A table in one file, or in several files of the same columns stacked under one another."""

    files: str | dict[str, str] = Field(
        description="Path below `folder`; or a mapping label -> path of files to stack (the label names the part)."
    )
    orientation: Literal["samples_in_rows", "samples_in_columns"] = Field(
        "samples_in_rows", description="Whether a sample is a row or a column of the file."
    )
    header: bool = Field(True, description="Whether the first line names the columns.")
    columns: str | list[str] | None = Field(
        None, description="Names of the columns of a file without header: a list, or a file with one name per line."
    )
    index: str | None = Field(None, description="Column that holds the row ids. Default: the first column.")
    number_rows: bool = Field(False, description="The file has no ids: number the rows `<label>_0001`, so that files of equal rows align.")
    delimiter: Literal["auto", "comma", "tab", "semicolon", "space"] = Field(
        "auto", description="Field separator of a text file; `auto` looks at the first lines."
    )


class Samples(Table):
    """The table of samples: subject, outcome, covariates, and whatever a split needs."""

    subject: str | None = Field(None, description="Column with the subject of each row. Default: the row ids.")


class Modality(Table):
    """One assay: how to read its files and how its values were measured."""

    kind: str = Field(description="Assay kind: a file of `mmomics/assays` (rna, mirna, methylation, protein, ...).")
    values: str | None = Field(None, description="Scale of the values as they stand in the file; choices depend on `kind`.")
    subject_pattern: str | None = Field(
        None, description="Regular expression whose first group is the subject in a sample id: `^(.{12})` for TCGA."
    )
    replicates: Literal["mean", "first", "error"] = Field("mean", description="What to do with several samples of one subject.")


class Binary(Strict):
    """Two classes."""

    task: Literal["binary"]
    column: str = Field(description="Column of the samples table.")
    labels: dict[str, str] = Field({}, description=LABELS)
    positive: str = Field(description="Class name (after `labels`) that scores and probabilities refer to.")


class Multiclass(Strict):
    """Three or more classes."""

    task: Literal["multiclass"]
    column: str = Field(description="Column of the samples table.")
    labels: dict[str, str] = Field({}, description=LABELS)


class Regression(Strict):
    """A number."""

    task: Literal["regression"]
    column: str = Field(description="Column of the samples table.")
    unit: str = Field("", description="Unit of the outcome, for the report.")


class Survival(Strict):
    """Time to an event, right-censored."""

    task: Literal["survival"]
    time: str = Field(description="Column with the follow-up time; rows with no time or a time <= 0 have no outcome.")
    event: str = Field(description="Column that is 1/true where the event was seen, 0/false where censored.")
    unit: str = Field("days", description="Unit of the time, for the report.")


Outcome = Annotated[Binary | Multiclass | Regression | Survival, Field(discriminator="task")]


class Cohort(Strict):
    """One cohort: its files, its outcome, and what differs from the run's defaults."""

    title: str = Field(description="One line for the report's heading.")
    source: str = Field("", description="Where the data come from: citation, licence.")
    folder: str = Field(description="Folder of the files; `{data_dir}` stands for the run's `data_dir`.")
    samples: Samples = Field(description="The samples table.")
    outcome: Outcome = Field(description="What is to be predicted.")
    covariates: list[str] = Field(
        [], description="Columns of the samples table that form the modality `clinical`; categories become indicators."
    )
    batch: str | None = Field(None, description="Column with the technical batch.")
    modalities: dict[str, Modality] = Field(min_length=1, description="The assays, each under the name it gets in the report.")
    split: Split = Field(Split(), description="Keys given here replace those of the run's `split`.")
    prepare: Prepare = Field(Prepare(), description="Keys given here replace those of the run's `prepare`.")
    training: Training = Field(Training(), description="Keys given here replace those of the run's `training`.")

    @model_validator(mode="after")
    def _names(self) -> Cohort:
        for name in self.modalities:
            if not name.isidentifier():
                raise ValueError(f"modality name '{name}' must be letters, digits and _ (not first a digit)")
            if name == "clinical":
                raise ValueError("the modality name 'clinical' is kept for `covariates`; choose another name")
        return self
