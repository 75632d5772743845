"""What a device format promises: `SUFFIXES`, and `read(path, device)` that gives the records of a file as they stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from mmomics.config.modality import Device
from mmomics.devices.record import Record


class Format(Protocol):
    """A file of this folder."""

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
            One per sampling rate, and per subject of a table of many; channels as they are called in the file.

        Raises
        ------
        UserError
            If the file is damaged, cut short or not of this format; it names the byte or the line.
        """
