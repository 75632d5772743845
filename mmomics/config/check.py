"""Settings from a mapping; the first mistake becomes one line that names file, key and cure."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mmomics.config.duration import EXPECTED, PATTERN
from mmomics.config.strict import Strict
from mmomics.errors import UserError, did_you_mean

S = TypeVar("S", bound=Strict)
MANUAL = "config/README.md describes every key"


def check(cls: type[S], content: dict[str, Any], where: object) -> S:
    """Settings of a class from a mapping.

    Raises
    ------
    UserError
        If the class refuses the mapping.
    """
    try:
        return cls.model_validate(content)
    except ValidationError as error:
        raise _explain(cls, content, error.errors(), where) from error


def problems(cls: type[Strict], content: dict[str, Any], where: object) -> list[UserError]:
    """All that a class refuses in a mapping, one complaint per place."""
    try:
        cls.model_validate(content)
    except ValidationError as error:
        places: dict[tuple[str, ...], list[ErrorDetails]] = {}
        for each in error.errors():
            places.setdefault(tuple(_path(each, content)), []).append(each)
        # of the types that a union takes, only the one that fits best is meant: what it says of the whole is said deeper
        inner = [place for place in places if not any(other[: len(place)] == place and other != place for other in places)]
        return [_explain(cls, content, places[place], where) for place in inner]
    return []


def _explain(cls: type[Strict], content: dict[str, Any], errors: list[ErrorDetails], where: object) -> UserError:
    # an unknown key first: where one was misspelt, the other complaint is that the right one is missing;
    # then the deepest mistake: of the types that a union takes, the one that fits best
    errors = sorted(errors, key=lambda error: (error["type"] != "extra_forbidden", -len(_path(error, content))))
    first, path = errors[0], _path(errors[0], content)
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        return UserError(where, f"unknown key '{key}'", did_you_mean(path[-1], _keys(cls, content, path[:-1])))
    if first["type"] == "missing":
        return UserError(where, f"the key '{key}' is missing", f"add it; {MANUAL}")
    if first["type"] == "union_tag_not_found":
        tag = first["ctx"]["discriminator"].strip("'")
        return UserError(where, f"the key '{key}.{tag}' is missing", f"add it; {MANUAL}")
    if first["type"] == "union_tag_invalid":
        tag, choices = first["ctx"]["discriminator"].strip("'"), first["ctx"]["expected_tags"].replace("'", "").split(", ")
        return UserError(where, f"{key}.{tag}: there is no '{first['ctx']['tag']}'", did_you_mean(first["ctx"]["tag"], choices))
    # a union complains once per type that it takes
    problem = " or ".join(dict.fromkeys(_plain(error) for error in errors if _path(error, content) == path))
    value = first["input"]
    found = "" if isinstance(value, dict | list | Strict) else f", found {value!r}"
    quotes = first["type"] == "string_type" and not isinstance(value, dict | list | None)
    noun = "key" if "[key]" in first["loc"] else "value"
    cure = f"put the {noun} in quotes (bare, YAML reads yes, no, on, 1 or 2020-01-01 as no text)" if quotes else MANUAL
    return UserError(where, f"{key}: {problem}{found}" if key else f"{problem}{found}", cure)


def _plain(error: ErrorDetails) -> str:
    """A complaint of pydantic in the words of YAML."""
    if error["type"] == "string_pattern_mismatch" and error["ctx"]["pattern"] == PATTERN:
        return f"expected {EXPECTED}"
    message = re.sub(r" or instance of \w+", "", error["msg"]).removeprefix("Value error, ")
    return message.replace("Input should be ", "expected ").replace("valid dictionary", "valid mapping").replace("a valid ", "")


def _path(error: ErrorDetails, content: Any) -> list[str]:
    """The keys that lead to a mistake as the user wrote them: without the names of types that pydantic puts between."""
    path, here = [], content
    for position, step in enumerate(error["loc"]):
        inside = step in here if isinstance(here, dict) else isinstance(here, list) and isinstance(step, int) and step < len(here)
        if inside:
            here = here[step]
        if inside or (error["type"] == "missing" and position == len(error["loc"]) - 1):
            path.append(str(step))
    return path


def _keys(cls: type[Strict], content: dict[str, Any], path: list[str]) -> set[str]:
    """The keys allowed at a place, from the schema: follows references, mappings and unions."""
    schema = cls.model_json_schema()

    def resolve(node: dict[str, Any]) -> list[dict[str, Any]]:
        if "$ref" in node:
            return resolve(schema["$defs"][node["$ref"].rsplit("/", 1)[1]])
        unions = node.get("oneOf", node.get("anyOf", []))
        return [leaf for option in unions for leaf in resolve(option)] or [node]

    nodes, here = resolve(schema), content
    for step in path:
        children = [node.get("properties", {}).get(step) or node.get("additionalProperties") for node in nodes]
        nodes = [leaf for child in children if isinstance(child, dict) for leaf in resolve(child)]
        here = here[step]
    tagged = [node for node in nodes if node.get("properties", {}).get("task", {}).get("const") == here.get("task", object)]
    return {key for node in tagged or nodes for key in node.get("properties", {})}
