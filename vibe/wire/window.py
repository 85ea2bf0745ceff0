"""How many tokens fit into a model, in the numbers by which providers tell it.

What no model can hold is no window: it is not known. Nothing here knows where a number stood.
"""

from __future__ import annotations

import re
from typing import Final

# As it stands in a sentence, and all of it, for a part of a number is another number.
WINDOW: Final = r"(-?[0-9](?:[0-9]|[,._](?=[0-9]))*+(?: ?[km]\b)?)"

_MOST: Final = 10**9
_WRITTEN = re.compile(r"([0-9]{1,12}|[0-9]{1,3}(?:[,._][0-9]{3}){1,3})(?: ?([km]))?", re.IGNORECASE)
_TIMES: Final = {"k": 1_000, "m": 1_000_000}  # of the two that K can mean, the safe one


def window_of(told: object) -> int | None:
    """The window that a number of JSON, or one from a sentence, tells."""
    tokens = _read(told) if isinstance(told, str) else told
    if isinstance(tokens, bool) or not isinstance(tokens, int | float):
        return None
    return int(tokens) if 1 <= tokens <= _MOST else None


def _read(text: str) -> int | None:
    found = _WRITTEN.fullmatch(text)
    if not found:
        return None
    return int(re.sub("[,._]", "", found[1])) * _TIMES.get((found[2] or "").lower(), 1)
