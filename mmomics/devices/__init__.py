"""File formats of devices: one file per format, chosen by the end of the file's name."""
