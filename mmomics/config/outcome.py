"""What is to be predicted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mmomics.config.strict import Strict

LABELS = "Value in the file -> class name shown in the report; a blank name leaves the class out, as rows without outcome."


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
    event: str = Field(
        description="Column that says where the event was seen (1, true, dead, deceased, 1:DECEASED) and who was censored (0, false, "
        "alive, living, censored, 0:LIVING)."
    )
    labels: dict[str, Literal["event", "censored", ""]] = Field(
        {},
        description="Other values of `event` -> `event` or `censored`, such as `{'1': censored, '2': event}`; a blank one leaves its rows "
        "without outcome.",
    )
    unit: str = Field("days", description="Unit of the time, for the report.")
    hazards: Literal["proportional", "discrete"] = Field(
        "proportional",
        description="`proportional`: the ratio of two subjects' hazards is the same at all times (Cox); `discrete`: it may change with "
        "time, in up to ten intervals.",
    )


Outcome = Annotated[Binary | Multiclass | Regression | Survival, Field(discriminator="task")]
