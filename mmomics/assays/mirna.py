"""MicroRNA expression."""

from mmomics.assays.contract import COUNTS, LOG, PER_MILLION, READY, ZSCORE

DEFAULT = "counts"
SCALES = {"counts": COUNTS, "cpm": PER_MILLION, "log2": LOG, "zscore": ZSCORE, "scaled": READY}
