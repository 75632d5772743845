"""Any other table of numbers."""

from mmomics.assays.contract import READY

DEFAULT = "numeric"
SCALES = {"numeric": READY, "log2": READY, "zscore": READY, "scaled": READY}
