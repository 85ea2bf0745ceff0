"""The JSON Schema of a tool's arguments, in as few tokens as it can be told to a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

import msgspec
from msgspec import Struct

Schema: TypeAlias = dict[str, Any]
NULL: Final = {"type": "null"}
NEEDLESS: Final = frozenset({"title", "default", "additionalProperties"})


def schema_of(arguments: type[Struct]) -> str:
    """Without names, references, defaults and what goes without saying."""
    (whole,), named = msgspec.json.schema_components([arguments])
    return msgspec.json.encode(_plain(whole, named)).decode()


def _plain(value: object, named: Mapping[str, Schema]) -> object:
    if isinstance(value, list):
        return [_plain(each, named) for each in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    schema = cast("Schema", value)
    if "$ref" in schema:
        return _plain(named[schema["$ref"].rpartition("/")[2]], named)
    choices = [choice for choice in schema.pop("anyOf", ()) if choice != NULL]
    if len(choices) == 1:  # left out, where there is nothing to be said
        return _plain(choices[0] | schema, named)
    if choices:
        schema["anyOf"] = choices
    return {key: _plain(each, named) for key, each in schema.items() if key not in NEEDLESS}
