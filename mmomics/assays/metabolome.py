"""Metabolites, lipids and other small molecules."""

from mmomics.assays.contract import INTENSITY, READY

DEFAULT = "intensity"
SCALES = {"intensity": INTENSITY, "log2": READY, "zscore": READY, "scaled": READY}
