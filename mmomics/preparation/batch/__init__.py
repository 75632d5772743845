"""Take out what technical batches differ by."""
