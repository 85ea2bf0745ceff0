"""Holds a request to the published schema of its endpoint, of which schemas/ keeps excerpts.

Knows the few words of JSON Schema that the excerpts use, and no others. A `$ref` names an element
of the same file, a `pattern` has to fit the whole text, and an object that names properties takes
no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, field

TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


class Rule(
    Struct,
    forbid_unknown_fields=True,
    rename={"ref": "$ref", "any_of": "anyOf", "min_items": "minItems", "max_items": "maxItems"},
):
    ref: str = ""
    any_of: tuple[Rule, ...] = ()
    enum: tuple[str, ...] = ()
    type: str = ""
    properties: dict[str, Rule] = field(default_factory=dict[str, "Rule"])
    required: tuple[str, ...] = ()
    items: Rule | None = None
    min_items: int = 0
    max_items: int = 1_000_000
    minimum: float = float("-inf")
    maximum: float = float("inf")
    pattern: str = ""


class Schema:
    """One file of schemas/."""

    def __init__(self, name: str) -> None:
        text = (Path(__file__).parent / "schemas" / f"{name}.json").read_bytes()
        members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        del members["$comment"]
        self._rules = {key: msgspec.json.decode(raw, type=Rule) for key, raw in members.items()}

    def faults(self, rule: str, body: bytes) -> list[str]:
        """What in a body breaks the rule of that name, each with its place."""
        return list(self._faults(Rule(ref=rule), msgspec.json.decode(body), "$"))

    def _faults(self, rule: Rule, value: object, at: str) -> Iterator[str]:
        if rule.ref:
            rule = self._rules[rule.ref]
        if rule.any_of:
            tried = [list(self._faults(option, value, at)) for option in rule.any_of]
            if all(tried):
                yield f"{at} fits nothing of: {tried}"
        elif rule.enum:
            if value not in rule.enum:
                yield f"{at} is none of {rule.enum}: {value!r}"
        elif not _is_of(rule.type, value):
            yield f"{at} is no {rule.type}: {value!r}"
        else:
            yield from self._inner_faults(rule, value, at)

    def _inner_faults(self, rule: Rule, value: object, at: str) -> Iterator[str]:
        match value:
            case dict():
                members = msgspec.convert(value, dict[str, object])
                yield from self._object_faults(rule, members, at)
            case list():
                elements = msgspec.convert(value, list[object])
                if not rule.min_items <= len(elements) <= rule.max_items:
                    yield f"{at} has {len(elements)} elements"
                for index, element in enumerate(elements):
                    yield from self._faults(rule.items or Rule(), element, f"{at}[{index}]")
            case str() if rule.pattern and not re.fullmatch(rule.pattern, value):
                yield f"{at} does not fit {rule.pattern}: {value!r}"
            case float() | int() if not rule.minimum <= value <= rule.maximum:
                yield f"{at} is out of bounds: {value}"
            case _:
                pass

    def _object_faults(self, rule: Rule, members: dict[str, object], at: str) -> Iterator[str]:
        yield from (f"{at}.{name} is missing" for name in rule.required if name not in members)
        for name, member in members.items():
            if inner := rule.properties.get(name):
                yield from self._faults(inner, member, f"{at}.{name}")
            elif rule.properties:
                yield f"{at}.{name} is unknown"


def _is_of(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])
