"""Results that are poorer or richer than usual still make a report."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.report.parsed import Page

TABLES = ("metrics", "summary", "comparisons", "ranking", "calibration", "curves")


def only(result, models):
    for name in TABLES:
        table = pd.read_csv(result.folder / "evaluate" / f"{name}.tsv", sep="\t")
        keep = table["model"].isin(models)
        if "reference" in table:
            keep &= table["reference"].isin(models)
        result.tsv(f"evaluate/{name}.tsv", table[keep])


def without_intervals(result):
    for name, columns in {
        "summary": ["lower", "upper"],
        "comparisons": ["lower", "upper", "p_value"],
        "imputation": ["lower", "upper"],
    }.items():
        table = pd.read_csv(result.folder / "evaluate" / f"{name}.tsv", sep="\t")
        table[columns] = np.nan
        result.tsv(f"evaluate/{name}.tsv", table)


def single_networks(result):
    for file in result.folder.glob("explain/*/features.tsv"):
        table = pd.read_csv(file, sep="\t").assign(stability=np.nan)
        table.to_csv(file, sep="\t", index=False)


def nothing_evaluated(result):
    for name in (*TABLES, "imputation"):
        file = result.folder / "evaluate" / f"{name}.tsv"
        file.write_text(file.read_text().splitlines()[0] + "\n")


CASES = {
    "one fusion model": (lambda result: only(result, ["poe_vae"]), "There is no baseline to compare it with"),
    "one baseline": (lambda result: only(result, ["linear"]), "There is no deep fusion model to compare it with"),
    "one of each": (lambda result: only(result, ["linear", "poe_vae"]), "Against the best baseline"),
    "no intervals": (without_intervals, "no interval"),
    "models of one network": (single_networks, "What drives the prediction"),
    "nothing evaluated": (nothing_evaluated, "No model was evaluated on this cohort"),
}


@pytest.mark.parametrize("task", ["binary", "survival"])
@pytest.mark.parametrize("case", CASES)
def test_report_is_made(case, task, results):
    change, said = CASES[case]
    result = results(task)
    change(result)
    text = Page(result.report()).text
    assert said in text
    assert not set(re.findall(r"[\w.]+", text)) & {"nan", "NaN", "inf", "None", "NaT"}


def test_an_interval_that_is_not_known_is_not_invented(results):
    result = results("binary")
    without_intervals(result)
    first = Page(result.report().split('<div class="lead">')[1].split("</div>")[0]).text
    assert "interval" not in first and "poe_vae" in first
