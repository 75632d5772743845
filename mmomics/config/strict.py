"""Base of every settings class: unknown keys are errors, values are not coerced, defaults are checked."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Settings that refuse what they do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
