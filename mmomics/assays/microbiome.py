"""Microbial taxa or genes: a composition, so only ratios within a sample say anything."""

from mmomics.assays._suspicions import all_zero, composition, grouped
from mmomics.assays.contract import READY, Scale

DEFAULT = "counts"
SCALES = {
    "counts": Scale(low=0, library=True, recipe=("centred_log_ratio",), suspicions=(composition, grouped)),
    "relative": Scale(low=0, library=True, recipe=("centred_log_ratio",)),  # shares or per cent
    "presence": Scale(
        low=0,
        high=1,
        whole=True,
        suspicions=(all_zero,),
        prepare={"min_prevalence": 0.1},
        because="most taxa are those of a few people",
        replicates="max",  # half a presence is none
    ),
    "scaled": READY,
}
