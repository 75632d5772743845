"""A commented draft of a cohort file from what lies in a folder. Every guess says what it rests on."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from mmomics.errors import UserError
from mmomics.onboarding import _modalities, _study, guess
from mmomics.onboarding._lines import meet
from mmomics.onboarding.files import look, stacked
from mmomics.onboarding.sniff import Sniffed, sniff

FEATURES = re.compile(r"featname|features?(?:[_.]|$)|annotation", re.IGNORECASE)
IDS = re.compile(r"^(id|.*[_. ]id|subject|patient|woman|person)$", re.IGNORECASE)
ABOUT = re.compile(r"clin|days_to|outcome|sample|pheno|metadata|subject|patient|participant|demograph|label|bio\b|bio\.", re.IGNORECASE)


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
    paths, families = look(folder)
    tables = [sniff(files) for files in stacked(paths)]
    readable = [each for each in tables if not each.problem and each.names]
    long = [each for each in readable if each.repeated]
    wide = [each for each in readable if not each.repeated]
    lists = [each for each in wide if _lists_features(each, wide)]
    alone = [each for each in wide if len(each.names) == 1 and IDS.search(each.names[0])]
    wide = [each for each in wide if not any(each is one for one in [*lists, *alone])]
    families = [family for family in families if not FEATURES.search(family.pattern)]
    if not readable and not families:
        raise UserError(folder, "holds no file of a known format", "`mmomics methods tables` and `mmomics methods devices` list them")
    about = max(wide, key=lambda each: _about(each, wide), default=None)
    head = [
        "# yaml-language-server: $schema=../../workflow/schemas/cohort.schema.json",
        "# A draft by `mmomics init`: go through the lines marked GUESS and CHOOSE, then run `mmomics check` on this file.",
        f"title: {json.dumps(name)}",
        f"folder: {json.dumps(str(folder.resolve()))} # `{{data_dir}}/...` if it is to run elsewhere",
    ]
    body = _study.samples(about, folder) if about else ["samples: # CHOOSE: no table of samples was found", "  files: samples.csv"]
    body += _study.outcome(about)
    subjects = about.rows if about else []
    modalities = [line for each in wide if each is not about for line in _modalities.assay(each, folder, subjects)]
    aligned = ["    # align: {window: before, length: 1 d} # this part of a record alone, counted from `samples.time`"]
    aligned = aligned if about and guess.moments(about.cells) else []
    modalities += [line for each in long if _modalities.time(each) for line in [*_modalities.long(each, folder), *aligned]]
    modalities += [line for family in families for line in [*_modalities.device(family, subjects), *aligned]]
    notes = [f"# not used, describes features: {each.path.relative_to(folder)}" for each in lists]
    notes += [f"# not used, ids alone (see `samples.join` and `samples.subject`): {each.path.relative_to(folder)}" for each in alone]
    notes += [
        f"# not used, its ids repeat and it has no time: {each.path.relative_to(folder)}" for each in long if not _modalities.time(each)
    ]
    notes += [f"# not read: {each.problem}" for each in tables if each.problem]
    if not modalities:
        notes = ["  # CHOOSE: no table of an assay and no record of a device was found", *notes]
    return "\n".join([*head, *body, "modalities:", *_modalities.distinct(modalities), *notes]) + "\n"


def _lists_features(table: Sniffed, tables: Sequence[Sniffed]) -> bool:
    """Whether the rows of a table are the features of another one."""
    if FEATURES.search(table.path.name):
        return True
    return table.text_share > 0.3 and any(_within(table.rows, other.names) for other in tables if other is not table)


def _within(names: Sequence[str], others: Sequence[str]) -> bool:
    return len(set(names) & set(others)) > len(names) / 2


def _about(table: Sniffed, tables: Sequence[Sniffed]) -> float:
    """How much a table looks like the table of samples: ids that others have, text cells, few columns, usual names."""
    telling = sum(
        bool(pattern.search(name)) for pattern in (_study.TIME, _study.EVENT, _study.LABEL, _study.COVARIATE) for name in table.names[:200]
    )
    rows = table.rows
    others = [other for other in tables if other is not table]
    shared = sum(max(meet(other.rows, rows), meet(other.names, rows)) > len(rows) / 4 for other in others)
    return (
        3 * bool(ABOUT.search(table.path.name)) + min(telling, 4) + 2 * (table.text_share > 0.05) - 4 * (len(table.names) > 150)
        + (len(table.names) < 50) + 3 * shared / max(len(others), 1)
    )  # fmt: skip
