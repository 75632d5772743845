"""Quality of an assay: what was measured, samples that look wrong, and structure that should not be there. Nothing is dropped here.

Blind to the outcome: a sample is flagged by its values and its batch, never by what became of its subject.
"""

from __future__ import annotations

import re

import anndata
import numpy as np
import pandas as pd

from mmomics import keys
from mmomics.assays import _codes, contract
from mmomics.assays._suspicions import GROUPED
from mmomics.cohort.aside import aside
from mmomics.cohort.association import association
from mmomics.cohort.components import LEAST, Components, components
from mmomics.cohort.suspects import DEVIATIONS, SAME, copies, limits, outliers
from mmomics.errors import UserError, count, did_you_mean, listed

FLAGS = {
    "library_size": "the library size is far from that of the other samples",
    "missing": "much more is missing than in the other samples",
    "outlier": "far from the other samples on the leading components, and without neighbours",
    "impossible": "readings of the device that cannot be; they are gaps",
    "gravity": "at rest the device shows more or less than one g (mg), and could not be calibrated: movement is biased",
    "duplicate": "nearly the same values as a sample of another subject: a copy, or a swap",
}
FLAG_COLUMNS = ["modality", "sample", "flag", "value", "threshold", "explanation"]
CHECK_COLUMNS = ["modality", "check", "value", "p_value", "flagged", "explanation"]

LIBRARY = 0.01  # least standard deviation of log10 library size: 7 % more or less is never far
MORE_MISSING = 0.2  # a share of missing values less than this above the median is never much more
STRUCTURE, ALPHA = 0.02, 0.01  # share of the components' variance, and p-value, from which structure is flagged
IMPOSSIBLE = 0.005  # share of a record's readings that cannot be, above which it is flagged
GRAVITY = 10.0  # mg by which gravity may be off (van Hees et al. 2014, doi:10.1152/japplphysiol.00421.2014)
DULL = 0.1  # share of constant features worth a flag
SEX = {"sex", "gender", "female", "male", "isfemale", "ismale"}
ORDER = r"(?:run|injection|scan|acquisition)[\W_]?(?:order|date|day|id)"
OF_GENES = {"rna", "mirna", "single_cell", "methylation", "protein", "phospho", "cnv", "mutation"}
MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
DATE = re.compile(
    rf"\d{{1,2}}[-. ]{MONTH}(?:[-. ]\d{{2,4}})?|{MONTH}[-. ]\d{{1,2}}|\d{{4}}-\d\d-\d\d(?:[ T]00:00:00)?|\d\d?/\d\d?/\d{{2,4}}", re.I
)
TECHNICAL = re.compile(rf"(?:^|[\W_])(?:plate|batch|lane|run|slide|chip|{ORDER})(?:$|[\W_])", re.I)


def check_flag(flag: str, where: str) -> None:
    """Raise UserError if there is no such flag for a modality's `drop_flagged`."""
    if flag not in FLAGS:
        raise UserError(f"{where}.drop_flagged", f"there is no flag '{flag}'", did_you_mean(flag, FLAGS))


def measured(assay: anndata.AnnData) -> pd.DataFrame:
    """Quality of an assay as ingested: columns `metric` and `value`; `n_replicates` counts the samples beyond one per subject."""
    x = assay.X
    missing = np.isnan(x)
    absent = missing.all(axis=0)
    low, high = np.fmin.reduce(x, axis=0, initial=np.inf), np.fmax.reduce(x, axis=0, initial=-np.inf)
    n_subjects = assay.obs[keys.SUBJECT].nunique()
    metrics: dict[str, float] = {
        "n_samples": assay.n_obs, "n_subjects": n_subjects, "n_replicates": assay.n_obs - n_subjects, "n_features": assay.n_vars,
        "missing_share": _rounded(missing.mean() if x.size else 0.0), "all_missing_features": int(absent.sum()),
        "constant_features": int((low == high).sum()), "empty_samples": int(missing.all(axis=1).sum()),
        "zero_share": _rounded((x == 0).sum() / max(1, x.size - missing.sum())),
    }  # fmt: skip
    if not absent.all():
        metrics |= {"minimum": _rounded(low[~absent].min()), "maximum": _rounded(high[~absent].max())}
    if "impossible" in assay.obs:
        share = assay.obs["impossible"].to_numpy(float)
        metrics |= {"impossible_share": _rounded(share.max(initial=0)), "impossible_records": int((share > IMPOSSIBLE).sum())}
    if "gravity_left" in assay.obs and assay.obs["gravity_left"].notna().any():
        left = assay.obs["gravity_left"].to_numpy(float)
        metrics |= {"gravity_error": _rounded(np.nanmax(left)), "gravity_records": int((left > GRAVITY).sum())}
    if _scale(assay).library:
        sizes = np.quantile(np.nansum(x, axis=1, dtype=np.float64), [0.25, 0.5, 0.75])
        metrics |= {f"library_size_{name}": round(float(size), 3) for name, size in zip(("q25", "median", "q75"), sizes, strict=True)}
    return pd.DataFrame({"metric": list(metrics), "value": pd.Series(list(metrics.values()), dtype=object)})


def flags(name: str, assay: anndata.AnnData, obs: pd.DataFrame | None = None, found: Components | None = None) -> pd.DataFrame:
    """Samples that look wrong, each with why.

    Parameters
    ----------
    name : str
        The modality.
    assay : AnnData (n_samples, n_features)
        As `normalize` gives it. Samples without any value are not measured, and not flagged.
    obs : DataFrame, optional
        Rows of the samples table, by sample id or by ``assay.obs["subject"]``. Its `subject`, if there, says who is who.
    found : Components, optional
        Of the assay, where they are there already.

    Returns
    -------
    DataFrame
        `FLAG_COLUMNS`; none, one or several rows per sample; `flag` is a key of `FLAGS`.
    """
    found = components(assay) if found is None else found
    sample, rows = assay.obs_names.to_numpy(), found.rows
    raw = _measured_layer(assay)
    out: list[tuple[int, str, float, float, str]] = []
    if len(rows) >= LEAST:
        if _scale(assay).library:
            size = np.log10(np.maximum(np.add.reduce(raw, axis=1, dtype=float, where=~np.isnan(raw))[rows], 1e-12))
            low, high = limits(size, LIBRARY * DEVIATIONS)
            for i in np.flatnonzero((size < low) | (size > high)):
                out.append((rows[i], "library_size", 10 ** size[i], 10 ** (high if size[i] > high else low), FLAGS["library_size"]))
        share = np.isnan(assay.X).mean(axis=1)[rows]
        limit = limits(share, MORE_MISSING)[1]
        out += [(rows[i], "missing", share[i], limit, FLAGS["missing"]) for i in np.flatnonzero(share > limit)]
        out += [(rows[i], "outlier", value, limit, FLAGS["outlier"]) for i, value, limit in outliers(found)]
    for flag, column, limit in (("impossible", "impossible", IMPOSSIBLE), ("gravity", "gravity_left", GRAVITY)):
        if column in assay.obs:
            share = assay.obs[column].to_numpy(float)[rows]
            out += [(rows[i], flag, share[i], limit, FLAGS[flag]) for i in np.flatnonzero(share > limit)]
    if not _scale(assay).whole:
        subject = _subjects(assay, obs)
        partners: dict[int, list[tuple[str, float]]] = {}
        for left, right, value in copies(found, subject[rows]):
            for one, other in ((left, right), (right, left)):
                partners.setdefault(rows[one], []).append((sample[rows[other]], value))
        for place, others in partners.items():
            named = ", ".join(other for other, _ in others)
            out.append((place, "duplicate", max(value for _, value in others), SAME, f"{FLAGS['duplicate']} ({named})"))
    table = pd.DataFrame([(name, sample[place], *rest) for place, *rest in out], columns=FLAG_COLUMNS)
    return table.astype({"value": float, "threshold": float})


def checks(
    name: str,
    assay: anndata.AnnData,
    obs: pd.DataFrame | None = None,
    batch: str | None = None,
    found: Components | None = None,
    corrected: bool = False,
) -> pd.DataFrame:
    """What is odd about an assay as a whole.

    Parameters
    ----------
    name, assay, obs, found
        As of `flags`.
    batch : str, optional
        Column of `obs` with the technical batch. Columns called like plates, runs or sex are looked at unasked.
    corrected : bool
        Whether the settings take the batch out, on the training rows of each fold.

    Returns
    -------
    DataFrame
        `CHECK_COLUMNS`, one row per check: signs of another scale, constant features, `batch`, `drift` and `sex` structure. `flagged`
        is what a user should look at; the other rows say that a check was made and found nothing, or something usual.
    """
    found = components(assay) if found is None else found
    raw = _measured_layer(assay)
    suspicions = [each for test in _scale(assay).suspicions if (each := test(raw)) is not None]
    suspicions = [each for each in suspicions if each.name != GROUPED or not assay.uns.get(keys.UNGROUPED, False)]
    out = [(each.name, each.value, np.nan, each.flagged, each.explanation) for each in suspicions]
    low, high = np.fmin.reduce(raw, axis=0, initial=np.inf), np.fmax.reduce(raw, axis=0, initial=-np.inf)
    constant = float((low >= high).mean()) if raw.size else 0.0
    out.append(("constant_features", constant, np.nan, constant > DULL, "share of features with one value or none; models do not see them"))
    out += _names_and_codes(assay, raw, (low, high))
    if obs is not None:
        rows = _rows(assay, obs).iloc[found.rows]
        for column in rows:
            label = str(column)
            technical = label in (batch, keys.PART) or TECHNICAL.search(label)
            sex = re.sub(r"[\W_]", "", label).lower() in SEX and rows[column].nunique() == 2
            about = association(found, rows[column]) if technical or sex else None
            if about is None:
                continue
            check = "sex" if sex and label != batch else "drift" if about.ordered else "batch"
            explanation = f"share of the leading components' variance that goes with '{label}'"
            flagged = about.share >= STRUCTURE and about.p_value < ALPHA
            if flagged and label == keys.PART:
                explanation += ": the parts differ, and so will what was learned on one and tested on the other"
            elif flagged and check != "sex":
                explanation += (
                    ": values drift in the order of measurement"
                    if about.ordered
                    else f": `prepare.batch` {'takes' if corrected else 'can take'} it out"
                )
            out.append((check, about.share, about.p_value, flagged, explanation))
    table = pd.DataFrame([(name, *row) for row in out], columns=CHECK_COLUMNS)
    return table.astype({"value": float, "p_value": float, "flagged": bool})


def _names_and_codes(
    assay: anndata.AnnData, raw: np.ndarray, ends: tuple[np.ndarray, np.ndarray]
) -> list[tuple[str, float, float, bool, str]]:
    """Codes that stand for what is missing, genes that a spreadsheet took for dates, and features that are no measurements by name."""
    out = []
    beside = aside(assay.var_names, assay.uns["kind"]) if assay.uns["values"] != contract.RECORD else []
    if beside:
        named = f"called like what is no measurement ({listed(beside)}), and models would learn from them"
        cure = "`drop` them, or take their rows out of a file with samples in columns, unless they are measured"
        out.append(("not_measured", float(len(beside)), np.nan, True, f"features are {named}: {cure}"))
    if not _scale(assay).library and not _scale(assay).whole and assay.uns["values"] != contract.RECORD:
        places = _codes.suspected(*ends)
        told = {place: each for place in places.tolist() if (each := _codes.code(raw[:, place])) is not None}
        if told:
            which = listed(f"{assay.var_names[place]}: {value:g}, {count(n, 'time')}" for place, (value, n) in told.items())
            cure = f"looks like a code of what is missing ({which}): name it in `na_values` if so"
            out.append(("missing_codes", float(sum(n for _, n in told.values())), np.nan, True, cure))
    if assay.uns["kind"] in OF_GENES:
        dates = [name for name in assay.var_names if DATE.fullmatch(name)]
        if 0 < len(dates) < assay.n_vars / 2:
            what = f"genes that a spreadsheet took for dates ({listed(dates)}), such as MARCHF1 and SEPTIN2: take the names from the source"
            out.append(("dates_for_genes", float(len(dates)), np.nan, True, what))
    return out


def _rounded(value: float) -> float:
    return float(f"{float(value):.6g}")


def _scale(assay: anndata.AnnData) -> contract.Scale:
    return contract.scale(assay.uns["kind"], assay.uns["values"], "assay")[1]


def _measured_layer(assay: anndata.AnnData) -> np.ndarray:
    layer: np.ndarray = assay.layers.get(keys.MEASURED, assay.X)
    return layer


def _rows(assay: anndata.AnnData, obs: pd.DataFrame) -> pd.DataFrame:
    """The row of the samples table of every sample, by its id or else its subject; all missing where there is none."""
    place = obs.index.get_indexer(assay.obs_names)
    if keys.SUBJECT in assay.obs:
        place = np.where(place < 0, obs.index.get_indexer(assay.obs[keys.SUBJECT]), place)
    rows = obs.iloc[place].reset_index(drop=True)
    return rows.where(pd.Series(place >= 0), axis=0)


def _subjects(assay: anndata.AnnData, obs: pd.DataFrame | None) -> np.ndarray:
    own = assay.obs[keys.SUBJECT].astype(str).to_numpy(object) if keys.SUBJECT in assay.obs else assay.obs_names.to_numpy(object)
    if obs is None or keys.SUBJECT not in obs:
        return own
    known = _rows(assay, obs)[keys.SUBJECT]
    return known.astype(object).where(known.notna(), pd.Series(own)).astype(str).to_numpy(object)
