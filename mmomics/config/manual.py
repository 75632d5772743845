"""`config/README.md`: every key with its type, default and meaning, from the settings classes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mmomics.config import catalogue
from mmomics.config.cohort import Cohort
from mmomics.config.handling import Missing
from mmomics.config.modality import Align, Assay, Device, Windows
from mmomics.config.outcome import Binary, Multiclass, Regression, Survival
from mmomics.config.protocol import Prepare, Search, Split, Training
from mmomics.config.run import Model, Run
from mmomics.config.samples import Samples
from mmomics.config.schema import json_schema
from mmomics.config.strict import Strict
from mmomics.config.table import Long

PATH = "config/README.md"
# sections of the manual: place of the keys in their file -> class, without the keys that another section describes
RUN: dict[str, type[Strict]] = {
    "": Run,
    "models.<name>": Model,
    "split": Split,
    "prepare": Prepare,
    "training": Training,
    "search": Search,
    "missing": Missing,
}
COHORT: dict[str, type[Strict]] = {
    "": Cohort,
    "samples": Samples,
    "modalities.<name>, an assay": Assay,
    "modalities.<name>, a device": Device,
    "modalities.<name>.long": Long,
    "modalities.<name>.align": Align,
    "modalities.<name>.windows": Windows,
    "outcome, task: survival": Survival,
    "outcome, task: binary": Binary,
    "outcome, task: multiclass": Multiclass,
    "outcome, task: regression": Regression,
}


def manual() -> str:
    """Text of the manual."""
    template = files("mmomics.config").joinpath("manual.md").read_text(encoding="utf-8")
    told = {"run": _tables(RUN), "cohort": _tables(COHORT), **catalogue.tables()}
    for name, lines in told.items():
        template = template.replace(f"{{{{ {name} }}}}", "\n".join(lines))
    return template


def _tables(sections: dict[str, type[Strict]]) -> Iterator[str]:
    for place, cls in sections.items():
        if place:
            yield from ("", f"### `{place}`", "", (cls.__doc__ or "").strip())
        yield from ("", "| key | type | default | meaning |", "|---|---|---|---|")
        properties = json_schema(cls)["properties"]
        for key, field in cls.model_fields.items():
            cells = (f"`{key}`", _type(properties[key]), _default(field), field.description or "")
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(schema: dict[str, Any]) -> str:
    """A schema in words: `integer >= 1`, `text or list of text`, `` `a`, `b` or `c` ``."""
    if "anyOf" in schema or "oneOf" in schema:
        options = [option for option in schema.get("anyOf", schema.get("oneOf", [])) if option != {"type": "null"}]
        return " or ".join(dict.fromkeys(_type(option) for option in options))
    if "enum" in schema or "const" in schema:
        return " or ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if "$ref" in schema:
        return "keys below"
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"mapping name -> {_type(inner)}" if isinstance(inner, dict) else "mapping"
    names: dict[str | None, str] = {"string": "text", "boolean": "true or false", None: "any value"}
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    limits = ", ".join(f"{sign} {schema[key]:g}" for key, sign in signs.items() if key in schema)
    return " ".join(filter(None, [names.get(schema.get("type")) or schema["type"], limits]))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if isinstance(field.default, BaseModel):
        return "see below"
    return "" if field.default in (None, "") else f"`{json.dumps(field.default)}`"
