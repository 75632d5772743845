"""What devices measured, one number each: treadmill, body composition, bioenergetics, a summary exported by a wearable."""

from mmomics.assays.contract import MEASURED, READY

DEFAULT = "numeric"
SCALES = {"numeric": MEASURED, "scaled": READY}
