"""One file per section: a function from the inputs to a `Section`, or None when its tables were not made."""
