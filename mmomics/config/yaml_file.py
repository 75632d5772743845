"""Read a YAML file; every mistake is one line that names the file and the line."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from mmomics.errors import UserError


class _Loader(yaml.SafeLoader):
    """YAML as everyone reads it, but a key that is given twice is an error: the first one would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node in (key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"):
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' stands there twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path) -> dict[str, Any]:
    """A YAML file as a mapping.

    Raises
    ------
    UserError
        If the file is missing, is not YAML, gives a key twice, or does not hold a mapping.
    """
    path = Path(path)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # a SafeLoader
    except OSError as error:
        raise UserError(path, f"cannot be read ({error.strerror})", "check the path") from error
    except UnicodeDecodeError as error:
        raise UserError(path, f"is not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path} line {mark.line + 1}" if mark else path
        raise UserError(where, f"is not valid YAML: {getattr(error, 'problem', None) or error}", "mind indentation and quotes") from error
    except RecursionError as error:
        raise UserError(path, "is nested too deeply", "close its brackets") from error
    if not isinstance(content, dict):
        raise UserError(path, "holds no keys, expected a mapping `key: value`", "see config/README.md")
    return content
