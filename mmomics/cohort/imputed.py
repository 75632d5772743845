"""The cohort with its gaps filled in: measured values untouched, imputed values beside them and marked as such."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.cohort.data import CohortData, from_mudata, write_cohort
from mmomics.cohort.prepare import Fitted, Preparation
from mmomics.preparation.contract import Obs, pack

SEEN, IMPUTED, IMPUTED_SD = "seen", "imputed", "imputed_sd"
PREDICTABILITY, BY, GAPS = "predictability", "imputed_by", "gaps_by"
MEAN = "mean"

log = logging.getLogger(__name__)

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]  # positions among the cohort's subjects, mean and sd (n_rows, n_kept)


@dataclass(frozen=True)
class Imputation:
    """What an imputer says of a cohort.

    Attributes
    ----------
    imputer : str
    drawn : dict of str to (rows, mean, sd)
        Whole assays of the subjects that lack them, for the features that the preparation kept, on the scale of the normalised assay.
    gaps : dict of str to (rows, mean, sd)
        Likewise, of subjects whose measured assay lacks single values; only these are taken from it.
    predictability : dict of str to array (n_kept,)
        Share (0..1) of each feature's variance that the other assays predict, as far as the imputer knows.
    about : dict
        Provenance: version, seed, cohort, settings (JSON).
    distance : DataFrame
        One column per modality, index = subjects: how far a subject that lacks it lies from those who have it (see there).
    embeddings : dict of str to array (n_subjects, n)
        Of shipped models, by model; rows are the cohort's subjects. None: the model has none.
    """

    imputer: str
    drawn: Mapping[str, Drawn]
    gaps: Mapping[str, Drawn] = field(default_factory=dict)
    predictability: Mapping[str, np.ndarray] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    distance: pd.DataFrame = field(default_factory=pd.DataFrame)
    embeddings: Mapping[str, np.ndarray | None] = field(default_factory=dict)


def write_imputed(source: str | Path, target: str | Path, imputation: Imputation, preparation: Preparation) -> None:
    """Copy a cohort and add the subjects that lack an assay to it, with `obs["seen"]` False.

    `X` holds what was measured, NaN for what was not. In `layers["imputed"]` every value is the measured one where there is one, else the
    imputed mean, and `layers["imputed_sd"]` is its standard deviation. NaN in `X` is what tells an imputed value: its standard deviation
    may be 0, too, as where a feature never varies. `var["imputed_by"]` says what fills a feature where the whole assay is missing (the
    imputer), `var["gaps_by"]` what fills it where a measured assay lacks it: the imputer, too, but for assays where the preparation takes
    a missing value for one too little to be detected (its fill `minimum`). A feature that the preparation left out, and so no imputer
    knows, has the mean and standard deviation of its measured values: both are `mean`. One that nobody has a value
    of stays NaN, and both are empty. Subjects of whom nothing was measured have no row in the assays that they lack. An assay that nobody
    could learn is not filled: `uns["imputation"]["not_filled"]` names it. Where the preparation takes off batches or a reference,
    imputed values are without them, beside measured ones with them: of each assay, `uns["imputation"]["without"]` says so.
    """
    import mudata as md

    cohort = md.read_h5mu(source)
    data = from_mudata(cohort)
    modalities = {name: _filled(name, assay, data, preparation.get(name), imputation) for name, assay in cohort.mod.items()}
    result = md.MuData(modalities)
    result.obs = cohort.obs.loc[result.obs_names]
    for name in modalities:
        result.obs[f"{name}:{SEEN}"] = pd.Series(data.seen[name], index=data.subjects).loc[result.obs_names].to_numpy()
    order = cohort.obs_names.get_indexer(result.obs_names)
    for model, embedding in imputation.embeddings.items():
        if embedding is not None:
            result.obsm[f"X_{model}"] = embedding[order]
    for key, value in cohort.uns.items():
        result.uns[key] = value
    unfilled = [name for name in modalities if name != keys.CLINICAL and not data.seen[name].all() and name not in imputation.drawn]
    if unfilled:
        log.warning("%s: lacked by some and filled for nobody, as there was nothing to learn them from", ", ".join(unfilled))
    about = {"imputer": imputation.imputer, "not_filled": np.array(unfilled, dtype=object), **imputation.about}
    result.uns["imputation"] = about
    write_cohort(target, result)


def _filled(name: str, assay: ad.AnnData, data: CohortData, fitted: Fitted | None, imputation: Imputation) -> ad.AnnData:
    """One assay with the rows that were drawn, in the order of the cohort."""
    rows, mean, sd = imputation.drawn.get(name, (np.array([], dtype=int), None, None))
    own = np.union1d(np.flatnonzero(data.seen[name]), rows)
    values = data.values[name][own]
    imputed, spread = values.copy(), np.where(np.isnan(values), np.nan, np.float32(0))
    var = assay.var.assign(**{PREDICTABILITY: np.nan, BY: "", GAPS: ""})
    without: list[str] = []
    if name != keys.CLINICAL and fitted is not None:
        kept = pd.Index(data.features[name]).get_indexer(fitted.features)
        some, told, error, fill = _within(name, own, data, fitted, imputation)
        place = np.ix_(some, kept)
        gaps = np.isnan(values[place])
        imputed[place], spread[place] = np.where(gaps, told, imputed[place]), np.where(gaps, error, spread[place])
        if mean is not None and sd is not None:
            place = np.ix_(np.searchsorted(own, rows), kept)
            imputed[place], spread[place] = mean, sd
        var.iloc[kept, var.columns.get_loc(GAPS)] = fill
        var.iloc[kept, var.columns.get_loc(BY)] = fill if mean is None else imputation.imputer
        without = [place for place in ("batch", "reference") if getattr(fitted, place) is not None]
        if name in imputation.predictability:
            var.iloc[kept, var.columns.get_loc(PREDICTABILITY)] = imputation.predictability[name]
    if name != keys.CLINICAL:
        _by_mean(imputed, spread, values, var)
    obs = pd.DataFrame({SEEN: data.seen[name][own]}, index=data.subjects[own])
    if name in imputation.distance:
        obs["distance"] = imputation.distance[name].reindex(obs.index)
    order = np.argsort(pd.Index(data.subjects).get_indexer(assay.obs_names))
    obsm = {key: _spread_out(np.asarray(block)[order], data.seen[name][own]) for key, block in assay.obsm.items()}
    made = ad.AnnData(
        values,
        obs=obs,
        var=var.astype({BY: "category", GAPS: "category"}),
        obsm=obsm,
        layers={IMPUTED: imputed, IMPUTED_SD: spread},
        uns=dict(assay.uns),
    )
    made.uns["imputation"] = {"imputer": imputation.imputer, "n_imputed": len(rows), "without": np.array(without, dtype=object)}
    return made


def _within(
    name: str, own: np.ndarray, data: CohortData, fitted: Fitted, imputation: Imputation
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Whose measured assay lacks single values (positions in `own`), what fills them and how uncertain (n_some, n_kept), and what did so.

    The imputer or, as uncertain as the feature varies, the preparation.
    """
    if name in imputation.gaps:
        rows, mean, sd = imputation.gaps[name]
        return np.searchsorted(own, rows), mean, sd, imputation.imputer
    values, fill = data.values[name][own], MEAN if fitted.fill is None else pack(fitted.fill)[1]["name"]
    kept = pd.Index(data.features[name]).get_indexer(fitted.features)
    some = np.flatnonzero(np.isnan(values[:, kept]).any(axis=1) & data.seen[name][own])
    if not len(some):
        return some, values[some][:, kept], values[some][:, kept], fill
    prepared = fitted.apply(values[some], data.features[name], name, Obs(data.obs.iloc[own[some]]))
    return some, *fitted.restore(prepared, np.ones_like(prepared)), fill


def _by_mean(imputed: np.ndarray, spread: np.ndarray, values: np.ndarray, var: pd.DataFrame) -> None:
    """What is still missing, by the mean of its feature."""
    empty = np.isnan(imputed)
    known = ~np.isnan(values).all(axis=0)
    columns = np.flatnonzero(empty.any(axis=0) & known)
    mean, sd = np.nanmean(values[:, columns], axis=0), np.nanstd(values[:, columns], axis=0)
    imputed[:, columns] = np.where(empty[:, columns], mean, imputed[:, columns])
    spread[:, columns] = np.where(empty[:, columns], sd, spread[:, columns])
    for column in (BY, GAPS):
        var.iloc[np.flatnonzero(known & (var[column] == "").to_numpy()), var.columns.get_loc(column)] = MEAN


def _spread_out(block: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Rows of the measured subjects, in the order of the cohort, among all; NaN for the others."""
    out = np.full((len(seen), *block.shape[1:]), np.nan, dtype=np.float32)
    out[seen] = block
    return out


def write_tables(source: str | Path, folder: Path) -> None:
    """The filled assays as tables, one row per subject: `<modality>.tsv` and, with the standard deviations, `<modality>.sd.tsv`."""
    import mudata as md

    for name, assay in md.read_h5mu(source).mod.items():
        if name == keys.CLINICAL:
            continue
        for ending, layer in (("", IMPUTED), (".sd", IMPUTED_SD)):
            table = pd.DataFrame(assay.layers[layer], index=assay.obs_names, columns=assay.var[keys.FEATURE])
            table.to_csv(folder / f"{name}{ending}.tsv", sep="\t", index_label=keys.SUBJECT, float_format="%.6g")
