"""Copy number of genes or segments."""

from mmomics.assays.contract import READY, Scale

DEFAULT = "log_ratio"
SCALES = {"gistic": Scale(low=-2, high=2, whole=True), "log_ratio": READY}  # GISTIC: -2 deep loss to 2 high gain
