"""Clinical and laboratory measurements in a table of their own: blood values, scores, questionnaires."""

from mmomics.assays.contract import MEASURED, READY

DEFAULT = "numeric"
SCALES = {"numeric": MEASURED, "scaled": READY}
