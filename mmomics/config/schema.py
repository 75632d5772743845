"""JSON schemas of the settings, for Snakemake and for editors."""

from __future__ import annotations

import json
from typing import Any

from mmomics.config.cohort import Cohort
from mmomics.config.run import Run
from mmomics.config.strict import Strict

FILES: dict[str, type[Strict]] = {"config": Run, "cohort": Cohort}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(cls: type[Strict]) -> dict[str, Any]:
    """The schema of a settings class, without the titles that only repeat the keys."""
    return {"$schema": DIALECT, **_untitled(cls.model_json_schema())}


def schemas() -> dict[str, str]:
    """Text of every schema file: path from the repository's root -> content."""
    return {
        f"workflow/schemas/{name}.schema.json": json.dumps(json_schema(cls), indent=2, ensure_ascii=False) + "\n"
        for name, cls in FILES.items()
    }


def _untitled(node: Any) -> Any:
    if isinstance(node, dict):
        # a text under `title` is an annotation; a mapping there describes a key that is called so
        return {key: _untitled(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    return [_untitled(item) for item in node] if isinstance(node, list) else node
