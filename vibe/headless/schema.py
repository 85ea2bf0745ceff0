"""The JSON Schema of what `vibe -p` prints as JSON, made from the values themselves.

`python -m vibe.headless.schema FILE` writes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from vibe.headless.envelope import Envelope, Opening
from vibe.headless.jsonl import NAMES, OPENING, RESULT

Schema: TypeAlias = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema() -> Schema:
    """`$defs/Envelope` is what `json` prints, the whole what each line of `stream-json` is."""
    events = {**NAMES, Opening: OPENING}
    refs, named = msgspec.json.schema_components([Envelope, *events], ref_template="#/$defs/{name}")
    named = {name: _told(each) for name, each in named.items()}
    envelope, *others = (ref["$ref"].rpartition("/")[2] for ref in refs)
    for name, event in zip(others, events.values(), strict=True):
        named[name] = _with_event(named[name], event)
    named["Result"] = _with_event(named[envelope], RESULT)
    lines = [{"$ref": f"#/$defs/{name}"} for name in (*others, "Result")]
    return {
        "$schema": DIALECT,
        "title": "A line of vibe -p --output stream-json",
        "oneOf": lines,
        "$defs": dict(sorted(named.items())),
    }


def text() -> str:
    return json.dumps(schema(), indent=1) + "\n"


def _told(each: Mapping[str, Any]) -> Schema:
    """Without defaults: what is printed names every field."""
    told = dict(each)
    if "description" in told:
        told["description"] = " ".join(told["description"].split())
    if fields := told.get("properties"):
        told["properties"] = {name: _without_default(field) for name, field in fields.items()}
        told["required"] = list(fields)
    return told


def _without_default(field: Mapping[str, Any]) -> Schema:
    return {key: value for key, value in field.items() if key != "default"}


def _with_event(each: Schema, event: str) -> Schema:
    return {
        **each,
        "properties": {"event": {"const": event}, **each["properties"]},
        "required": ["event", *each["required"]],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), "utf-8")
