"""Cytometry: frequencies of cell types and median signals."""

from mmomics.assays.contract import MEASURED, READY

DEFAULT = "numeric"
SCALES = {"numeric": MEASURED, "scaled": READY}
