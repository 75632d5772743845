"""Guesses about a table: what assay it is, on which scale, which way round, and whose samples it holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mmomics.devices import _formats
from mmomics.onboarding import expression, runs

# words in a file's name -> kind of assay; the first that fits wins, so longer words come first
KINDS = {
    "mirna": "mirna", "microrna": "mirna", "phospho": "phospho", "microb": "microbiome", "taxa": "microbiome", "otu": "microbiome",
    "metab": "metabolome", "lipid": "lipidome", "meth": "methylation", "beta": "methylation", "rppa": "protein", "prot": "protein",
    "olink": "protein", "soma": "protein", "mutation": "mutation", "genetic": "mutation", ".maf": "mutation", "gistic": "cnv",
    "all_thresholded": "cnv", "all_data_by_genes": "cnv", "focal_data": "cnv", ".seg": "cnv", ".adat": "protein", "cnv": "cnv",
    "data_cna": "cnv", "copy": "cnv", "drug": "drug_response", "cytof": "cytometry", "flow": "cytometry",
    "single_cell": "single_cell", "10x": "single_cell", "device": "device_summary", "seahorse": "device_summary", "lab": "clinical",
    "health": "clinical", "bio.": "clinical", "blood": "clinical", "analyte": "clinical", "rna": "rna",
    "expr": "rna", "fpkm": "rna", "tpm": "rna", "gene": "rna",
}  # fmt: skip
COHORT = "metabric"  # of breast cancers: no metabolome
SIGNALS = {
    "hypno": "sleep",
    "ecg": "ecg", "ekg": "ecg", "psg": "eeg", "eeg": "eeg", "ppg": "ppg", "pleth": "ppg", "cgm": "cgm", "glucose": "cgm", "dexcom": "cgm",
    "libre": "cgm", "acti": "activity", "accel": "accelerometer", "heart": "heart_rate", "hr": "heart_rate", "energy": "energy",
    "resp": "respiration",
}  # fmt: skip
FORMATS = {".edf": "eeg", ".bdf": "eeg", ".hea": "ecg", ".awd": "activity", ".agd": "activity"}
WORDS = {  # scales that a file's name tells better than its values
    "protein": ("rppa", "log2ratio", "npx", "somascan"), "phospho": ("log2ratio",), "metabolome": ("log2ratio",), "drug_response": ("auc",),
}  # fmt: skip
TIME = re.compile(
    r"^(time|timestamp|date|datetime|date_time|days?|local_?time|device timestamp|activity_?(minute|hour|date|day)|sleep_?day"
    r"|(?-i:startDate)|summary_date)$",
    re.IGNORECASE,
)
TAKEN = re.compile(r"drawn|draw|collect|sampl|specimen|taken|biops|visit|blood", re.IGNORECASE)  # names of when a specimen was taken
OTHERWISE = re.compile(r"birth|dob|death|died|dead|follow|last|diagnos|relapse|progress|surg|treat", re.IGNORECASE)  # other dates
MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
WRITTEN = re.compile(r"\d{1,4}[-/. ](\d\d?|[A-Za-z]{3})[-/. ]\d{2,4}( \d\d?:\d\d.*)?$")  # dates that are written otherwise
NEGATIVE = re.compile(
    r"^(0|no|n|nein|non|false|none|living|neg\w*|control\w*|ctrl|ctl|healthy|normal|benign|wild.?type|wt|sed\w*|placebo|alive)$",
    re.IGNORECASE,
)
LOGGED_SIGNAL = 64  # no logarithm to base 2 of what an instrument counts is above
BARCODE = re.compile(r"^TCGA-\w\w-\w{4}")
PATIENT = r"^(.{12})"  # in such a one


NAMES = {  # of features
    "rna": r"ENS[A-Z]*[GT]\d{5,}(\.\d+)?", "methylation": r"c[gh]\d{6,8}", "mirna": r"[a-z]{3}-(mir|let|miR)-.+",
    "microbiome": r"(k|d|sk)__.*", "protein": r"OID\d{5}",
}  # fmt: skip
HEADS = {  # of columns that describe features
    "microbiome": r"#? ?(otu|asv)s?([_. ]?id)?|clade[_. ]name|taxon(omy)?",
    "protein": r"(majority[. ])?protein[. _](group|id|name|accession)s?|uniprot.*",
}
BESIDE = re.compile(  # columns of tables with samples in columns that describe the features
    r"((gene|transcript|feature|probe|entrez|ensembl|hgnc|hugo|protein|locus|tax)[_. ]?)*"
    r"(name|symbol|type|biotype|id|ids|length|description|version)"
    r"|symbol|description|locus|cytoband|chr|chrom|chromosome|seqnames|start|end|strand|length|width|biotype|taxonomy|lineage|m/?z|rt",
    re.IGNORECASE,
)  # fmt: skip


def kind(name: str, features: Sequence[str] = (), heads: Sequence[str] = ()) -> str:
    """Kind of assay by the name of a file, or else of its features, or of the columns that describe these; ``generic`` if nothing tells."""
    found = next((found for word, found in KINDS.items() if word in name.lower().replace(COHORT, "")), "generic")
    found = next((kind for kind, form in HEADS.items() if any(re.fullmatch(form, each, re.IGNORECASE) for each in heads)), found)
    if found != "generic" or not features:
        return found
    alike = {kind: sum(bool(re.fullmatch(form, each)) for each in features) for kind, form in NAMES.items()}
    return next((kind for kind, n in alike.items() if n > len(features) / 2), found)


def signal(name: str, channels: Sequence[str] = ()) -> str:
    """Kind of signal by the name of a file, of its format, or of its channels; ``series`` if nothing tells."""
    for text in (name, *channels):
        words = re.split(r"[^a-z0-9]+", text.lower())
        for word, found in SIGNALS.items():
            if word in words or (len(word) > 3 and word in text.lower()):
                return found
    return next((found for end, found in FORMATS.items() if end in name.lower()), "series")


def scale(assay: str, values: np.ndarray, name: str = "", sums: Callable[[], np.ndarray | None] = lambda: None) -> tuple[str | None, str]:
    """Scale of the values and the reason; None leaves the kind's default.

    Parameters
    ----------
    assay : str
        The kind.
    values : array (n_samples, n_features) or (n_values,)
        Some of them, NaN = missing.
    name : str
        The file's name, which may say it.
    sums : callable
        What the samples of the whole table add up to, or None: asked only where nothing else tells.
    """
    seen = values[np.isfinite(values)]
    if not len(seen):
        return None, "no value to tell by"
    low, high = float(seen.min()), float(seen.max())
    whole = bool((seen == np.rint(seen)).all())
    told = f"values {low:g} to {high:g}"
    if assay == "protein" and ".adat" in name.lower():
        return ("somascan_rfu" if high > LOGGED_SIGNAL else "somascan"), f"an ADAT of SomaScan, {told}"
    for word in WORDS.get(assay, ()):
        if word in name.lower():
            return word, f"the file's name says {word}"
    if assay in ("rna", "mirna"):
        return expression.scale(assay, values, name, sums)
    if assay == "single_cell":
        return ("counts", told) if low >= 0 and (whole or high > expression.LOGGED) else ("log", told)
    if assay == "methylation":
        return ("beta", told) if low >= 0 and high <= 1 else ("m_value", told)
    if assay == "mutation":
        return ("binary", "0 and 1") if whole and set(np.unique(seen)) <= {0, 1} else ("counts", told)
    if assay == "cnv":
        return ("gistic", "whole numbers -2 to 2") if whole and low >= -2 and high <= 2 else ("log_ratio", told)
    if assay == "microbiome":
        if whole and set(np.unique(seen)) <= {0, 1}:
            return "presence", "0 and 1"
        return ("counts", "whole numbers") if whole else ("relative", told)
    if assay in ("metabolome", "lipidome", "protein", "phospho"):
        return ("intensity", f"values up to {high:g}") if low >= 0 and high > LOGGED_SIGNAL else ("log2", told)
    return None, told


def moments(cells: pd.DataFrame) -> dict[str, list[str]]:
    """Columns with dates or times at which specimens may have been taken, the likeliest first, with formats that fit; ISO 8601 needs none.

    Of day and month that may be swapped, the day comes first.
    """
    found: list[tuple[bool, bool, int, str, list[str]]] = []
    for name in map(str, cells.columns):
        told = cells[name].dropna().astype(str).str.strip()
        if not len(told) or OTHERWISE.search(name):
            continue
        iso = told.map(lambda cell: bool(MOMENT.fullmatch(cell))).all()
        forms = [] if iso else list(_formats.fitting(told)) if told.map(lambda cell: bool(WRITTEN.match(cell))).all() else []
        if iso or forms:
            found.append((not TAKEN.search(name), told.str.len().max() <= 10, len(found), name, forms))
    return {name: forms for *_, name, forms in sorted(found)}


def positive(levels: Sequence[str]) -> str:
    """The one of two classes that scores should speak for: not the one that is called as healthy people or no are."""
    return next((level for level in reversed(levels) if not NEGATIVE.search(level)), levels[-1])


def subject_pattern(samples: Sequence[str], subjects: Sequence[str]) -> str | None:
    """A pattern that takes sample ids to subjects; None if they agree already, or none of a few usual ones does it."""
    known = set(subjects)
    if known.intersection(samples):
        return None
    usual = [
        r"([^/]+?)(?:\.sorted)?\.bam$", r"([^/]+?)[._-]?(?:Aligned|sort|dedup|markdup)[^/]*\.bam$", r"([^/]+?)[._-][^/]*\.bam$",
        r"([^/]+)/[^/]+\.bam$", PATIENT, r"^([^-_. ]+)", r"^([^_.]+)", r"^(.+)[-_.][^-_.]+$", r"^0*(\d+)$", r"(\d+)$",
    ]  # fmt: skip
    for pattern in usual:
        matches = [match[1] for name in samples if (match := re.search(pattern, name))]
        if len(matches) == len(samples) and len(known.intersection(matches)) >= max(1, min(len(set(matches)), len(known)) // 2):
            return pattern
    if within := runs.pattern(samples, subjects):
        return within
    return PATIENT if samples and all(BARCODE.match(name) for name in samples) else None
