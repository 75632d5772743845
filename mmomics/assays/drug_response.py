"""Response of cells to drugs."""

from mmomics.assays._suspicions import per_cent
from mmomics.assays.contract import READY, Scale

DEFAULT = "viability"
SCALES = {
    "viability": Scale(suspicions=(per_cent,)),  # relative to the untreated control: about 1, below 0 where less than the blank
    "auc": READY,  # area under the curve of viability over concentration
    "scaled": READY,
}
