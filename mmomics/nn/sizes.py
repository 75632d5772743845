"""How many features each modality has, and which of them are windows of a signal."""

from __future__ import annotations

from collections.abc import Mapping


class Sizes(dict[str, int]):
    """{modality: n_vars}, and in `windows` {modality: (n_channels, n_times)} for those whose features are windows of a signal."""

    def __init__(self, n_vars: Mapping[str, int], windows: Mapping[str, tuple[int, int]] | None = None) -> None:
        super().__init__(n_vars)
        self.windows = {name: (int(shape[0]), int(shape[1])) for name, shape in (windows or {}).items() if name in self}


def windows_of(n_vars: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """The modalities among these that are windows; none of a plain mapping."""
    return n_vars.windows if isinstance(n_vars, Sizes) else {}
