"""Whatever is wrong with the files or the cohort file: one line that says where, what and how to mend it, and status 2.

Every case spoils one thing of a small cohort in order and runs the verbs as the workflow does. The first verb that can see it refuses;
nothing half-written stays; `mmomics check` says the same beforehand.
"""

import gzip
import io
import json
import logging
import shutil
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
import yaml

from mmomics.__main__ import main
from mmomics.tables import _text

N = 30
SUBJECTS = [f"S{number:02d}" for number in range(N)]
WEARERS = SUBJECTS[:3]
CGM = {"signal": "cgm", "files": "cgm/{subject}.csv", "time_zone": "Europe/Berlin"}
ECG = {"signal": "ecg", "files": "ecg/{subject}.hea"}
EEG = {"signal": "eeg", "files": "eeg/{subject}.edf"}


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """Folder of a cohort in order: counts, beta values, clinic, glucose of three people, an ECG and an EEG of one."""
    import edfio
    import wfdb

    folder = tmp_path_factory.mktemp("order")
    rng = np.random.default_rng(5)
    index = pd.Index(SUBJECTS, name="id")
    clinic = {
        "y": np.where(np.arange(N) % 2, "case", "control"), "age": np.round(rng.uniform(30, 80, N), 4), "sex": ["f", "m", "m"] * 10,
        "plate": ["p1", "p2", "p3"] * 10, "days": rng.integers(10, 900, N), "died": rng.integers(0, 2, N),
        "part": ["train", "train", "test"] * 10, "drawn": "2021-06-15 08:00", "shift": 0, "woman": np.arange(N) // 2,
    }  # fmt: skip
    pd.DataFrame(clinic, index).to_csv(folder / "s.csv")
    pd.DataFrame(rng.poisson(90, (N, 8)), index, [f"g{i}" for i in range(8)]).to_csv(folder / "rna.csv")
    pd.DataFrame(rng.uniform(0.05, 0.95, (N, 6)).round(4), index, [f"cg{i}" for i in range(6)]).to_csv(folder / "meth.csv")
    for name in ("cgm", "ecg", "eeg"):
        (folder / name).mkdir()
    for name in WEARERS:
        clock = pd.date_range("2021-06-14 00:00", periods=288, freq="5min")
        glucose = (120 + 30 * np.sin(np.arange(288) / 20) + rng.normal(0, 4, 288)).round(1)
        pd.DataFrame({"time": clock, "glucose": glucose}).to_csv(folder / f"cgm/{name}.csv", index=False)
    beats = np.sin(np.arange(2500) / 40)[:, None]
    wfdb.wrsamp("S00", fs=250, units=["mV"], sig_name=["II"], p_signal=beats, fmt=["16"], write_dir=str(folder / "ecg"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wave = edfio.EdfSignal(rng.normal(0, 20, 3000), 100, label="EEG Fpz-Cz", physical_dimension="uV", physical_range=(-200, 200))
        edfio.Edf([wave]).write(folder / "eeg/S00.edf")
    return folder


def settings(folder):
    return {
        "title": "t", "folder": str(folder), "samples": {"files": "s.csv", "index": "id"}, "covariates": ["age", "sex"],
        "outcome": {"task": "binary", "column": "y", "positive": "case"}, "split": {"folds": 3, "inner": 2},
        "modalities": {"rna": {"kind": "rna", "files": "rna.csv"}, "meth": {"kind": "methylation", "files": "meth.csv"}},
    }  # fmt: skip


# --- what spoils a cohort: each edit takes the settings and the folder ---------------------------------------------------


def key(path, value=None):
    """Another value of a key of the cohort file; None takes it out."""

    def edit(content, folder):
        *above, last = path.split(".")
        for step in above:
            content = content.setdefault(step, {})
        content.pop(last, None)
        if value is not None:
            content[last] = value

    return edit


def raw(name, change):
    """Other bytes of a file: all of them, or a change of those that are there."""

    def edit(content, folder):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(change(path.read_bytes()) if callable(change) else change)

    return edit


def text(name, change):
    return raw(name, lambda content: change(content.decode()).encode())


def cells(name, change, **options):
    """Other cells of a table, read as text."""

    def edit(content, folder):
        frame = pd.read_csv(folder / name, index_col=0, dtype=str)
        changed = change(frame)
        (frame if changed is None else changed).to_csv(folder / name, **options)

    return edit


def cell(name, row, column, value):
    return cells(name, lambda frame: frame.assign(**{column: frame[column].where(frame.index != row, value)}))


def column(name, column, value):
    return cells(name, lambda frame: frame.assign(**{column: value}))


def device(name, about, **more):
    return key(f"modalities.{name}", {**about, **more})


def survival(**more):
    return key("outcome", {"task": "survival", "time": "days", "event": "died", **more})


def packed(name, members):
    """A zip archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return raw(name, out.getvalue())


def first_lines(n):
    return lambda content: "".join(content.splitlines(keepends=True)[:n])


def times(change):
    """Other times of the first person's glucose."""

    def edit(content, folder):
        path = folder / "cgm/S00.csv"
        frame = pd.read_csv(path)
        frame.iloc[:, 0] = change(pd.to_datetime(frame["time"])).astype(str)
        frame.to_csv(path, index=False)

    return edit


def overlapping(content, folder):
    frame = pd.read_csv(folder / "cgm/S00.csv")
    values = frame.select_dtypes("number").columns  # that differ, or what both hold would be there once
    for part in (1, 2):
        frame.assign(**{name: frame[name] + part for name in values}).to_csv(folder / f"cgm/S00_{part}.csv", index=False)


def edf(at, content):
    return raw("eeg/S00.edf", lambda old: old[:at] + content + old[at + len(content) :])


RNA, METH, S = "modalities.rna", "modalities.meth", "samples"
WHEN = key("samples.time", "drawn")
BEFORE = {"align": {"window": "before", "length": "1 d"}}

# name -> edits, the verb that meets it first, phrases of its line
BROKEN = {
    # the cohort file
    "tabs": ([raw("c.yaml", b"title: t\n\tfolder: x\n")], "settings", ["c.yaml line 2", "not valid YAML"]),
    "key twice": ([text("c.yaml", lambda t: t + "title: again\n")], "settings", ["line", "'title' stands there twice"]),
    "empty YAML": ([raw("c.yaml", b"")], "settings", ["c.yaml", "holds no keys"]),
    "a list": ([raw("c.yaml", b"- a\n- b\n")], "settings", ["c.yaml", "expected a mapping"]),
    "YAML in latin-1": ([raw("c.yaml", "title: Köln".encode("latin-1"))], "settings", ["c.yaml", "is not UTF-8 text (byte 8)"]),
    "YAML that makes objects": ([raw("c.yaml", b"title: !!python/object/apply:os.system [ls]\n")], "settings", ["c.yaml line 1"]),
    "YAML that refers to itself": ([raw("c.yaml", b"title: &a [*a]\n")], "settings", ["c.yaml"]),
    "YAML in a thousand brackets": ([raw("c.yaml", b"title: " + b"[" * 3000)], "settings", ["c.yaml"]),
    "misspelt key": ([key("covariate", ["age"])], "settings", ["unknown key 'covariate'", "did you mean 'covariates'?"]),
    "missing key": ([key("outcome")], "settings", ["the key 'outcome' is missing"]),
    "wrong type": ([key("covariates", "age")], "settings", ["covariates: expected list", "found 'age'"]),
    "bare yes": ([key("outcome.positive", True)], "settings", ["outcome.positive", "put the value in quotes"]),
    "a number for a mapping": ([key("modalities", 3)], "settings", ["modalities: expected mapping", "found 3"]),
    "no modality": ([key("modalities", {})], "settings", ["modalities"]),
    "modality of a bad name": ([key("modalities.<script>", {"kind": "rna", "files": "rna.csv"})], "settings", ["'<script>'", "letters"]),
    "modality called clinical": ([key("modalities.clinical", {"kind": "rna", "files": "rna.csv"})], "settings", ["'clinical' is kept"]),
    "extends itself": ([key("extends", "c")], "settings", ["c.yaml", "extends itself"]),
    "extends in a circle": ([key("extends", "d"), raw("d.yaml", b"extends: c\n")], "settings", ["c.yaml", "extends itself"]),
    "extends nothing": ([key("extends", "e")], "settings", ["extends: there is no", "e.yaml"]),
    "extends a path": ([key("extends", "../../etc/passwd")], "settings", ["extends", "beside this one"]),
    # names of plug-ins and choices
    "unknown kind": ([key(f"{RNA}.kind", "rnaa")], "settings", ["modalities.rna", "no 'rnaa'", "did you mean 'rna'?"]),
    "unknown scale": ([key(f"{RNA}.values", "tmp")], "settings", ["modalities.rna", "no scale 'tmp'", "did you mean 'tpm'?"]),
    "unknown step": ([key(f"{RNA}.normalize", ["log3p"])], "settings", ["modalities.rna", "'log3p'", "did you mean 'log1p'?"]),
    "unknown preparation": ([key("prepare.scale", "standart")], "settings", ["prepare", "'standart'", "did you mean 'standard'?"]),
    "unknown signal": ([device("cgm", CGM, signal="cgmm")], "settings", ["modalities.cgm", "no 'cgmm'", "did you mean 'cgm'?"]),
    "unknown format": ([device("cgm", CGM, format="wdfb")], "settings", ["modalities.cgm", "'wdfb'", "did you mean 'wfdb'?"]),
    "unknown role": ([device("cgm", CGM, channels={"sugar": "glucose"})], "settings", ["modalities.cgm", "'sugar'"]),
    "unknown parameter": ([device("cgm", CGM, params={"hig": 180})], "settings", ["modalities.cgm.params", "no parameter 'hig'"]),
    "unknown unit": ([device("cgm", CGM, units={"glucose": "stone"})], "ingest", ["S00.csv, channel 'glucose'", "'stone'", "`units`"]),
    "unknown flag": ([key(f"{RNA}.drop_flagged", ["outliers"])], "settings", ["modalities.rna.drop_flagged", "did you mean 'outlier'?"]),
    "unknown window": ([device("cgm", CGM, align={"window": "later"})], "settings", ["modalities.cgm.align.window", "found 'later'"]),
    "a length without unit": ([device("cgm", CGM, align={"length": "7"})], "settings", ["modalities.cgm.align.length", "found '7'"]),
    "a length in words": ([device("cgm", CGM, align={"length": "7 days"})], "settings", ["align.length", "such as 7 d", "found '7 days'"]),
    "a length without window": ([device("cgm", CGM, align={"length": "1 d"})], "settings", ["cgm.align", "`length` has no effect"]),
    "a step of nothing": ([device("cgm", CGM, step="0 min")], "settings", ["modalities.cgm.step", "above 0", "found '0 min'"]),
    "windows of nothing": (
        [device("ecg", ECG, windows={"seconds": 4, "fs": 40, "low": 9, "high": 3})], "settings", ["modalities.ecg.windows", "below `high`"],
    ),
    "a pattern that takes a table": (
        [device("cgm", CGM, files="{subject}.csv")], "settings", ["cgm.files", "meth.csv for a record of 'meth'", "modality meth"],
    ),
    "too few folds": ([key("split.folds", 1)], "settings", ["split.folds", "greater than or equal to 2", "found 1"]),
    # paths
    "no folder": ([key("folder", "/nowhere/at/all")], "settings", ["c.yaml: folder", "there is no folder /nowhere/at/all"]),
    "no file": ([key(f"{RNA}.files", "rnaa.csv")], "settings", ["modalities.rna.files", "rnaa.csv", "did you mean 'rna.csv'?"]),
    "a path that leaves": ([key(f"{RNA}.files", "../order/rna.csv")], "settings", ["modalities.rna.files", "leads out of `folder`"]),
    "an absolute path": ([key(f"{RNA}.files", "/etc/passwd")], "settings", ["modalities.rna.files", "leads out of `folder`"]),
    "samples that leave": ([key(f"{S}.files", "../x.csv")], "settings", ["samples.files", "leads out of `folder`"]),
    "columns that leave": ([key(f"{RNA}.header", False), key(f"{RNA}.columns", "/etc/passwd")], "settings", ["rna.columns", "leads out"]),
    "mapping that leaves": ([key(f"{RNA}.ids", {"files": "/etc/passwd"})], "settings", ["rna.ids.files", "leads out"]),
    "records that leave": ([device("cgm", CGM, files="../{subject}.csv")], "settings", ["modalities.cgm.files", "leaves the folder"]),
    "no record": ([device("cgm", CGM, files="cgm/{subject}.txt")], "settings", ["modalities.cgm.files", "no file", "matches"]),
    "unknown field": ([device("cgm", CGM, files="cgm/{person}.csv")], "settings", ["modalities.cgm.files", "{subject}"]),
    "unknown ending": ([raw("rna.docx", b"x"), key(f"{RNA}.files", "rna.docx")], "ingest", ["rna.docx", "no reader", ".csv"]),
    "a folder for a file": ([key(f"{RNA}.files", "cgm")], "settings", ["modalities.rna.files"]),
    # tables: their text
    "empty": ([raw("rna.csv", b"")], "ingest", ["rna.csv", "is empty"]),
    "header only": ([text("rna.csv", first_lines(1))], "ingest", ["rna.csv", "no rows below its header"]),
    "truncated": ([text("rna.csv", lambda t: t[:-9])], "ingest", ["rna.csv line 31", "fewer than 9 cells"]),
    "truncated gzip": (
        [lambda _, folder: (folder / "rna.csv.gz").write_bytes(gzip.compress((folder / "rna.csv").read_bytes())[:-20]),
         key(f"{RNA}.files", "rna.csv.gz")], "ingest", ["rna.csv.gz", "damaged or cut short"],
    ),
    "no gzip": ([raw("rna.csv.gz", b"id,g0\nS00,1\n"), key(f"{RNA}.files", "rna.csv.gz")], "ingest", ["rna.csv.gz", "name ends in .gz"]),
    "wrong delimiter": ([key(f"{RNA}.delimiter", "semicolon")], "ingest", ["rna.csv", "one column only", "`delimiter`"]),
    "wrong encoding": ([raw("rna.csv", lambda b: b.replace(b"g3", b"g\xfc"))], "ingest", ["rna.csv", "UTF-8", "`encoding`"]),
    "UTF-16": ([raw("rna.csv", lambda b: b.decode().encode("utf-16"))], "ingest", ["rna.csv", "UTF-16", "encoding: utf-16"]),
    "unknown encoding": ([key(f"{RNA}.encoding", "utf-9")], "ingest", ["rna.csv", "no encoding of text 'utf-9'"]),
    "NUL bytes": ([raw("rna.csv", lambda b: b[:200] + bytes(40) + b[240:])], "ingest", ["rna.csv", "NUL bytes"]),
    "a picture": ([raw("rna.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))], "ingest", ["rna.csv"]),
    "decimal comma": (
        [cells("meth.csv", lambda f: f.map(lambda v: v.replace(".", ",")), sep=";")], "ingest", ["meth.csv row 'S00'", "`decimal: comma`"],
    ),
    "ragged": ([text("rna.csv", lambda t: t.replace("S05,", "S05,1,"))], "ingest", ["rna.csv", "line 7"]),
    "a short line": ([text("rna.csv", lambda t: t.replace("S05,", "S05;"))], "ingest", ["rna.csv line 7", "fewer than 9 cells"]),
    "zip bomb": (
        [packed("rna.csv.zip", {"rna.csv": b"id,g0\n" + b"S00,0\n" * 400_000}), key(f"{RNA}.files", "rna.csv.zip")],
        "ingest", ["rna.csv.zip", "unpacks to more than"],
    ),
    "zip of two": (
        [packed("rna.csv.zip", {"a.csv": "x", "b.csv": "y"}), key(f"{RNA}.files", "rna.csv.zip")], "ingest", ["archive of 2 files"],
    ),
    "no parquet": ([raw("rna.parquet", b"PAR1"), key(f"{RNA}.files", "rna.parquet")], "ingest", ["rna.parquet"]),
    "no workbook": ([raw("rna.xlsx", b"PK"), key(f"{RNA}.files", "rna.xlsx")], "ingest", ["rna.xlsx"]),
    "no h5ad": ([raw("rna.h5ad", b"\x89HDF"), key(f"{RNA}.files", "rna.h5ad")], "ingest", ["rna.h5ad"]),
    # tables: names
    "sample twice": ([text("rna.csv", lambda t: t.replace("S05", "S04"))], "ingest", ["rna.csv", "sample id", "S04"]),
    "sample twice after stripping": ([text("rna.csv", lambda t: t.replace("S05", " S04 "))], "ingest", ["rna.csv", "sample id", "S04"]),
    "feature twice": ([text("rna.csv", lambda t: t.replace("g5", "g4"))], "ingest", ["rna.csv", "feature name", "g4"]),
    "feature twice after stripping": ([text("rna.csv", lambda t: t.replace("g5", " g4 "))], "ingest", ["rna.csv", "feature name", "g4"]),
    "a nameless column": ([text("rna.csv", lambda t: t.replace(",g5", ","))], "ingest", ["rna.csv", "column 7 has no name"]),
    "a row without id": ([text("rna.csv", lambda t: t.replace("S05", ""))], "ingest", ["rna.csv row 6", "has no id"]),
    "no such index": ([key(f"{RNA}.index", "ID")], "ingest", ["rna.csv", "no column 'ID' for `index`", "did you mean 'id'?"]),
    "drop of nothing": ([key(f"{RNA}.drop", ["g9"])], "ingest", ["rna.csv", "no column 'g9' for `drop`"]),
    "drop of everything": (
        [key(f"{RNA}.drop", [f"g{i}" for i in range(8)])], "ingest", ["modality rna", "no column beside the ids", "`drop`"],
    ),
    "too few names": ([key(f"{RNA}.header", False), key(f"{RNA}.columns", ["a", "b"])], "ingest", ["rna.csv", "9 columns", "2 names"]),
    # tables: values
    "text in numbers": ([cell("rna.csv", "S07", "g2", "high")], "ingest", ["rna.csv row 'S07', column 'g2'", "'high' is not a number"]),
    "mixed types": ([column("rna.csv", "g2", ["low", "5"] * 15)], "ingest", ["row 'S00', column 'g2'", "'low' is not a number", "`drop`"]),
    "infinite": ([cell("rna.csv", "S07", "g2", "inf")], "ingest", ["rna", "feature 'g2', sample 'S07'"]),
    "negative counts": (
        [cell("rna.csv", "S07", "g2", "-4")], "ingest", ["1 of 240 values", "finite numbers >= 0", "feature 'g2', sample 'S07'"],
    ),
    "beta over 1": ([cell("meth.csv", "S07", "cg2", "1.2")], "ingest", ["1 of 180 values", "0..1", "feature 'cg2', sample 'S07'"]),
    "GISTIC out of range": (
        [key(METH, {"kind": "cnv", "values": "gistic", "files": "rna.csv"})], "ingest", ["whole numbers in -2..2", "feature 'g0'"],
    ),
    "half a mutation": ([key(METH, {"kind": "mutation", "files": "meth.csv"})], "ingest", ["whole numbers in 0..1"]),
    "a step that cannot take them": ([key(f"{RNA}.normalize", ["m_value"])], "normalize", ["modality rna: normalize: step 'm_value'"]),
    "library of nothing": (
        [cells("rna.csv", lambda f: f.map(lambda _: "0"))],
        "ingest", ["modality rna (", "rna.csv): all 30 samples add up to 0", "set `values`"],
    ),
    "nothing measured": ([cells("rna.csv", lambda f: f.map(lambda _: ""))], "align", ["modality rna", "holds no value at all"]),
    # whose sample it is
    "swapped orientation": ([key(f"{RNA}.orientation", "samples_in_columns")], "align", ["modality rna", "mend `orientation`"]),
    "no pattern": ([key(f"{RNA}.subject_pattern", "^(S")], "settings", ["rna.subject_pattern: expected a regular expression"]),
    "pattern without group": ([key(f"{RNA}.subject_pattern", "^S")], "settings", ["rna.subject_pattern", "with a group"]),
    "pattern that does not match": ([key(f"{RNA}.subject_pattern", r"^(\d+)")], "ingest", ["30 of 30 sample ids do not match", "S00"]),
    "pattern of the features": ([key(f"{RNA}.subject_pattern", r"^(g\d)")], "ingest", ["change `orientation`"]),
    "no overlap": ([text("rna.csv", lambda t: t.replace("S", "P"))], "align", ["modality rna", "'P00'", "'S00'", "`subject_pattern`"]),
    "another case": ([text("rna.csv", lambda t: t.replace("S", "s"))], "align", ["modality rna", "'s00'", "`ignore_case: true`"]),
    "mapping that does not fit": (
        [raw("ids.csv", b"tube,who\nT1,S00\n"), key(f"{RNA}.ids", {"files": "ids.csv"})],
        "ingest", ["modality rna", "none of its 30 sample ids"],
    ),
    "mapping to nobody": (
        [raw("ids.csv", b"tube,who\nS00,\nS01,S01\n"), key(f"{RNA}.ids", {"files": "ids.csv"})], "ingest", ["ids.csv row 'S00'"],
    ),
    "replicates refused": (
        [key(f"{RNA}.subject_pattern", r"^(S\d)"), key(f"{RNA}.replicates", "error")],
        "align", ["modality rna", "several samples", "`replicates`"],
    ),
    # the samples table
    "subject twice": ([text("s.csv", lambda t: t.replace("S05", "S04"))], "settings", ["s.csv", "S04"]),
    "outcome not there": ([key("outcome.column", "why")], "settings", ["outcome.column", "no column 'why'"]),
    "covariate not there": ([key("covariates", ["agee"])], "settings", ["covariates", "no column 'agee'", "did you mean 'age'?"]),
    "batch not there": ([key("batch", "plates")], "settings", ["batch", "did you mean 'plate'?"]),
    "outcome among covariates": ([key("covariates", ["age", "y"])], "settings", ["covariates", "'y' is the outcome", "take it out"]),
    "one class": ([column("s.csv", "y", "case")], "align", ["s.csv", "outcome.column", "1 class found (case)"]),
    "three classes": ([cell("s.csv", "S04", "y", "maybe")], "align", ["s.csv", "3 classes found", "multiclass"]),
    "no such class": ([key("outcome.positive", "cases")], "align", ["outcome.positive", "no class 'cases'", "did you mean 'case'?"]),
    "a value without label": ([key("outcome.labels", {"case": "case"})], "align", ["values that `labels` does not name (control)"]),
    "no outcome at all": ([column("s.csv", "y", "")], "align", ["s.csv", "0 class found"]),
    "text for a number": (
        [key("outcome", {"task": "regression", "column": "y"})], "align", ["s.csv", "column 'y' row 'S00'", "not a finite number"],
    ),
    "a constant number": ([key("outcome", {"task": "regression", "column": "shift"})], "align", ["fewer than two different numbers"]),
    "an infinite outcome": (
        [key("outcome", {"task": "regression", "column": "days"}), cell("s.csv", "S03", "days", "inf")], "align", ["row 'S03'", "finite"],
    ),
    "no time above 0": ([survival(), column("s.csv", "days", "0")], "align", ["outcome.event", "time > 0"]),
    "no event": ([survival(), column("s.csv", "died", "0")], "align", ["no subject has both an event"]),
    "unknown words for events": (
        [survival(), column("s.csv", "died", ["yes", "no"] * 15)], "align", ["outcome.event", "unknown values (yes, no)"],
    ),
    "text for a time": ([survival(), cell("s.csv", "S03", "days", "long")], "align", ["column 'days' row 'S03'", "'long'"]),
    "an infinite covariate": ([cell("s.csv", "S03", "age", "inf")], "align", ["covariates", "column 'age' row 'S03'", "infinite"]),
    "an expression of calls": (
        [key(f"{S}.derive", {"z": "__import__('os').system('ls')"})], "settings", ["samples.derive.z", "not allowed"],
    ),
    "no expression": ([key(f"{S}.derive", {"z": "1 +"})], "settings", ["samples.derive.z", "is no expression"]),
    "an expression of text": (
        [key(f"{S}.derive", {"z": "sex + 1"})], "settings", ["samples.derive.z", "column 'sex' row 'S00'", "no number"],
    ),
    "an expression of nothing": ([key(f"{S}.derive", {"z": "agee * 2"})], "settings", ["samples.derive.z", "no column 'agee'"]),
    "an expression in brackets": ([key(f"{S}.derive", {"z": "(" * 400 + "1" + ")" * 400})], "settings", ["samples.derive.z"]),
    "a join that repeats": ([key(f"{S}.join", [{"files": "s.csv"}])], "settings", ["samples.join.0", "repeats columns", "`drop`"]),
    "a join of nobody": (
        [raw("j.csv", b"id,z\nX,1\n"), key(f"{S}.join", [{"files": "j.csv"}])], "settings", ["samples.join.0", "no row of"],
    ),
    "two owners of a row": (
        [key(f"{S}.subject", "sex"), key(f"{S}.subject_pattern", "^(.)")], "settings", ["`subject` and `subject_pattern`"],
    ),
    "a row of nobody": ([cell("s.csv", "S03", "woman", ""), key(f"{S}.subject", "woman")], "settings", ["1 row has no subject", "'S03'"]),
    "rows that disagree": ([key(f"{S}.subject", "woman")], "align", ["column 'y'", "disagree", "`samples.visits: keep`"]),
    "visits in two groups": (
        [key(f"{S}.subject", "woman"), key(f"{S}.visits", "keep"), key("split.group", "plate")], "align", ["split.group", "several groups"],
    ),
    # the split
    "preset without column": ([key("split.scheme", "preset")], "settings", ["split", "needs the key `column`"]),
    "preset without test rows": (
        [key("split", {"scheme": "preset", "column": "part", "test": "Test"})], "split", ["split.test", "did you mean 'test'?"],
    ),
    "preset without training": ([key("split", {"scheme": "preset", "column": "y", "test": "case"})], "split", ["split.test", "train"]),
    "preset that divides groups": (
        [key("split", {"scheme": "preset", "column": "part", "group": "woman"})], "split", ["split.group", "divides", "groups"],
    ),
    "too few of a class": (
        [column("s.csv", "y", ["case"] * 2 + ["control"] * 28)], "split", ["split.folds", "2 subjects with outcome 'case'"],
    ),
    # devices
    "unknown channel": (
        [device("cgm", CGM, channels={"glucose": "sugar"})],
        "ingest", ["cgm/S00.csv", "no channel for 'glucose' (sugar)", "its channels: glucose"],
    ),
    "nobody's records": ([device("cgm", CGM, subject_pattern=r"^S(\d+)")], "align", ["modality cgm", "no subject is in the samples table"]),
    "a window without time": ([device("cgm", CGM, **BEFORE)], "settings", ["modalities.cgm.align", "set `samples.time`"]),
    "a record without clock": ([WHEN, device("ecg", ECG, **BEFORE)], "ingest", ["ecg/S00.hea", "has no clock", "`align.window: whole`"]),
    "one clock with zone": ([WHEN, device("cgm", CGM, **BEFORE)], "ingest", ["samples.time", "set `samples.time_zone`"]),
    "the other clock with zone": (
        [WHEN, key(f"{S}.time_zone", "UTC"), device("cgm", {**CGM, "time_zone": None}, **BEFORE)],
        "ingest", ["cgm/S00.csv", "set `modalities.cgm.time_zone`"],
    ),
    "times of both sorts": (
        [WHEN, cell("s.csv", "S03", "drawn", "2021-06-15 08:00+02:00"), device("cgm", CGM, **BEFORE)],
        "ingest", ["samples.time", "some do not"],
    ),
    "a specimen at no time": (
        [WHEN, cell("s.csv", "S03", "drawn", "noon"), device("cgm", CGM, **BEFORE)], "ingest", ["row 'S03'", "'noon' is no time"],
    ),
    "a specimen in an hour that is not there": (
        [WHEN, key(f"{S}.time_zone", "Europe/Berlin"), cell("s.csv", "S03", "drawn", "2021-03-28 02:30"), device("cgm", CGM, **BEFORE)],
        "ingest", ["row 'S03'", "daylight saving"],
    ),
    "a specimen in an hour that is there twice": (
        [WHEN, key(f"{S}.time_zone", "Europe/Berlin"), cell("s.csv", "S03", "drawn", "2021-10-31 02:30"), device("cgm", CGM, **BEFORE)],
        "ingest", ["row 'S03'", "daylight saving"],
    ),
    "no zone of that name": (
        [WHEN, key(f"{S}.time_zone", "Mars"), device("cgm", CGM, **BEFORE)], "settings", ["samples.time_zone", "'Mars'"],
    ),
    "no zone for the device": ([device("cgm", CGM, time_zone="Europe/Berln")], "settings", ["cgm.time_zone", "'Europe/Berln'"]),
    "a clock that is no number": ([device("cgm", CGM, clock_shift="sex")], "ingest", ["modalities.cgm.clock_shift", "row 'S00'"]),
    "a clock of no name": ([device("cgm", CGM, clock_shift="")], "settings", ["cgm: `clock_shift` is empty", "take the key out"]),
    "a clock that is not there": ([device("cgm", CGM, clock_shift="shft")], "settings", ["clock_shift", "did you mean 'shift'?"]),
    "times that skip an hour": (
        [device("cgm", CGM), times(lambda t: t - pd.Timestamp("2021-06-14") + pd.Timestamp("2021-03-28"))],
        "ingest", ["cgm/S00.csv line 26", "does not exist"],
    ),
    "times that go back twice in an hour that is there twice": (
        [device("cgm", CGM), times(lambda t: t.mask(t.index.isin([26, 28]), t[24]) + pd.Timedelta("139D"))],
        "ingest", ["cgm/S00.csv line 26", "occurs twice"],
    ),
    "time that goes back": (
        [device("cgm", CGM), times(lambda t: t.mask(t.index == 9, t[2]))], "ingest", ["cgm/S00.csv line 11", "goes back in time"],
    ),
    "several files of a device": (
        [device("cgm", CGM), *[text(f"cgm/{name}.csv", lambda t: t.replace("time", "when")) for name in ("S01", "S02")]],
        "ingest", ["cgm/S01.csv", "no column with the time"],
    ),
    "times of a format without a date": (
        [WHEN, key("samples.time_format", "%H:%M"), device("cgm", CGM, **BEFORE)],
        "ingest", ["samples.time_format", "no date with its year"],
    ),
    "overlapping records": (
        [overlapping, device("cgm", CGM, files="cgm/{subject}_*.csv")], "ingest", ["cgm/S00_2.csv", "overlaps in time with"],
    ),
    "two records of one row": (
        [overlapping, device("cgm", CGM, subject_pattern="^(S..)")], "ingest", ["cgm/S00_1.csv", "overlaps in time with"],
    ),
    "no coverage at all": (
        [device("cgm", CGM, params={}, min_coverage=1), *[text(f"cgm/{w}.csv", first_lines(3)) for w in WEARERS]],
        "align", ["modality cgm", "no record tells anything"],
    ),
    "empty EDF": ([device("eeg", EEG), raw("eeg/S00.edf", b"")], "ingest", ["eeg/S00.edf", "ends at byte 0"]),
    "EDF cut short": ([device("eeg", EEG), raw("eeg/S00.edf", lambda b: b[:-100])], "ingest", ["eeg/S00.edf", "cut short at byte"]),
    "EDF of words": ([device("eeg", EEG), edf(236, b"many    ")], "ingest", ["eeg/S00.edf byte 236", "not a number"]),
    "EDF of a path": ([device("eeg", EEG), edf(0, b"../../x ")], "ingest", ["eeg/S00.edf byte 0", "neither EDF nor BDF"]),
    "WFDB out of its folder": (
        [device("ecg", ECG), raw("ecg/S00.hea", lambda b: b.replace(b"S00.dat", b"../../etc/passwd"))], "ingest", ["ecg/S00.hea"],
    ),
    "WFDB to an absolute path": (
        [device("ecg", ECG), raw("ecg/S00.hea", lambda b: b.replace(b"S00.dat", b"/etc/passwd"))], "ingest", ["ecg/S00.hea"],
    ),
    "WFDB without signals": (
        [device("ecg", ECG), raw("ecg/S00.hea", lambda b: b.replace(b"S00.dat", b"S01.dat"))], "ingest", ["'S01.dat' is not there"],
    ),
    "WFDB cut short": ([device("ecg", ECG), raw("ecg/S00.dat", lambda b: b[:100])], "ingest", ["S00.dat", "cut short at byte 100"]),
    "no agd": (
        [raw("acti/S00.agd", b"x" * 99), device("a", {"signal": "activity", "files": "acti/{subject}.agd"})],
        "ingest", ["acti/S00.agd byte 0"],
    ),
    "no AWD": (
        [raw("acti/S00.AWD", b"x\n" * 9), device("a", {"signal": "activity", "files": "acti/{subject}.AWD"})],
        "ingest", ["acti/S00.AWD line"],
    ),
    "a workbook of records": (
        [raw("x/S00.xlsx", b"PK"), device("a", {"signal": "activity", "files": "x/{subject}.xlsx"})], "ingest", ["S00.xlsx", "damaged"],
    ),
}  # fmt: skip


@pytest.fixture
def clinic(order, tmp_path, caplog, capsys, monkeypatch):
    """Spoil a copy of the cohort, run verbs on it, and say what they said."""
    monkeypatch.setattr(_text, "FREE", 1 << 20)  # from where a file is suspected to be a bomb: a small one is as good
    folder = tmp_path / "in"
    shutil.copytree(order, folder)
    out = tmp_path / "out"
    out.mkdir()

    def spoil(edits):
        content = settings(folder)
        later = []
        for edit in edits:
            if edit.__qualname__.startswith("raw.") and not (folder / "c.yaml").exists():
                later.append(edit)
            else:
                edit(content, folder)
        (folder / "c.yaml").write_text(yaml.safe_dump(content))
        for edit in later:
            edit(content, folder)
        return list(content["modalities"]) if isinstance(content.get("modalities"), dict) else []

    def run(*arguments):
        caplog.clear()
        capsys.readouterr()
        with caplog.at_level(logging.INFO):
            status = main([str(each) for each in arguments])
        errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
        assert "Traceback" not in caplog.text and not any(record.exc_info for record in caplog.records)
        private = pd.read_csv(order / "s.csv", dtype=str)["age"]
        said = capsys.readouterr().out
        assert not [age for age in private if age in caplog.text + said], "values of single subjects in the log"
        return status, errors, said

    def chain(modalities):
        """The first verb of the workflow that refuses, and its lines."""
        config = json.dumps({"models": {"linear": {}}, "imputers": ["mean"], "data_dir": str(tmp_path)})
        given = ["--settings", out / "s.json"]
        steps = [("settings", "--config", config, "--cohorts-dir", folder, "--cohort", "c", "--output", out / "s.json")]
        for name in modalities:
            steps += [("ingest", *given, "--modality", name, "--output", out / f"i/{name}.h5ad", "--qc", out / f"i/{name}.tsv")]
            steps += [("normalize", *given, "--modality", name, "--input", out / f"i/{name}.h5ad", "--output", out / f"n/{name}.h5ad")]
        inputs = [out / f"n/{name}.h5ad" for name in modalities]
        steps += [("align", *given, "--inputs", *inputs, "--output", out / "c.h5mu", "--tables", out / "t")]
        steps += [("split", *given, "--input", out / "c.h5mu", "--output", out / "x.parquet")]
        for verb, *arguments in steps:
            before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
            status, errors, _ = run(verb, *arguments)
            assert status in (0, 2)
            if status:
                assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before, "something half-written"
                assert not list(out.rglob(".*")), "a temporary file stays"
                return verb, errors
            assert not errors
        return None, []

    spoil.run, spoil.chain, spoil.folder, spoil.out = run, chain, folder, out
    return spoil


def test_the_cohort_is_in_order(clinic):
    modalities = clinic([device("cgm", CGM), device("ecg", ECG), device("eeg", EEG), key("modalities.ecg.min_coverage", 0.0)])
    assert clinic.chain(modalities) == (None, [])
    assert clinic.run("check", clinic.folder / "c.yaml")[0] == 0


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_one_line_of_the_first_verb_that_sees_it(clinic, case):
    edits, expected, phrases = BROKEN[case]
    modalities = clinic(edits)
    verb, errors = clinic.chain(modalities)
    assert (verb, len(errors)) == (expected, 1), errors
    assert "\n" not in errors[0] and len(errors[0]) < 900
    assert [phrase for phrase in phrases if phrase not in errors[0]] == [], errors[0]
    status, summary, said = clinic.run("check", clinic.folder / "c.yaml")
    assert status == 2 and len(summary) == 1
    lines = [line for line in said.splitlines() if line.startswith("error: ")]
    assert any(all(phrase in line for phrase in phrases) for line in lines), said


def test_ingest_names_every_file_that_it_could_not_read(clinic):
    edits = [device("cgm", CGM), *[text(f"cgm/{name}.csv", lambda t: t.replace("time", "when")) for name in ("S01", "S02")]]
    _, errors = clinic.chain(clinic(edits))
    assert "cgm/S01.csv: no column with the time" in errors[0]
    assert errors[0].endswith("1 more file of it is broken (S02.csv): `mmomics check` says how")
