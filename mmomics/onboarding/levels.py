"""Levels of a covariate that say one thing in several ways: M and m."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from mmomics.errors import count, listed


def spellings(name: str, cells: pd.Series) -> Iterator[str]:
    """Levels of a category that differ in case and blanks only: each would be a group of its own."""
    if pd.api.types.is_numeric_dtype(cells):
        return
    levels = sorted(cells.dropna().astype(str).unique())
    alike = pd.Series(levels, dtype=object).groupby([" ".join(level.casefold().split()) for level in levels], sort=False)
    twice = ["/".join(group) for _, group in alike if len(group) > 1]
    if twice:
        yield f"covariates: '{name}' writes {count(len(twice), 'level')} in several ways ({listed(twice)}); write each in one way"
