"""MicroRNA expression."""

from mmomics.assays.contract import COUNTS, PER_LIBRARY, READY

DEFAULT = "counts"
SCALES = {"counts": COUNTS, "cpm": PER_LIBRARY, "log2": READY, "zscore": READY, "scaled": READY}
