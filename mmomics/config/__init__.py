"""The settings, typed once: the JSON schemas and the manual are generated from these classes."""
