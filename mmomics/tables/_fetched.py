"""What a download leaves in place of a file: a page that says why it failed, or the pointer of a file that git-lfs keeps elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

from mmomics.errors import UserError

LOOK = 2048  # bytes
POINTER = b"version https://git-lfs.github.com/spec/"
PAGE = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|error)\b", re.IGNORECASE | re.DOTALL)
TITLE = re.compile(rb"<(?:title|code)>\s*([^<]{1,60})", re.IGNORECASE)


def refuse(path: Path) -> None:
    """Refuse a file that is not what its name says, by its first bytes; one that cannot be opened is its reader's to refuse.

    Raises
    ------
    UserError
        If it is a pointer or a page.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(LOOK).removeprefix(b"\xef\xbb\xbf")
    except OSError:
        return
    if head.startswith(POINTER):
        raise UserError(path, "is a pointer of git-lfs, not the file itself", "fetch it: `git lfs pull`")
    if PAGE.match(head):
        title = TITLE.search(head)
        said = f" ('{title[1].decode('utf-8', 'replace').strip()}')" if title else ""
        raise UserError(path, f"is a web page{said}, not the file itself", "download it anew, from the link to the file")
