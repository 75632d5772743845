"""Any other table of numbers."""

from mmomics.assays.contract import LOG, READY, ZSCORE

DEFAULT = "numeric"
SCALES = {"numeric": READY, "log2": LOG, "zscore": ZSCORE, "scaled": READY}
