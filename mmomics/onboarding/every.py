"""Every file of a device and every expression on its own: a stage stops at its first complaint, a check goes on."""

from __future__ import annotations

import re
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

SETTING = re.compile(r"; (?:set|mend) `")  # a cure that mends every file at once
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
    found = _by_setting(_all(device, folder, where))
    if not any(str(error).startswith(str(first)) for error in found) and not any(
        str(error).startswith(f"{where}.format") for error in found
    ):
        found.insert(0, first)
    yield from found[:MOST]
    if len(found) > MOST:
        yield UserError(where, f"{count(len(found) - MOST, 'more file')} cannot be read", "mend those above, then check again")


def _by_setting(wrong: Sequence[tuple[Path, UserError]]) -> list[UserError]:
    """The complaints; those that differ in the file and what is quoted of it, and that a setting cures, are said by their first."""
    groups: dict[str, list[tuple[Path, UserError]]] = {}
    for path, error in wrong:
        text = str(error).replace(str(path), "")
        form = re.sub(r"'[^']*'|\d+", "", text) if SETTING.search(text) else str(error)
        groups.setdefault(form, []).append((path, error))
    out = []
    for (_, first), *others in groups.values():
        more = f"; the same goes for {count(len(others), 'more file')} ({listed(path.name for path, _ in others)})" if others else ""
        first.args = (f"{first}{more}",)
        out.append(first)
    return out


def together(name: str, device: Device, folder: Path, first: UserError) -> UserError:
    """The complaint that ended reading the records of a modality, and the names of the other files that would end it, too."""
    others = [path.name for path, error in _all(device, folder, f"modalities.{name}") if str(error) != str(first)]
    if others:
        files = count(len(others), "more file of it is", "more files of it are")
        first.args = (f"{first}; {files} broken ({listed(others)}): `mmomics check` says how",)
    return first


def _all(device: Device, folder: Path, where: str) -> list[tuple[Path, UserError]]:
    paths = [path for paths in find(device, folder, where).values() for path in paths]
    return [(path, error) for path in paths if (error := _wrong(path, device, where))]


def _wrong(path: Path, device: Device, where: str) -> UserError | None:
    try:
        for _ in choose(path, device).read(path, device):
            pass
    except EmptyRecordError:
        return None  # told and left out
    except UserError as error:
        vendor = glucose.vendor(path) if device.format is None else None
        return UserError(f"{where}.format", f"{path} is an export of {vendor}", "set `format: glucose`") if vendor else error
    return None


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
