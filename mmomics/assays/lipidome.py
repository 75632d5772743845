"""Lipids."""

from mmomics.assays.contract import INTENSITY, LOG, LOG_INTENSITY, READY, ZSCORE

DEFAULT = "intensity"
SCALES = {"intensity": INTENSITY, "log2": LOG_INTENSITY, "log2ratio": LOG, "zscore": ZSCORE, "scaled": READY}
