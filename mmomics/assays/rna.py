"""Gene expression: RNA sequencing or array."""

from mmomics.assays.contract import COUNTS, PER_LIBRARY, READY

DEFAULT = "counts"
SCALES = {
    "counts": COUNTS,
    "tpm": PER_LIBRARY,
    "rsem": PER_LIBRARY,  # RSEM normalised: upper quartile 1000 in every sample
    "log2": READY,
    "zscore": READY,
    "scaled": READY,
}
