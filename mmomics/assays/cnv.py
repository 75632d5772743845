"""Copy number of genes or segments."""

from mmomics.assays.contract import LOG, Scale

DEFAULT = "log_ratio"
SCALES = {
    "gistic": Scale(low=-2, high=2, whole=True),  # -2 deep loss to 2 high gain
    "log_ratio": LOG,  # against two copies
    "copies": Scale(low=0),
}
