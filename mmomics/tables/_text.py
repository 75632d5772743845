"""Text of a file, compressed or not, as it streams in: decoded, counted, and refused before it fills the memory."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

from mmomics.errors import UserError

RATIO = 250  # a table of zeros and ones packs about 50 times; what packs more is no table
FREE = 1 << 26  # bytes that may come out of any file, however small it is
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

PACKED = {  # what a packed file begins with, by the end of its name
    ".gz": (b"\x1f\x8b",), ".bz2": tuple(b"BZh%d1AY" % level for level in range(1, 10)), ".xz": (b"\xfd7zXZ\0",),
    ".zst": (b"\x28\xb5\x2f\xfd",), ".zip": (b"PK",),
}  # fmt: skip
MAGIC = {  # what a file that is no text begins with: what it is, and what to do
    **{
        magic: (f"a {tool} file", f"rename it to end in {end}")
        for end, tool in ((".gz", "gzip"), (".bz2", "bzip2"), (".xz", "xz"), (".zst", "zstd"))
        for magic in PACKED[end]
    },
    b"PK\x03\x04": ("a workbook or another zip archive", "rename it to end in .xlsx or .zip"),
    b"PAR1": ("a parquet file", "rename it to end in .parquet"),
    b"\x89HDF\r\n\x1a\n": ("an HDF5 file", "rename it to end in .h5ad, .h5mu or .h5"),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("a workbook of old (.xls) or another document", "save the table as .xlsx or .csv"),
    b"%PDF-": ("a PDF document", "give the table itself as .csv or .xlsx"),
}
LONGEST = max(map(len, MAGIC))


class Counted(io.RawIOBase):
    """Bytes of an unpacked stream; more of them than any table packs into the file is a `UserError`."""

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self.path, self.stream, self.seen = path, stream, 0
        self.most = max(FREE, RATIO * path.stat().st_size)

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer."""
        found = self.stream.read(len(buffer))
        self.seen += len(found)
        if self.seen > self.most:
            raise UserError(
                self.path, f"unpacks to more than {self.most >> 20} MiB, over {RATIO} times its size", "unpack it yourself if you trust it"
            )
        buffer[: len(found)] = found
        return len(found)


class Checked(io.TextIOWrapper):
    """Text without the NUL bytes that tell of another encoding or of damage."""

    path: Path

    def read(self, size: int | None = -1, /) -> str:
        """Up to `size` characters."""
        text = super().read(size)
        if "\0" in text:
            raise UserError(self.path, "holds NUL bytes", "copy it anew, or set `encoding` (utf-16-le, utf-16-be)")
        return text


@contextmanager
def unpacked(path: Path) -> Iterator[io.BufferedReader]:
    """The bytes of a file; of one that ends in gz, bz2, xz, zst or zip those that are packed in it.

    Raises
    ------
    UserError
        If the file is a bomb, or an archive of several files.
    """
    with ExitStack() as stack:
        end = path.suffix.lower()
        if end not in (".gz", ".bz2", ".xz", ".zst", ".zip"):
            yield stack.enter_context(path.open("rb"))
            return
        _packed(path, end)
        stream: IO[bytes]
        if end == ".zip":
            stream = stack.enter_context(_only(path, stack.enter_context(zipfile.ZipFile(path))))
        elif end == ".zst":
            import pyarrow as pa

            stream = stack.enter_context(pa.CompressedInputStream(pa.OSFile(os.fspath(path)), "zstd"))
        else:
            stream = stack.enter_context(_opened(path, end))
        yield io.BufferedReader(Counted(path, stream), 1 << 18)


@contextmanager
def text(path: Path, encoding: str = "utf-8") -> Iterator[Checked]:
    """The text of a file, its byte-order mark left out and its line ends as they are.

    Raises
    ------
    UserError
        If there is no such encoding, or the file is plainly of another one, or no text.
    """
    try:
        name = codecs.lookup(encoding).name
        io.TextIOWrapper(io.BytesIO(), encoding=name)  # refuses what is no encoding of text, such as base64
    except LookupError as error:
        raise UserError(path, f"there is no encoding of text '{encoding}'", "set `encoding` to utf-8, latin-1, utf-16, ...") from error
    with unpacked(path) as stream:
        unmasked(path, stream.peek(LONGEST)[:LONGEST])
        mark = MARKS.get(stream.peek(2)[:2])
        if mark and not name.startswith("utf-16"):
            raise UserError(path, f"is {mark.upper()} text, not {name.upper()}", f"set `encoding: {mark}`")
        found = Checked(stream, encoding="utf-8-sig" if name == "utf-8" else name, newline="")
        found.path = path
        try:
            yield found
        finally:
            found.detach()


def unmasked(path: Path, head: bytes) -> None:
    """Refuse a file of another kind under the name of a text, by its first bytes.

    Raises
    ------
    UserError
        If it is one.
    """
    for magic, (what, cure) in MAGIC.items():
        if head.startswith(magic):
            raise UserError(path, f"is {what} under the name of a text", cure)


def misfit(path: Path, encoding: str) -> int:
    """The line of the first byte that is not text of the encoding."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with unpacked(path) as stream:
        try:
            while block := stream.read(1 << 16):
                line += decoder.decode(block).count("\n")
        except UnicodeDecodeError as error:
            line += error.object[: error.start].decode(encoding, "ignore").count("\n")
    return line


def _packed(path: Path, end: str) -> None:
    """Refuse a plain file under the name of a packed one: browsers unpack some as they save them."""
    with path.open("rb") as file:
        head = file.read(LONGEST)
    if head and not head.startswith(PACKED[end]):
        known = next((what for magic, (what, _) in MAGIC.items() if head.startswith(magic)), "no packed file")
        raise UserError(path, f"is {known}, though its name ends in {end}", f"take {end} off its name if it was unpacked, or copy it anew")


def _opened(path: Path, end: str) -> IO[bytes]:
    if end == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return cast(IO[bytes], bz2.open(path, "rb") if end == ".bz2" else lzma.open(path, "rb"))


def _only(path: Path, archive: zipfile.ZipFile) -> IO[bytes]:
    files = [each for each in archive.infolist() if not each.is_dir()]
    if len(files) != 1:
        raise UserError(path, f"is an archive of {len(files)} files, expected one", "unpack it and name the file that you mean")
    return archive.open(files[0])
