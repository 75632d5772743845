"""What lines of a draft are made of: names of modalities and files, keys and words as YAML reads them back."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from mmomics.errors import listed
from mmomics.onboarding import guess
from mmomics.onboarding.files import PART
from mmomics.onboarding.sniff import Sniffed

MOST_LEVELS = 8


def files(table: Sniffed, folder: Path) -> str:
    """Its file, or its parts by label."""
    if len(table.files) == 1:
        return quoted(table.path.relative_to(folder))
    return "{" + ", ".join(f"{label}: {quoted(path.relative_to(folder))}" for label, path in table.files.items()) + "}"


def place(table: Sniffed, folder: Path) -> str:
    """Where a table stands, for remarks: its file, and its sheet if there are several."""
    where = str(table.path.relative_to(folder))
    return f"{where}, {table.what} '{table.part}'" if table.sheets else where


def kind(table: Sniffed, features: Sequence[str], beside: Sequence[str] = ()) -> tuple[str, str]:
    """The kind of assay of a table, and what tells it; `beside` are the columns that describe its features."""
    for name, what in ((table.part, table.what), (table.path.name, "file")):
        found = guess.kind(name)
        if found != "generic":
            return found, f"by the {what}'s name"
    found = guess.kind("", features)
    beside_say = guess.kind("", heads=beside) if found == "generic" else found
    return (beside_say, "by the columns beside its features") if beside_say != found else (found, "by the names of its features")


def keys(table: Sniffed, indent: str) -> list[str]:
    """What the file needs said, with the reason for what is dropped."""
    why = {
        "drop": " # several columns of this name, or none",
        "skip_rows": " # GUESS: the lines above look like no part of the table",
        "comment": " # lines that begin so are no part of the table",
        "subject": " # GUESS: its ids repeat, so rows are visits or events of people",
        "index": " # GUESS: the ids of other files stand here, or those of every row",
        "within": f" # a {table.what} of {listed(table.sheets, MOST_LEVELS)}",
    }
    if not table.sheets:
        del why["within"]  # a matrix of counts in a file of cells
    return [f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}{why.get(key, '')}" for key, value in table.keys.items()]


def quoted(text: object) -> str:
    """A word as YAML reads it back as this very text."""
    plain = str(text)
    safe = re.fullmatch(r"[A-Za-z_./][\w./ -]*[\w]", plain) and plain.lower() not in ("yes", "no", "true", "false", "null", "on", "off")
    return plain if safe else json.dumps(plain)


def modality(table: Sniffed) -> str:
    """Name of the modality of a table: of its sheet, of its file, or of the files whose parts it has."""
    if table.sheets:
        return called(Path(table.part.replace(".", "_")))
    return called(table.path if len(table.files) == 1 else Path(PART.sub(r"\1", table.path.name.split(".")[0])))


def called(path: Path) -> str:
    """Name of the modality of a file."""
    stem = re.sub(r"\W+", "_", path.name.split(".")[0]).strip("_").lower() or re.sub(r"\W+", "_", path.parent.name).lower() or "modality"
    return stem if stem[0].isalpha() else f"m_{stem}"


def distinct(lines: list[str]) -> list[str]:
    """Modality names made unique."""
    seen: dict[str, int] = {}
    out = []
    for line in lines:
        match = re.fullmatch(r"  (\w+):", line)
        if match:
            seen[match[1]] = seen.get(match[1], 0) + 1
            line = line if seen[match[1]] == 1 else f"  {match[1]}_{seen[match[1]]}:"
        out.append(line)
    return out
