"""How far the arguments of a call have come: whole, not begun, cut, or no JSON at all.

The difference between the last two decides what follows: arguments that were cut are a fault of the
stream, arguments that are wrong are the model's, which is told of it. Nothing here changes them.
"""

from __future__ import annotations

import json
import re
from typing import Final, Literal, TypeAlias

Standing: TypeAlias = Literal["whole", "empty", "cut", "wrong"]

# Models write line ends into strings; to tell whether their text is whole, that is no fault.
_JSON: Final = json.JSONDecoder(strict=False)

# What can stand from the first error to the end of a text that goes on as JSON: nothing, or the
# beginning of a string, a word, a number, its fraction or exponent, or an escape.
_UNFINISHED: Final = re.compile(
    r'(?:"(?:[^"\\]|\\.)*+\\?|t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|-|\.|[eE][+-]?|u[0-9a-fA-F]{0,4})?',
    re.DOTALL,
)


def standing(arguments: str) -> Standing:
    """`whole` is one JSON object and nothing more; `cut` is the beginning of JSON."""
    text = arguments.strip()
    if not text:
        return "empty"
    try:
        value, end = _JSON.raw_decode(text)
    except json.JSONDecodeError as error:
        return "cut" if _UNFINISHED.fullmatch(text, error.pos) else "wrong"
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
        return "wrong"
    return "whole" if isinstance(value, dict) and end == len(text) else "wrong"
