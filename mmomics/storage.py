"""Write files whole or not at all: to a temporary neighbour, then rename."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block ends well, remove it when not.

    The block may write a file or make a folder there. A reader sees the old content or the new, never a part (of a folder that is
    replaced, for a moment neither).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    draft = scratch / path.name  # the same suffix, for writers that look at it
    try:
        yield draft
        if path.is_dir():
            os.replace(path, scratch / "old")  # rename replaces a file, not a folder that has content
        os.replace(draft, path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
