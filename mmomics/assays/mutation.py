"""Somatic mutations or other genetic alterations: 1 = present."""

from mmomics.assays.contract import Scale

DEFAULT = "binary"
SCALES = {"binary": Scale(low=0, high=1, whole=True)}
