"""File formats of tables: one file per format, chosen by the end of the file's name."""
