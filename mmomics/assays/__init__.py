"""Assay kinds: one file per kind, with the scales its values may stand in and what each needs before models see it."""
