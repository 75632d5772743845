"""Any other table of numbers."""

from mmomics.assays.contract import LOG, NUMERIC, READY, ZSCORE

DEFAULT = "numeric"
SCALES = {"numeric": NUMERIC, "log2": LOG, "zscore": ZSCORE, "scaled": READY}
