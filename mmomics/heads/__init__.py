"""What an outcome promises, one file per kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mmomics import plugins

if TYPE_CHECKING:
    from mmomics.heads.contract import Head


def head_of(outcome: Mapping[str, Any]) -> type[Head]:
    """The head of an outcome: that of its task, or where hazards are not proportional, of discrete time."""
    found: type[Head] = plugins.load("heads", "discrete_time" if outcome.get("hazards") == "discrete" else outcome["task"]).HEAD
    return found
