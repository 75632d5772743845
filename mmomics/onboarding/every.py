"""Every file of a device and every expression on its own: a stage stops at its first complaint, a check goes on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mmomics.cohort.derive import derive
from mmomics.config.modality import Device
from mmomics.config.recordings import find
from mmomics.devices import glucose
from mmomics.devices.contract import EmptyRecordError, choose
from mmomics.errors import UserError, count, listed
from mmomics.signals import _channels, contract

# a cure that mends every file at once; another `format` is asked for where one file may be damaged
SETTING = re.compile(r"\b(?:set|mend|give|say the unit in) `(?!format`)")
UNIT = re.compile(r"; set `units.*")  # one that spoils the files that are right as they are
MOST = 10  # lines per modality: a wrong setting spoils every file alike


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
        At most `MOST` of them and one that counts the rest. What one setting mends in several files is said once.
    """
    where = f"modalities.{name}"
    paths, wrong = _all(device, folder, where)
    said = {str(error) for _, error in wrong}
    found = _by_setting(wrong, len(paths))
    if str(first) not in said and not any(text.startswith(f"{where}.format") for text in said):
        found.insert(0, first)
    if len(found) > MOST:
        found = _one_of_each_first(found)
    yield from found[:MOST]
    if len(found) > MOST:
        yield UserError(where, f"{count(len(found) - MOST, 'more file')} cannot be read", "mend those above, then check again")


def _by_setting(wrong: Sequence[tuple[Path, UserError]], n_files: int) -> list[UserError]:
    """The complaints; those that differ in the file and what is quoted of it, and that a setting cures, are said by their first."""
    groups: dict[str, list[tuple[Path, UserError]]] = {}
    for path, error in wrong:
        text = str(error).replace(str(path), "")
        groups.setdefault(_form(text) if SETTING.search(text) else str(error), []).append((path, error))
    out = []
    for each in groups.values():
        first, names = each[0][1], list(dict.fromkeys(path.name for path, _ in each))
        text, others = str(first), names[1:]
        if len(names) < n_files and UNIT.search(text):
            told = f"{len(names)} of {count(n_files, 'file')} ({listed(names, MOST)}) {'is' if len(names) == 1 else 'are'} so"
            own = "it, or make it a modality of its" if len(names) == 1 else "them, or make them a modality of their"
            text = UNIT.sub(lambda _, told=told, own=own: f"; {told}: convert {own} own with `units`", text)  # type: ignore[misc]
        elif others:
            text += f"; the same goes for {count(len(others), 'more file')} ({listed(others)})"
        first.args = (text,)
        out.append(first)
    return out


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
    others = [path.name for path, error in _all(device, folder, f"modalities.{name}")[1] if str(error) != str(first)]
    others = list(dict.fromkeys(others))
    if others:
        files = count(len(others), "more file of it is", "more files of it are")
        first.args = (f"{first}; {files} broken ({listed(others)}): `mmomics check` says how",)
    return first


def _all(device: Device, folder: Path, where: str) -> tuple[list[Path], list[tuple[Path, UserError]]]:
    """All files of a device, and what is wrong with each."""
    paths = [path for paths in find(device, folder, where).values() for path in paths]
    return paths, [(path, error) for path in paths for error in _wrong(path, device, where)]


def _wrong(path: Path, device: Device, where: str) -> Iterator[UserError]:
    """What is wrong with a file, and with the channels of each of its records."""
    try:
        for record in choose(path, device).read(path, device):
            try:
                if record.channels and contract.roles_of(device, where):
                    _channels.choose([record], device, where)
            except UserError as error:
                yield error
    except EmptyRecordError:
        pass  # told and left out
    except UserError as error:
        vendor = glucose.vendor(path) if device.format is None else None
        yield UserError(f"{where}.format", f"{path} is an export of {vendor}", "set `format: glucose`") if vendor else error


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
