"""Proteins: reverse-phase array, affinity assay or mass spectrometry."""

from mmomics.assays.contract import INTENSITY, LOG, LOG_INTENSITY, READY, ZSCORE, Scale

DEFAULT = "log2"
SCALES = {
    "rppa": LOG,
    "log2": LOG_INTENSITY,  # label-free mass spectrometry
    "log2ratio": LOG,  # against a reference channel: what is missing there says nothing of how much there was
    "intensity": INTENSITY,
    "somascan": LOG,  # log2 of fluorescence units
    "somascan_rfu": Scale(low=0, recipe=("detected", "log2")),
    "npx": LOG,  # Olink, log2
    "zscore": ZSCORE,
    "scaled": READY,
}
