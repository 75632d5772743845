"""Gene expression: RNA sequencing or array."""

from mmomics.assays._suspicions import heavy_tails
from mmomics.assays.contract import COUNTS, LOG, PER_LIBRARY, PER_MILLION, READY, Scale

DEFAULT = "counts"
SCALES = {
    "counts": COUNTS,  # of reads, also expected ones
    "tpm": PER_MILLION,
    "fpkm": PER_LIBRARY,
    "rsem": PER_LIBRARY,  # RSEM normalised: upper quartile 1000 in every sample
    "log2": LOG,
    "zscore": Scale(
        suspicions=(heavy_tails,),
        prepare={"transform": "rank"},
        because="against a reference in which a gene is silent, z-scores reach thousands",
    ),
    "scaled": READY,
}
