"""One value against one field: accepted as it is, or told what was expected and how to write it."""

from __future__ import annotations

import datetime
import math
import re
from typing import Final, cast, get_args

from msgspec import Struct

from vibe.clean import quote
from vibe.config.codes import Code
from vibe.config.fields import Field
from vibe.config.malformed import quoted
from vibe.config.nearest import nearest
from vibe.domain.keys import MODIFIERS, NAMES, canonical, is_key
from vibe.domain.model import Mode
from vibe.domain.rule import TOOLS, BadRule, rule

_MODES: Final = get_args(Mode)
_FIGURE = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?%?\s*", re.IGNORECASE)
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000}
_LONGEST = 20  # digits of a number that are worth showing
_TRUE_WORDS = frozenset({"true", "yes", "on", "1", "y"})


class Flaw(Struct, frozen=True, kw_only=True):
    """Why a value is refused; `literal` is the nearest that would be taken, in TOML, if one is."""

    code: Code
    message: str
    literal: str | None
    help: str = ""


def flaw(field: Field, value: object) -> Flaw | None:
    """What is wrong with `value`; None where nothing is. Tables are not looked into."""
    if field.choices == _MODES and isinstance(value, str) and value not in field.choices:
        return _unknown_mode(value)
    if field.kind == "list" and isinstance(value, list):
        flaws = (flaw(field.item, each) for each in cast("list[object]", value))
        return next(filter(None, flaws), None)
    if field.is_rule and isinstance(value, str) and field.kind == "text":
        return _rule_flaw(value)
    if field.are_keys and isinstance(value, str):
        return _keys_flaw(field, value)
    if _has_type(field, value):
        return None if _in_range(field, value) else _out_of_range(field, value)
    return Flaw(
        code=Code.VALUE_TYPE
        if not isinstance(value, str) or not field.choices
        else Code.VALUE_CHOICE,
        message=f"{field.name} must be {field.expected()}, not {described(value)}",
        literal=literal_for(field, value),
        help=_type_help(field, value),
    )


def _has_type(field: Field, value: object) -> bool:
    match field.kind:
        case "flag":
            return isinstance(value, bool)
        case "whole":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "text":
            return isinstance(value, str)
        case "choice":
            return value in field.choices
        case "texts" | "table":
            return isinstance(value, dict)
        case "list" | "tables":
            return isinstance(value, list)


def _rule_flaw(text: str) -> Flaw | None:
    try:
        rule(text)
    except BadRule as error:
        return Flaw(
            code=Code.RULE_INVALID,
            message=error.message,
            literal=_rule_for(text),
            help=error.hint,
        )
    return None


def _keys_flaw(field: Field, text: str) -> Flaw | None:
    wrong = next((key for key in text.split(",") if key.strip() and not is_key(key)), None)
    if wrong is None:
        return None
    meant = _key_for(wrong)
    return Flaw(
        code=Code.VALUE_CHOICE,
        message=f"{field.name}: {quote(wrong.strip())} is no key that could be bound",
        literal=literal_for(field, text),
        help=f'did you mean "{meant}"?'
        if meant
        else "a key is one such as f5, pageup or ctrl+p; a letter alone is for typing",
    )


def _key_for(key: str) -> str | None:
    """A slip in its name mended; a bare letter is most likely meant with Ctrl."""
    *modifiers, name = canonical(key).split("+")
    known = [nearest(each, MODIFIERS) or each for each in modifiers]
    guess = "+".join((*known, nearest(name, NAMES) or name if len(name) > 1 else name))
    return next((each for each in (guess, f"ctrl+{guess}") if is_key(each)), None)


def _in_range(field: Field, value: object) -> bool:
    if field.kind not in ("whole", "number"):
        return True
    number = cast("int | float", value)
    return _is_finite(number) and field.allows(number)


def _is_finite(number: float) -> bool:
    """An integer always is, also one too large to become a float."""
    return isinstance(number, int) or math.isfinite(number)


def _out_of_range(field: Field, value: object) -> Flaw:
    return Flaw(
        code=Code.VALUE_RANGE,
        message=f"{field.name} must be {field.expected()}, not {described(value)}",
        literal=literal_for(field, value),
        help="leave the key out for unlimited" if field.name == "max_concurrent" else "",
    )


def _unknown_mode(given: str) -> Flaw:
    strategies = {"round_robin", "random", "weighted", "least_busy"}
    wanted = given.replace("-", "_").replace(" ", "_").casefold()
    modes = 'the modes are "single", "failover" and "load_balance"'
    if wanted in strategies:
        return Flaw(
            code=Code.MODE_UNKNOWN,
            message=f"unknown mode {quote(given)}",
            literal='"load_balance"',
            help=f'{modes}; {wanted} is a strategy: mode = "load_balance" with '
            f'strategy = "{wanted}"',
        )
    if wanted in ("priority", "fallback", "fail_over"):
        return Flaw(
            code=Code.MODE_UNKNOWN,
            message=f"unknown mode {quote(given)}",
            literal='"failover"',
            help=f'{modes}; "failover" uses the pool in order',
        )
    guess = nearest(wanted, ("single", "failover", "load_balance")) or "single"
    return Flaw(
        code=Code.MODE_UNKNOWN,
        message=f"unknown mode {quote(given)}",
        literal=f'"{guess}"',
        help=modes,
    )


def _type_help(field: Field, value: object) -> str:
    if field.name == "weight" and isinstance(value, float):
        return "only the ratio of the weights counts: write 7 and 3 for 0.7 and 0.3"
    if field.is_rule:
        return 'a rule is a text such as "bash(git diff *)" or "write(docs/**)"'
    if field.choices and isinstance(value, str):
        guess = nearest(value, field.choices)
        return f'did you mean "{guess}"?' if guess else ""
    return ""


def described(value: object) -> str:
    """`value` in words, for the end of a sentence."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text {quote(value)}"
        case int() | float():
            digits = str(value)
            return digits if len(digits) <= _LONGEST else f"{digits[:_LONGEST]}…"
        case datetime.date() | datetime.time():
            return "a date or time"
        case list():
            return "a list"
        case _:
            return "a table"


def literal_for(field: Field, value: object) -> str | None:
    """The TOML text of the value that was most likely meant, or else of a sound one.

    None where there is no knowing: another rule than was meant would forbid or allow another thing.
    """
    match field.kind:
        case "flag":
            return "true" if str(value).strip().lower() in _TRUE_WORDS else "false"
        case "whole" | "number":
            return _number_for(field, value)
        case "choice":
            guess = nearest(value, field.choices) if isinstance(value, str) else None
            return quoted(guess or str(field.default or field.choices[0]))
        case "list":
            items = cast("list[object]", value) if isinstance(value, list) else [value]
            literals = [literal_for(field.item, each) for each in items]
            sound = [each for each in literals if each is not None]
            return f"[{', '.join(sound)}]" if sound == literals else None
        case "text" if field.is_rule:
            return _rule_for(value) if isinstance(value, str) else None
        case "text" if field.are_keys:
            keys = value.split(",") if isinstance(value, str) else []
            sound = [
                good for key in keys if (good := key.strip() if is_key(key) else _key_for(key))
            ]
            return quoted(", ".join(sound) or str(field.default))
        case "text":
            return quoted("" if isinstance(value, dict | list) else str(value))
        case "texts" | "table":
            return "{}"
        case "tables":
            return "[]"


def _rule_for(text: str) -> str | None:
    """A slip in the name of the tool, in blanks or in the last bracket mended."""
    name, bracket, inside = text.strip().partition("(")
    tool = nearest(name.strip(), TOOLS)
    if tool is None:
        return None
    inside = inside.removesuffix(")").strip()
    try:
        return quoted(rule(f"{tool}({inside})" if bracket else tool).text)
    except BadRule:
        return None


def _number_for(field: Field, value: object) -> str:
    number = _meant(field, value)
    if number is None or not _is_finite(number):
        fallback = cast("float | None", field.default)
        number = fallback if fallback is not None else field.at_least or 1
    if field.kind == "whole":
        number = round(number) if number >= 1 or number <= 0 else 1
    if field.at_most is not None:
        number = min(number, field.at_most)
    if field.at_least is not None:
        number = max(number, field.at_least)
    if field.above is not None and number <= field.above:
        number = field.above + 1
    return f"{number:.0f}" if field.kind == "whole" or number == int(number) else str(number)


def _meant(field: Field, value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    found = _FIGURE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    scale = _UNIT_MS[found[2].lower()] if found[2] and field.name.endswith("_ms") else 1
    return float(found[1]) * scale
