"""Read a YAML file; every mistake is one line that names the file and the line."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from mmomics.errors import UserError


class _Loader(yaml.SafeLoader):
    """YAML as everyone reads it, but a key that is given twice is an error: the first one would be lost; and 1e-4 is a number.

    PyYAML takes 1e-4 for text, as YAML 1.1 has it; so does JSON write numbers, and our settings are JSON.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node in (key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"):
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' stands there twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789"))


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
