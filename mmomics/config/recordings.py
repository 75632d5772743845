"""The files of a device: whose record each one is, from the pattern of their names."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from mmomics.config.modality import Device
from mmomics.errors import UserError

FIELD = re.compile(r"\{(subject|sample)\}")


def find(device: Device, folder: str | Path, where: str) -> dict[str | None, list[Path]]:
    """The files that a device's `files` names.

    Parameters
    ----------
    device : Device
        `files` is a pattern with ``{subject}`` or ``{sample}`` where the id stands and ``*`` for what varies, or the name of one
        table that holds the records of many subjects.
    folder : path
        Where they lie.
    where : str
        Place of the modality, for messages.

    Returns
    -------
    dict of str to list of Path
        Id in the name -> its files, sorted; the only id is None for a table of many subjects.

    Raises
    ------
    UserError
        If the pattern leaves the folder or nothing matches it.
    """
    pattern = PurePosixPath(device.files)
    if pattern.is_absolute() or ".." in pattern.parts:
        raise UserError(f"{where}.files", f"'{device.files}' leaves the folder of the cohort", "give a path below `folder`")
    if re.search(r"\{(?!(subject|sample)\})", device.files):
        raise UserError(f"{where}.files", f"'{device.files}' has an unknown field", "write {subject} or {sample} where the id stands")
    if re.search(r"\}\*|\*\{", device.files):
        raise UserError(
            f"{where}.files", f"'{device.files}' says not where the id ends", "put what stands between them in the names: {subject}_*"
        )
    folder = Path(folder)
    paths = sorted(path for path in folder.glob(FIELD.sub("*", device.files)) if path.is_file() and not path.name.startswith("."))
    parts = _segments(paths)
    paths = [path for path in paths if path not in parts]
    if not FIELD.search(device.files):
        found: dict[str | None, list[Path]] = {None: paths} if paths else {}
    else:
        named = re.compile(regex(device.files))
        found = {}
        for path in paths:
            match = named.fullmatch(path.relative_to(folder).as_posix())
            if match:
                found.setdefault(match["id"], []).append(path)
    if not found:
        raise UserError(f"{where}.files", f"no file in {folder} matches '{device.files}'", "mend the pattern, or `folder`")
    return found


def _segments(headers: list[Path]) -> set[Path]:
    """Those of WFDB headers that another one names as parts of its record."""
    parts: set[Path] = set()
    for path in [path for path in headers if path.suffix == ".hea"]:
        lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip() and not line.startswith("#")]
        if lines and "/" in lines[0].split()[0]:
            parts |= {path.with_name(line.split()[0] + ".hea") for line in lines[1:]}
    return parts


def there(device: Device, folder: str | Path) -> bool:
    """Whether any file matches."""
    return any(path.is_file() for path in Path(folder).glob(FIELD.sub("*", device.files)))


def regex(pattern: str) -> str:
    """A pattern as a regular expression whose group `id` is the id; a second field must hold the same id."""
    out, named = [], False
    for part in re.split(r"(\{subject\}|\{sample\}|\*)", pattern):
        if FIELD.fullmatch(part):
            out.append("(?P=id)" if named else "(?P<id>[^/]+)")
            named = True
        else:
            out.append("[^/]*" if part == "*" else re.escape(part))
    return "".join(out)
