"""Sample-wise steps that bring measured values to a scale for models: one file per step; nothing is learned across samples."""
