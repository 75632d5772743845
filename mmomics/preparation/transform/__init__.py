"""Bring every feature to an even shape."""
