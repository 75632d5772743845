"""Cytometry: frequencies of cell types and median signals."""

from mmomics.assays.contract import READY

DEFAULT = "numeric"
SCALES = {"numeric": READY, "scaled": READY}
