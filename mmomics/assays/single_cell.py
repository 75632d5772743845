"""Single-cell expression, pooled over the cells of a sample: pseudobulk."""

from dataclasses import replace
from functools import partial

from mmomics.assays._suspicions import fractional, logged
from mmomics.assays.contract import COUNTS, LOG, READY

DEFAULT = "counts"
SCALES = {
    "counts": replace(COUNTS, suspicions=(partial(logged, scale="log"), fractional)),  # the sum over cells
    "log": LOG,  # the mean of log-normalised cells
    "scaled": READY,
}
