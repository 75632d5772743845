"""Somatic mutations or other genetic alterations: present or not, or how many."""

from mmomics.assays._suspicions import all_zero
from mmomics.assays.contract import Scale

DEFAULT = "binary"
SCALES = {
    "binary": Scale(
        low=0,
        high=1,
        whole=True,
        suspicions=(all_zero,),
        prepare={"min_prevalence": 0.02},
        because="an alteration of one person in a hundred marks that person, whatever the outcome",
        replicates="max",  # half a presence is none
    ),
    "counts": Scale(low=0, whole=True, recipe=("log1p",), suspicions=(all_zero,)),  # mutational load
}
