"""What shows only when the modalities of a cohort are joined, of as little of each as tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import anndata
import pandas as pd

from mmomics import keys
from mmomics.cohort.align import together
from mmomics.cohort.data import from_mudata
from mmomics.cohort.member import STRAY, Member
from mmomics.cohort.quality import FLAGS, SEX
from mmomics.cohort.split import split
from mmomics.config.cohort import Cohort
from mmomics.config.run import Study
from mmomics.errors import count, listed
from mmomics.onboarding.findings import Findings
from mmomics.onboarding.suspicion import looked_at, suspicions


def brief(one: Member) -> Member:
    """A modality without the values that nothing below looks at, so that many large ones can be held side by side."""
    whole, chosen = one.single, looked_at(one.single.n_vars)
    single = anndata.AnnData(whole.X[:, chosen], whole.obs, whole.var.iloc[chosen], whole.uns, obsm=dict(whole.obsm))
    return replace(one, given=anndata.AnnData(obs=one.given.obs), single=single)


def tell(found: Findings, cohort: Cohort, study: Study | None, frame: pd.DataFrame, members: dict[str, Member]) -> None:
    """What shows only when all is joined; the modalities that could be read are enough."""
    rules = study.split if study else cohort.split
    part = cohort.model_copy(update={"modalities": {name: cohort.modalities[name] for name in members}})
    aligned = found.tried(lambda: together(part, rules, members, frame))
    if aligned is None:
        return
    strays = aligned.unmatched[aligned.unmatched["found"] == STRAY]
    for name, rows in strays.groupby("modality", sort=False):
        found.warnings.append(
            f"modality {name}: {count(len(rows), 'id is', 'ids are')} not in the samples table and left out ({listed(rows['id'])})"
        )
    for name, rows in aligned.records.groupby("modality", sort=False):
        told = rows["status"].value_counts()
        short = told.drop("ok", errors="ignore")
        if len(short):
            reasons = ", ".join(f"{reason}: {n}" for reason, n in short.items())
            found.warnings.append(
                f"modality {name}: {told.get('ok', 0)} of {count(len(rows), 'specimen')} with a record that tells ({reasons})"
            )
    found.warnings += [*_structure(aligned.quality, part, study), *flagged(aligned.flags)]
    data = from_mudata(aligned.cohort)
    found.tried(lambda: split(data.obs, rules, 0))
    found.warnings += list(suspicions(data))


def _structure(checks: pd.DataFrame, cohort: Cohort, study: Study | None) -> Iterator[str]:
    """Flagged checks of whole modalities, but for what the cohort file has seen to."""
    covariates = {re.sub(r"[\W_]", "", name).lower() for name in cohort.covariates}
    for row in checks[checks["flagged"]].itertuples():
        prepare = study.prepare_of(row.modality) if study and row.modality in study.prepare_each else cohort.prepare
        seen_to = {
            "sex": bool(covariates & SEX), "batch": prepare.batch is not None and f"'{keys.PART}'" not in row.explanation,
            "heavy_tails": prepare.transform == "rank", "constant_features": row.modality in cohort.devices,
        }  # fmt: skip
        if not seen_to.get(row.check, False):
            yield f"modality {row.modality}: {row.check.replace('_', ' ')} {row.value:.3g}: {row.explanation}"


def flagged(flags: pd.DataFrame) -> Iterator[str]:
    """One line per flag: which modalities, and which samples."""
    for flag, rows in flags.groupby("flag", sort=False):
        where = ", ".join(f"{name} ({listed(samples, 3)})" for name, samples in rows.groupby("modality", sort=False)["sample"])
        many = count(len(rows), "sample is", "samples are")
        left_out = int(rows["dropped"].sum())
        all_of = "they are" if left_out == len(rows) else f"{left_out} of them {'is' if left_out == 1 else 'are'}"
        cure = f"{all_of} left out by `drop_flagged`" if left_out else "look at them, `drop_flagged` leaves them out"
        yield f"{many} flagged `{flag}`, {FLAGS[str(flag)]}: {where}; {cure}"
