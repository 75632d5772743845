"""DNA methylation."""

from mmomics.assays._suspicions import shares, unlogged
from mmomics.assays.contract import READY, Scale

DEFAULT = "beta"
SCALES = {
    "beta": Scale(low=0, high=1, recipe=("m_value",)),  # share of methylated copies
    "m_value": Scale(suspicions=(shares, unlogged)),
    "scaled": READY,
}
