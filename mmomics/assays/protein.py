"""Proteins and phosphosites: reverse-phase array, affinity assay or mass spectrometry."""

from mmomics.assays.contract import INTENSITY, READY

DEFAULT = "log2"
SCALES = {"rppa": READY, "log2": READY, "intensity": INTENSITY, "zscore": READY, "scaled": READY}
