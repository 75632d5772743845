"""Bring every sample to a reference that was learned from training samples."""
