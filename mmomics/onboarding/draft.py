"""A commented draft of a cohort file from what lies in a folder. Every guess says what it rests on."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mmomics.cohort.aside import aside
from mmomics.errors import UserError
from mmomics.onboarding import _assay, _records, _study, droplets, folders, guess, links, melted, sample_table, sniff
from mmomics.onboarding._lines import distinct, files, place
from mmomics.onboarding.files import Family, below, ending, look, stacked
from mmomics.onboarding.people import several
from mmomics.onboarding.sniff import Sniffed
from mmomics.onboarding.whose import meet
from mmomics.tables import maf

FEATURES = re.compile(r"featname|features?(?:[_.]|$)|annotation", re.IGNORECASE)
IDS = re.compile(r"^(id|.*[_. ]id|subject|patient|woman|person)$", re.IGNORECASE)
SHEET = 60  # columns, at most, of a table that ids may be made of two of
OF_ONE_KIND = (".maf", ".seg", ".gct", ".h5ad", ".h5mu", ".h5", ".mtx")  # whose ids are where they are
REMARKS = re.compile(  # sheets that explain others
    r"legend|read.?me|^info|note|notiz|dictionary|codebook|glossar|contents|inhalt|hinweis|bemerkung|comment|abbrev|explan|cover",
    re.IGNORECASE,
)


def draft(folder: str | Path, name: str) -> str:
    """Text of a cohort file.

    Parameters
    ----------
    folder : path
        Where the files lie.
    name : str
        The cohort, for the title.

    Raises
    ------
    UserError
        If there is no folder, or nothing in it can be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(folder, "is no folder", "give the folder of the cohort's files")
    matrices, paths = droplets.split(below(folder))
    paths, in_folders, begun = folders.look(folder, paths)
    paths, families = look(folder, paths)
    families += in_folders
    mutations = [path for path in paths if maf.listed(path)]
    paths = [path for path in paths if path not in mutations]
    tables = [each for parts in stacked(paths) for each in sniff.tables(parts)]
    tables, apart = folders.apart(folder, tables, [family.ids for family in [*families, *begun]])
    remarks = [each for each in tables if _remarks(each, tables)]
    tables = [each for each in tables if not any(each is one for one in remarks)]
    readable = [each for each in tables if not each.problem and each.names]
    pairs = [each for each in readable if melted.look(each)]
    readable = [each for each in readable if not any(each is one for one in pairs)]
    sheets = links.Sheets(folder, [each for each in readable if len(each.names) <= SHEET and ending(each.path) not in OF_ONE_KIND])
    readable = [_by_its_ids(each, [other for other in readable if other is not each]) for each in readable]
    long = [each for each in readable if each.repeated]
    wide = [each for each in readable if not each.repeated]
    lists = [each for each in wide if _lists_features(each, wide)]
    alone = [each for each in wide if len(each.names) == 1 and IDS.search(each.names[0])]
    wide = [each for each in wide if not any(each is one for one in [*lists, *alone])]
    families = [family for family in families if not FEATURES.search(family.pattern)]
    if not any((readable, pairs, families, begun, mutations, matrices)):
        raise UserError(folder, "holds no file of a known format", "`mmomics methods tables` and `mmomics methods devices` list them")
    visits = {id(each): _by_subject(each) for each in long if each.cells.index.name and not _records.time(each)}
    people_of = [melted.rows(each) for each in pairs] + [list(family.ids) for family in [*families, *begun]]
    people_of += [sample_table.placed(readable, folder)] if len(readable) > 1 else []
    sampled = [*wide, *visits.values()]
    if not (matrices or mutations):  # whose ids are looked at later
        shared = [each for each in sampled if sample_table.possible(each, readable, people_of)]
        sampled = shared or [each for each in sampled if sample_table.telling(each)]  # ids may be spelled otherwise
    about = max(sampled, key=lambda each: sample_table.likely(each, wide, people_of), default=None)
    long = [each for each in long if about is None or visits.get(id(each)) is not about]
    head = [
        "# yaml-language-server: $schema=../../workflow/schemas/cohort.schema.json",
        "# A draft by `mmomics init`: go through the lines marked GUESS and CHOOSE, then run `mmomics check` on this file.",
        f"title: {json.dumps(name)}",
        f"folder: {json.dumps(str(folder.resolve()))} # `{{data_dir}}/...` if it is to run elsewhere",
    ]
    body = _study.samples(about, folder) if about else ["samples: # CHOOSE: no table of samples was found", "  files: samples.csv"]
    subjects = about.rows if about else []
    others = [other for other in readable if other is not about]
    if about and not about.keys.get("number_rows") and _padded(subjects, others, [*families, *begun]):
        subjects = [subject.lstrip("0") or "0" for subject in subjects]
        body += ['  subject_pattern: "^0*(\\\\d+)$" # GUESS: other files write the ids without zeros in front']
    people = several(subjects) if about and not about.keys.get("number_rows") else None
    if people:
        body += [f"  subject_pattern: {json.dumps(people.pattern)} # GUESS: {people.told}, as if people had several samples"]
        body += ["  visits: keep # GUESS: each sample is a row of its own, and all of a person are on one side of every split"]
        subjects = [*subjects, *dict.fromkeys(people.names)]  # an id of a person stands for all samples of hers
    body += _study.outcome(about)
    words = [each for each in wide if each is not about and _words_alone(each)]
    wide = [each for each in wide if not any(each is one for one in [*words, about])]
    modalities = [line for each in wide for line in _assay.assay(each, subjects, sheets)]
    modalities += [line for each in matrices for line in droplets.lines(each, folder, subjects)]
    aligned = ["    # align: {window: before, length: 1 d} # this part of a record alone, counted from `samples.time`"]
    aligned = aligned if about and guess.moments(about.cells) else []
    modalities += [line for each in pairs for line in _assay.long_assay(each, subjects, sheets)]
    recorded = [block for each in long if _records.time(each) for block in _records.long(each, folder)]
    recorded += [block for family in families for block in _records.device(family, subjects)]
    recorded += [block for family in begun if (block := _records.begun(family, subjects))]
    modalities += [line for block in recorded for line in [*block, *aligned]]
    notes = [f"# not used, describes features: {place(each, folder)}" for each in lists]
    used = {id(each) for each in [*alone, *words] if any(f" ids: {{files: {files(each, folder)}," in line for line in modalities)}
    notes += [
        f"# not used, ids alone (see `samples.join` and `samples.subject`): {place(each, folder)}" for each in alone if id(each) not in used
    ]
    notes += [f"# not used, a list or remarks: {place(each, folder)}" for each in remarks]
    notes += [f"# not used, its ids repeat and it has no time: {place(each, folder)}" for each in long if not _records.time(each)]
    notes += [f"# not used, holds no measurement (see `samples.join`): {place(each, folder)}" for each in words if id(each) not in used]
    told = "# not used, rows without a time below a line that says when they begin; write a column of times"
    notes += [f"{told}: {each.pattern}" for each in begun if not _records.begun(each, subjects)]
    told = "# not used, one for each person and no record; what it measures, if anything, has to be written in one table"
    notes += [f"{told}: {each.pattern}" for each in apart]
    notes += [f"# not used, a list of mutations: rename it to end in .maf: {path.relative_to(folder)}" for path in mutations]
    notes += [f"# not read: {_problem(each)}" for each in tables if each.problem]
    if not modalities:
        notes = ["  # CHOOSE: no table of an assay and no record of a device was found", *notes]
    return "\n".join([*head, *body, "modalities:", *distinct(modalities), *notes]) + "\n"


def _remarks(table: Sniffed, tables: Sequence[Sniffed]) -> bool:
    """Whether a table has one column, or is a sheet that is called as those that explain others and shares no ids with them."""
    if not table.sheets or not REMARKS.search(table.part):
        return not table.problem and not table.names
    others = [other for other in tables if other is not table and not other.problem]
    return not any(meet(other.rows, table.rows) or meet(other.names, table.rows) for other in others)


def _problem(table: Sniffed) -> str:
    """Why a table cannot be read, with its sheet if the file has several."""
    told = f"{table.what} '{table.part}'" if table.sheets else ""
    return table.problem if told in table.problem else f"{told} of {table.problem}"


def _words_alone(table: Sniffed) -> bool:
    """Whether no cell of a table is a measurement, as in notes and sheets of samples; of cells that are pooled none was looked at."""
    numbers = table.numbers.drop(columns=aside(table.numbers.columns, "clinical"))
    return table.beside or ("pool" not in table.keys and not numbers.notna().to_numpy().any())


def _lists_features(table: Sniffed, tables: Sequence[Sniffed]) -> bool:
    """Whether the rows of a table are the features of another one."""
    if FEATURES.search(table.name):
        return True
    of_people = any(_study.COVARIATE.search(name) or _study.LABEL.search(name) for name in table.names[:200])
    if of_people or sample_table.CALLED.search(table.name):
        return False
    return table.text_share > 0.3 and any(_within(table.rows, other.names) for other in tables if other is not table)


def _by_its_ids(table: Sniffed, others: Sequence[Sniffed]) -> Sniffed:
    """The table by the column that holds its ids, where that is not the first one."""
    if table.keys.get("number_rows") or (table.repeated and _records.time(table)) or any(table.path.suffix == end for end in OF_ONE_KIND):
        return table
    shared = {each: sum(max(meet(other.rows, ids), meet(other.names, ids)) for other in others) for each, ids in _candidates(table).items()}
    for index, ids in _pairs(table).items():
        shared[index] = sum(max(_n_shared(ids, other.rows), _n_shared(ids, other.names)) for other in others)
    best = max(shared, key=shared.__getitem__, default=None)
    now = 0 if table.repeated else sum(max(meet(other.rows, table.rows), meet(other.names, table.rows)) for other in others)
    named = [each for each in shared if IDS.search(each)]
    if best is not None and shared[best] > now:
        return table.by(best)
    return table.by(named[0]) if table.repeated and named else table


def _by_subject(table: Sniffed) -> Sniffed:
    """The table of rows that repeat ids as one of the people that they are of: what a row lacks stands in others of the person."""
    people = table.cells.groupby(level=0, sort=False).first()
    subject = table.keys.get("index") or str(table.cells.index.name)
    keys = {key: value for key, value in table.keys.items() if key != "index"} | {"number_rows": True, "subject": subject}
    return replace(table, cells=people, keys=keys, repeated=False)


def _candidates(table: Sniffed) -> dict[str, list[str]]:
    """Columns of ids, and not of what describes features."""
    ids = links.single(table.cells)
    return {name: each for name, each in ids.items() if not guess.BESIDE.fullmatch(name) or IDS.search(name)}


def _pairs(table: Sniffed) -> dict[str, list[str]]:
    """Ids made of two columns of a sheet of samples."""
    cells = table.cells.reset_index() if table.cells.index.name else table.cells
    return links.pairs(cells) if len(table.names) <= SHEET and table.words else {}


def _padded(subjects: Sequence[str], tables: Sequence[Sniffed], families: Sequence[Family]) -> bool:
    """Whether subjects are numbers with zeros in front that other files write without."""
    if not subjects or not all(each.isdigit() for each in subjects) or not any(each.startswith("0") and each != "0" for each in subjects):
        return False
    plain = {each.lstrip("0") or "0" for each in subjects}
    ids = [set(each) for table in tables for each in (table.rows, table.names)] + [set(family.ids) for family in families]
    return len(plain) == len(set(subjects)) and any(plain & each for each in ids) and not any(set(subjects) & each - plain for each in ids)


def _within(names: Sequence[str], others: Sequence[str]) -> bool:
    return _n_shared(names, others) > len(names) / 2


def _n_shared(names: Sequence[str], others: Sequence[str]) -> int:
    return len(set(names).intersection(others))
