"""What a caller may pass, told argument by argument: the bounds are those of the configuration.

Whatever is not so is a `UsageError` that names the argument, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, Final, NamedTuple, TypeAlias, get_args

import msgspec
from msgspec import Meta

from vibe.clean import quote
from vibe.domain.model import BrokenStream, Mode, Overflow, Strategy
from vibe.errors import UsageError

Rest: TypeAlias = Annotated[float, Meta(ge=0, le=86_400)]
Threshold: TypeAlias = Annotated[int, Meta(ge=1, le=1000)]
Weight: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000)]
Bound: TypeAlias = Annotated[int, Meta(ge=1, le=100_000)] | None
Name: TypeAlias = str | None
Timeout: TypeAlias = float | None


class Argument(NamedTuple):
    kind: Any
    expected: str
    hint: str = ""


def _one_of(kind: Any) -> Argument:
    return Argument(kind, f"one of {', '.join(get_args(kind))}")


_TEXT: Final = Argument(str, "a text")
_REST: Final = Argument(Rest, "a number of seconds, from 0 to 86400")
ARGUMENTS: Final[Mapping[str, Argument]] = {
    "mode": _one_of(Mode),
    "strategy": _one_of(Strategy),
    "overflow": _one_of(Overflow),
    "on_broken_stream": _one_of(BrokenStream),
    "failure_threshold": Argument(Threshold, "a whole number from 1 to 1000"),
    "rate_limit_rest_s": _REST,
    "error_rest_s": _REST,
    "max_wait_s": _REST,
    "weight": Argument(
        Weight, "a whole number from 1 to 1000000", "who is to get nothing is not added"
    ),
    "max_concurrent": Argument(
        Bound, "a whole number from 1 to 100000, or None", "None: without a bound"
    ),
    "base_url": _TEXT,
    "model": _TEXT,
    "model_name": _TEXT,
    "api_key": Argument(str, "a text", "leave it out where the server wants none"),
    "name": Argument(Name, "a text, or None"),
    "timeout": Argument(Timeout, "a number of seconds, or None"),
}


def check(**given: object) -> None:
    for name, value in given.items():
        argument = ARGUMENTS[name]
        try:
            msgspec.convert(value, argument.kind)
        except msgspec.ValidationError:
            message = f"{name}: has to be {argument.expected}, not {_shown(value)}"
            raise UsageError(message, hint=argument.hint) from None
        check_finite(name, value)


def check_finite(name: str, value: object) -> None:
    """JSON has no other numbers, and no time is one."""
    if isinstance(value, float) and not isfinite(value):
        raise UsageError(f"{name}: has to be a finite number, not {value}")


def _shown(value: object) -> str:
    """A key in a form of its own is never shown, nor is what goes on for pages."""
    match value:
        case str():
            return quote(value)
        case int() | float() | None:
            return str(value)
        case _:
            return f"a {type(value).__name__}"
