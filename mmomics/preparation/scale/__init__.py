"""Centre and scale of every feature."""
