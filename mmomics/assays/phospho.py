"""Phosphosites and other protein modifications, by mass spectrometry."""

from mmomics.assays.contract import INTENSITY, LOG, LOG_INTENSITY, READY, ZSCORE

DEFAULT = "log2"
SCALES = {"log2": LOG_INTENSITY, "log2ratio": LOG, "intensity": INTENSITY, "zscore": ZSCORE, "scaled": READY}
