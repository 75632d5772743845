"""A model's `params` held against the literal defaults of its method: type and plain bounds, before anything trains."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mmomics import plugins
from mmomics.errors import UserError

LIMITS = "LIMITS"  # literal of a plug-in's module: the least and the largest value of a parameter, where its default does not tell them
FILES = "FILES"  # literal of a plug-in's module: the parameters that name a file
WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def check_param(where: str, name: str, value: Any, default: Any, limits: Sequence[float | None] = (None, None)) -> None:
    """Check one parameter by what its default is like.

    Parameters
    ----------
    where : str
        File and key of the parameters.
    name : str
        The parameter; one that is called a dropout is a share.
    value
        As the user wrote it.
    default : bool, int, float or str
        The method's literal default.
    limits : (low, high)
        What its value may be at least and at most, where the method declares it; None as the default tells.

    Raises
    ------
    UserError
        If the value has another type (a whole number will do for a number), or lies out of bounds.
    """
    kind = type(default)
    low, high = _bounds(name, default)
    low, most = (low if limits[0] is None else limits[0]), (math.inf if limits[1] is None else limits[1])
    fits = type(value) is kind or (kind is float and type(value) is int)  # so that true is no number
    if fits and kind in (int, float):
        fits = math.isfinite(value) and low <= value < high and value <= most
    if not fits:
        bounds = [f">= {low:g}"] * math.isfinite(low) + [f"< {high:g}"] * math.isfinite(high) + [f"<= {most:g}"] * math.isfinite(most)
        expected = " ".join([WORDS.get(kind, kind.__name__), " and ".join(bounds)]).strip()
        raise UserError(f"{where}.{name}", f"found {value!r}, expected {expected}", f"the default is {default!r}")


def files(package: str, method: str, params: Mapping[str, Any]) -> list[str]:
    """The files that a method's parameters name, in the order in which it declares them."""
    return [str(params[name]) for name in plugins.constant(package, method, FILES, []) if params.get(name)]


def shared_evenly(settings: Mapping[str, Any]) -> bool:
    """Whether the heads of attention, where a method has such, share its width without a rest."""
    return "n_heads" not in settings or settings["n_hidden"] % settings["n_heads"] == 0


def _bounds(name: str, default: Any) -> tuple[float, float]:
    """The smallest value, and the one that is too large; infinite where there is no such bound."""
    if type(default) not in (int, float):
        return -math.inf, math.inf
    if "dropout" in name:
        return 0, 1
    if type(default) is int and default >= 1:
        return 1, math.inf
    return (0 if default > 0 else -math.inf), math.inf
