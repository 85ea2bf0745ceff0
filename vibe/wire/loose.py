"""What an answer is as good without: read where it can be, and otherwise counted as not said.

Servers send counts as floats or as text, ids as numbers, and null, "" or [] for what they do not
know. None of that may cost an answer. What the answer itself says is read strictly, and not here.
"""

from __future__ import annotations

import re
from typing import Final, cast

from msgspec import Raw

_COUNT: Final = re.compile(r"([0-9]{1,18})(?:\.0*)?")
_NOTHING: Final = frozenset({b"", b"null", b'""', b"{}", b"[]", b"false", b"0"})


def label(value: object) -> str:
    """An id or a name; empty where nothing that could be one is said."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def member(of: object, name: str) -> object:
    return cast("dict[str, object]", of).get(name) if isinstance(of, dict) else None


def count(value: object, *path: str) -> int | None:
    """The whole number at a path of members; None where there is none."""
    for name in path:
        value = member(value, name)
    if isinstance(value, str):
        found = _COUNT.fullmatch(value)
        return int(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 2**63 and value == int(value) else None


def holds(raw: Raw) -> bool:
    """Whether a member says anything."""
    return bytes(raw) not in _NOTHING
