"""Which assays were measured together."""

from __future__ import annotations

import pandas as pd


def patterns(seen: pd.DataFrame, known: pd.Series) -> pd.DataFrame:
    """Every pattern of assays: one bool column per assay, n_subjects, with_outcome; the most frequent first."""
    table = seen.assign(with_outcome=known.to_numpy(), n_subjects=1)
    table = table.groupby(list(seen.columns), as_index=False)[["n_subjects", "with_outcome"]].sum()
    return table.sort_values(["n_subjects", *seen.columns], ascending=False, ignore_index=True)
