"""Single-cell expression, pooled over the cells of a sample: pseudobulk."""

from mmomics.assays.contract import COUNTS, LOG, READY

DEFAULT = "counts"
SCALES = {"counts": COUNTS, "log": LOG, "scaled": READY}  # counts: the sum over cells; log: the mean of log-normalised cells
