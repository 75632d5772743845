"""What a device format promises: `SUFFIXES`, and `read(path, device)` that gives the records of a file as they stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast

from mmomics import plugins
from mmomics.config.modality import Device
from mmomics.devices.record import Record
from mmomics.errors import UserError
from mmomics.tables.contract import by_ending, present, readable


class EmptyRecordError(UserError):
    """A file in order that holds no reading: a device that was never worn. It is told and left out; nothing else is lost."""


class Format(Protocol):
    """A file of this folder. One whose files may be compressed says so with `COMPRESSED = True`."""

    SUFFIXES: tuple[str, ...]

    def read(self, path: Path, device: Device) -> Iterator[Record]:
        """The records of one file, one at a time.

        Parameters
        ----------
        path : Path
            The file.
        device : Device
            How it is laid out. Where `channels` is given, no other channel need be read.

        Yields
        ------
        Record
            One per sampling rate, and per subject of a table of many; channels as they are called in the file. A file that holds
            annotations and no signal gives a record without channels.

        Raises
        ------
        UserError
            If the file is damaged, cut short or not of this format; it names the byte or the line.
        """


def choose(path: Path, device: Device) -> Format:
    """The format of a file: the one that the user names, or else by the end of its name.

    Raises
    ------
    UserError
        If there is no such file or format, or no format knows this end.
    """
    present(path)
    if device.format:
        return cast(Format, plugins.load("devices", device.format, "format"))
    return cast(Format, by_ending("devices", path, "or set `format`"))


@contextmanager
def parsing(path: Path, cure: str = "copy it anew, or set `format` if it is of another kind") -> Iterator[None]:
    """Turn whatever a library raises at a damaged file inside the block into one line."""
    with readable(path, cure):
        yield
