"""A regular expression in the one sense that every program that searches for it gives it.

What only some of them know is refused; what they read differently is written so that they do not.
Braces that repeat nothing, and needless backslashes, are meant as characters: models write them.
"""

from __future__ import annotations

import re

from vibe.errors import ToolError

_TOKEN = re.compile(
    r"\\(?P<escaped>.)|\(\?(?P<group>P=|P>|<[=!]|[=!>(#|&]|<(?=\w))|(?P<set>\[\^?\]?)"
    r"|(?P<repeat>\{\d+(?:,\d*)?\})|(?P<brace>[{}])|(?P<line>[\n\r\0])|(?P<other>.)",
    re.DOTALL,
)
_IN_SET = re.compile(
    r"\\(?P<escaped>.)|\[:(?P<kind>\w+):\]|(?P<end>\])|(?P<line>[\n\r\0])|(?P<special>--|[\[&~|])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_KINDS = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r"\t ",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-\x7e",
    "space": r"\s",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
_SPECIAL = frozenset(r"\.+*?()|[]{}^$#&-~")
_EDGES = {"<": r"\b", ">": r"\b", "A": "^", "Z": "$", "z": "$"}
_LINE = "it holds a line end or NUL, and grep looks at one line at a time"
_LOOK = "it has look-around, a back-reference, \\p or the like, which grep does not know"


def portable(pattern: str) -> str:
    """ToolError: why it cannot be searched for."""
    if not pattern:
        raise _refused("it is empty")
    pieces: list[str] = []
    position = 0
    while token := _TOKEN.match(pattern, position):
        position = token.end()
        match token.lastgroup:
            case "escaped":
                pieces.append(_escaped(token["escaped"]))
            case "group" if token["group"] == "<":
                pieces.append("(?P<")
            case "group":
                raise _refused(_LOOK)
            case "set":
                inside, position = _set(pattern, position)
                pieces.append(_set_start(token[0]) + inside)
            case "brace":
                pieces.append(f"\\{token[0]}")
            case "line":
                raise _refused(_LINE)
            case _:
                pieces.append(token[0])
    return "".join(pieces)


def _set_start(start: str) -> str:
    return start.replace("]", r"\]")


def _set(pattern: str, position: int) -> tuple[str, int]:
    """The rest of a set in brackets, and where it ends."""
    pieces: list[str] = []
    while token := _IN_SET.match(pattern, position):
        position = token.end()
        match token.lastgroup:
            case "escaped":
                pieces.append(_escaped(token["escaped"], is_in_set=True))
            case "kind" if token["kind"] in _KINDS:
                pieces.append(_KINDS[token["kind"]])
            case "end":
                return "".join((*pieces, "]")), position
            case "line":
                raise _refused(_LINE)
            case "special":
                pieces += (f"\\{character}" for character in token[0])
            case _:
                pieces.append(token[0])
    raise _refused("a set in brackets has no end")


def _escaped(character: str, *, is_in_set: bool = False) -> str:
    if character in "nr0\n\r\0":
        raise _refused(_LINE)
    if character in "123456789pP":
        raise _refused(_LOOK)
    if character in _EDGES and not is_in_set:
        return _EDGES[character]
    needs_it = character in _SPECIAL or character.isalnum()
    return f"\\{character}" if needs_it else character


def _refused(why: str) -> ToolError:
    return ToolError(f"pattern cannot be searched for: {why}; use another one, or a command")
