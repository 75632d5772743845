"""Base of every settings class: unknown keys are errors, values are not coerced, defaults are checked."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Strict(BaseModel):
    """Settings that refuse what they do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @model_validator(mode="after")
    def _filled(self) -> Self:
        for key in self.model_fields_set:
            if type(self).model_fields[key].default is None and isinstance(value := getattr(self, key), str) and not value.strip():
                raise ValueError(f"`{key}` is empty: fill it in, or take the key out")
        return self
