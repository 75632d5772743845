"""Fuse multi-omics and biomedical device records measured on overlapping, incomplete sets of subjects."""

__version__ = "0.3.0"
