"""Write files whole or not at all: to a temporary neighbour, then rename."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmomics.errors import UserError


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block ends well, remove it when not.

    The block may write a file or make a folder there. A reader sees the old content or the new, never a part (of a folder that is
    replaced, for a moment neither).

    Raises
    ------
    UserError
        If it cannot be written, or a file should stand where a folder is.
    """
    path = Path(path)
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    draft = scratch / path.name  # the same suffix, for writers that look at it
    try:
        with _told(path):
            yield draft
            if path.is_dir() and not draft.is_dir():
                raise UserError(path, "is a folder, and a file is to be written there", "give another name")
            if path.is_dir():
                os.replace(path, scratch / "old")  # rename replaces a file, not a folder that has content
            os.replace(draft, path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """A full disk or a folder that may not be written is one line."""
    try:
        yield
    except OSError as error:
        cure = "nothing was written: make room, or name another place"
        raise UserError(path, f"cannot be written: {error.strerror or error}", cure) from error
