"""Every file of a device and every expression on its own: a stage stops at its first complaint, a check goes on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.cohort.derive import derive
from mmomics.config.modality import Device
from mmomics.config.recordings import find
from mmomics.devices import empatica, glucose
from mmomics.devices.contract import EmptyRecordError, choose
from mmomics.errors import UserError, count, listed
from mmomics.signals import _channels, contract

# a cure that mends every file at once; another `format` is asked for where one file may be damaged
SETTING = re.compile(r"\b(?:set|mend|give|say the unit in) `(?!format`)")
UNIT = re.compile(r"; set `units.*")  # one that spoils the files that are right as they are
FEW = 3  # people that are named
MOST = 10  # lines per modality: a wrong setting spoils every file alike


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a file, or in it with the record of one of many people."""

    path: Path
    error: UserError
    subject: str | None = None


def files(name: str, device: Device, folder: Path, first: UserError) -> Iterator[UserError]:
    """What is wrong with each file of a device.

    Parameters
    ----------
    name : str
        The modality, for messages.
    device : Device
        What its files are.
    folder : Path
        Where they lie.
    first : UserError
        The complaint that ended reading them together; given back first where no file by itself is to blame.

    Yields
    ------
    UserError
        At most `MOST` of them and one that counts the rest. What one setting mends in several files is said once, and so is what more than
        `MOST` files have in common.
    """
    where = f"modalities.{name}"
    people, wrong = _all(device, folder, where)
    said = {str(each.error) for each in wrong}
    found = _merged(wrong, people)
    if str(first) not in said and not any(text.startswith(f"{where}.format") for text in said):
        found.insert(0, first)
    if len(found) > MOST:
        found = _one_of_each_first(found)
    yield from found[:MOST]
    if len(found) > MOST:
        yield UserError(where, f"{count(len(found) - MOST, 'more file')} cannot be read", "mend those above, then check again")


def _merged(wrong: Sequence[Wrong], people: Mapping[Path, set[str]]) -> list[UserError]:
    """The complaints; those that differ in the file and what is quoted of it are said by their first, if a setting cures them, or if
    there are more than would be said one by one.
    """
    texts = [str(one.error).replace(str(one.path), "") for one in wrong]
    alike = Counter(map(_form, texts))
    groups: dict[str, list[Wrong]] = {}
    for one, text in zip(wrong, texts, strict=True):
        form = _form(text)
        groups.setdefault(form if SETTING.search(text) or alike[form] > MOST else str(one.error), []).append(one)
    out = []
    for each in groups.values():
        first, names = each[0].error, _names(one.path for one in each)
        text, others = str(first), names[1:]
        if (unit := UNIT.search(text)) and (some := _some(each, people)):
            text = f"{text[: unit.start()]}; {some}"
        elif others:
            text += f"; the same goes for {count(len(others), 'more file')} ({listed(others)})"
        first.args = (text,)
        out.append(first)
    return out


def _some(wrong: Sequence[Wrong], people: Mapping[Path, set[str]]) -> str:
    """Which files, or people of tables of many, are in a unit of their own, and what to do about them; "" if all are in it."""
    files = list(dict.fromkeys(one.path for one in wrong))
    subjects = list(dict.fromkeys(one.subject for one in wrong if one.subject is not None))
    everybody = set().union(*people.values())
    mixed = any(people[path] - set(subjects) for path in files)  # others in the very file are in the other unit
    names, n, what = (subjects, len(everybody), "subject") if mixed else (_names(files), len(people), "file")
    if len(names) == n:
        return ""
    one = len(names) == 1
    told = f"{len(names)} of {count(n, what)} ({listed(names, FEW if mixed else MOST)}) {'is' if one else 'are'} so"
    if mixed:
        return f"{told}: convert {'its' if one else 'their'} readings, or move them to a file and a modality of their own with `units`"
    return f"{told}: convert {'it, or make it a modality of its' if one else 'them, or make them a modality of their'} own with `units`"


def _names(paths: Iterable[Path]) -> list[str]:
    """What files are called, each once, with their folders where several have one name: P01/HR.csv, P02/HR.csv."""
    each = list(dict.fromkeys(paths))
    twice = len({path.name for path in each}) < len(each)
    return [f"{path.parent.name}/{path.name}" if twice else path.name for path in each]


def _form(text: str) -> str:
    """A complaint without what is quoted of a file, and without numbers."""
    return re.sub(r"'[^']*'|[\d.]+", "", text)


def _one_of_each_first(found: list[UserError]) -> list[UserError]:
    """The complaints with those of a kind (the file apart) that was said already behind those of other kinds."""
    seen: Counter[str] = Counter()
    ranks = []
    for error in found:
        kind = _form(str(error).partition(": ")[2])
        ranks.append(seen[kind])
        seen[kind] += 1
    return [found[place] for place in sorted(range(len(found)), key=ranks.__getitem__)]


def together(name: str, device: Device, folder: Path, first: UserError) -> UserError:
    """The complaint that ended reading the records of a modality, and the names of the other files that would end it, too."""
    others = _names(one.path for one in _all(device, folder, f"modalities.{name}")[1] if str(one.error) != str(first))
    if others:
        files = count(len(others), "more file of it is", "more files of it are")
        first.args = (f"{first}; {files} broken ({listed(others)}): `mmomics check` says how",)
    return first


def _all(device: Device, folder: Path, where: str) -> tuple[dict[Path, set[str]], list[Wrong]]:
    """All files of a device, each with the people whose records it holds by name, and what is wrong with them."""
    people: dict[Path, set[str]] = {path: set() for paths in find(device, folder, where).values() for path in paths}
    return people, [one for path in people for one in _wrong(path, device, where, people[path])]


def _wrong(path: Path, device: Device, where: str, people: set[str]) -> Iterator[Wrong]:
    """What is wrong with a file, and with the channels of each of its records; whom it names is added to `people`."""
    try:
        for record in choose(path, device).read(path, device):
            people |= {record.subject} if record.subject is not None else set()
            try:
                if record.channels and contract.roles_of(device, where):
                    _channels.choose([record], device, where)
            except UserError as error:
                yield Wrong(path, error, record.subject)
    except EmptyRecordError:
        pass  # told and left out
    except UserError as error:
        vendor, form = _export(path) if device.format is None else (None, "")
        named = UserError(f"{where}.format", f"{path} is an export of {vendor}", f"set `format: {form}`")
        yield Wrong(path, named if vendor else error)


def _export(path: Path) -> tuple[str | None, str]:
    """Whose export a table is, and its format."""
    if empatica.kind(path) and empatica.begun(path):
        return "Empatica", "empatica"
    return glucose.vendor(path), "glucose"


def expressions(frame: pd.DataFrame, wanted: dict[str, str]) -> tuple[pd.DataFrame, list[UserError]]:
    """The table with the columns that can be derived, and what is wrong with the others: those hold no value, so that later ones go on."""
    found = []
    for name, expression in wanted.items():
        try:
            frame = derive(frame, {name: expression})
        except UserError as error:
            found.append(error)
            frame = frame.assign(**{name: np.nan})
    return frame, found
