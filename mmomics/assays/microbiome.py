"""Microbial taxa or genes: a composition, so only ratios within a sample say anything."""

import numpy as np

from mmomics.assays.contract import READY, Scale


def centred_log_ratio(values: np.ndarray) -> np.ndarray:
    """Logarithm of each part over the geometric mean of its sample; a zero counts as half the sample's smallest part.

    References
    ----------
    Aitchison (1982). The statistical analysis of compositional data. https://doi.org/10.1111/j.2517-6161.1982.tb01195.x
    """
    smallest = np.min(values, axis=1, keepdims=True, initial=np.inf, where=values > 0)
    logs = np.log(np.where(values == 0, smallest / 2, values))
    return logs - np.nanmean(logs, axis=1, keepdims=True)


DEFAULT = "counts"
SCALES = {
    "counts": Scale(low=0, library=True, normalise=centred_log_ratio),
    "relative": Scale(low=0, library=True, normalise=centred_log_ratio),  # shares or per cent
    "scaled": READY,
}
