"""Stand in for values that are missing within an assay."""
