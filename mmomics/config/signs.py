"""The signs of numbers in a text: of decimals, and between thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

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
        """The decimal sign; not the one that is said to separate thousands."""
        return "," if self.decimal == "comma" or self.thousands == "point" else "."

    @model_validator(mode="after")
    def _signs(self) -> Self:
        if self.thousands == self.decimal and "decimal" in self.model_fields_set:
            raise ValueError(f"`thousands` and `decimal` are both {self.decimal}: change one of them")
        return self
