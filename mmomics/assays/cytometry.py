"""Cytometry: frequencies of cell types and median signals, of which many are skewed."""

from dataclasses import replace

from mmomics.assays.contract import READY

SKEWED = "frequencies and median signals have long tails, by which linear models extrapolate"

DEFAULT = "numeric"
SCALES = {"numeric": replace(READY, prepare={"transform": "yeo_johnson"}, because=SKEWED), "scaled": READY}
