"""Damaged HDF5 files can take a whole process down with them, or keep it busy for ever: they are read in a child of its own.

The child sends the table back through a pipe, as text and plain numbers. Where a system cannot fork, the file is read without a guard.
"""

from __future__ import annotations

import json
import os
import traceback
import warnings
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from mmomics.errors import UserError

PATIENCE = 20  # seconds of work, and one more for every megabyte: a library that takes longer is in a circle


def guarded(path: Path, work: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """The table of float32 or text that `work` reads, in a process of its own.

    Raises
    ------
    UserError
        As `work` does, or if the process dies of the file.
    """
    if not hasattr(os, "fork"):
        return work()
    import anndata.io  # noqa: F401  # once for both processes

    receiving, sending = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads do not run on in the child, and it needs none
        child = os.fork()
    if child == 0:
        os.close(receiving)
        _child(sending, work, PATIENCE + path.stat().st_size // 1_000_000)
    os.close(sending)
    try:
        with os.fdopen(receiving, "rb") as stream:
            found = _receive(stream)
    finally:
        os.waitpid(child, 0)
    if found is None:
        raise UserError(path, "is damaged (the HDF5 library breaks off, or comes to no end)", "copy it anew")
    return found


def _child(sending: int, work: Callable[[], pd.DataFrame], seconds: int) -> None:
    import faulthandler
    import resource
    import signal

    try:
        faulthandler.disable()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
        resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, used + seconds))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(10 * seconds)  # where it waits instead of working; a busy machine is given time
        with os.fdopen(sending, "wb") as stream:
            try:
                _send(stream, work())
            except UserError as error:
                stream.write(json.dumps({"error": str(error)}).encode() + b"\n")
            except BaseException:
                stream.write(json.dumps({"bug": traceback.format_exc()}).encode() + b"\n")
    finally:
        os._exit(0)  # whatever the parent has open is the parent's to close


def _send(stream: IO[bytes], frame: pd.DataFrame) -> None:
    ids = None if isinstance(frame.index, pd.RangeIndex) else list(frame.index)
    numeric = all(kind == np.float32 for kind in frame.dtypes)
    head = {"index": ids, "columns": list(frame.columns), "shape": frame.shape, "numeric": numeric}
    if not numeric:
        head["cells"] = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    stream.write(json.dumps(head).encode() + b"\n")
    if numeric:
        stream.write(np.ascontiguousarray(frame.to_numpy(dtype=np.float32)).reshape(-1).view(np.uint8).data)


def _receive(stream: BufferedReader) -> pd.DataFrame | None:
    """The table; None where the child broke off before it was through."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    head = json.loads(line)
    if "bug" in head:
        raise RuntimeError(head["bug"])
    if "error" in head:
        error = UserError("", "")
        error.args = (head["error"],)
        raise error
    if head["numeric"]:
        values = np.empty(head["shape"], dtype=np.float32)
        if stream.readinto(values.reshape(-1).view(np.uint8).data) != values.nbytes:
            return None
    else:
        values = np.array(head["cells"], dtype=object).reshape(head["shape"])
        values[pd.isna(values)] = np.nan
    index = None if head["index"] is None else pd.Index(head["index"], dtype=object)
    return pd.DataFrame(values, index=index, columns=pd.Index(head["columns"], dtype=object))
