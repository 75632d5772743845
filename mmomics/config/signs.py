"""The signs of numbers in a text: of decimals, and between thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import model_validator

from mmomics.config.strict import Strict

SIGNS = {None: None, "comma": ",", "point": ".", "space": " ", "apostrophe": "'"}


class Signs(Strict):
    """Settings with the keys `decimal` and `thousands`."""

    if TYPE_CHECKING:
        decimal: str
        thousands: str | None

    @property
    def thousands_sign(self) -> str | None:
        """The sign that separates thousands."""
        return SIGNS[self.thousands]

    @property
    def decimal_sign(self) -> str:
        """The decimal sign."""
        return "," if self.decimal == "comma" else "."

    @model_validator(mode="before")
    @classmethod
    def _implied(cls, given: Any) -> Any:
        """A point between thousands leaves the comma for decimals; said, as settings that are written out and read again say all keys."""
        if isinstance(given, dict) and given.get("thousands") == "point":
            return {"decimal": "comma", **given}
        return given

    @model_validator(mode="after")
    def _signs(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f"`thousands` and `decimal` are both {self.decimal}: change one of them")
        return self
