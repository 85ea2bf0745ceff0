"""Typographic quotes against straight ones: told apart from nothing else, the file's own kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vibe.errors import ToolError
from vibe.tools.editing.text import shared_ends

_STRAIGHT = str.maketrans({**dict.fromkeys("‘’‚‛", "'"), **dict.fromkeys("“”„‟", '"')})
_QUOTES = frozenset("‘’‚‛“”„‟'\"")


def folded(text: str) -> str:
    """The text with straight quotes; every character stays where it was."""
    return text if text.isascii() else text.translate(_STRAIGHT)


def is_typographic(text: str) -> bool:
    return folded(text) != text


def stood_for(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Each quote that was asked for, with those of the file that it stood for."""
    found: dict[str, frozenset[str]] = {}
    for asked, actual in pairs:
        for one, other in zip(asked, actual, strict=True):
            if one in _QUOTES:
                found[one] = found.get(one, frozenset()) | {other}
    return found


def requoted(new: str, stands_for: Mapping[str, frozenset[str]]) -> str:
    """`new` with the quotes that the file has. ToolError: that cannot be known of one."""
    own = frozenset[str]().union(*stands_for.values())
    return "".join(_own_quote(character, stands_for, own) for character in new)


def _own_quote(
    character: str, stands_for: Mapping[str, frozenset[str]], own: frozenset[str]
) -> str:
    if character not in _QUOTES:
        return character
    match tuple(stands_for.get(character, ())):
        case (only,):
            return only
        case () if character in own:
            return character
        case _:
            raise ToolError(f"which quote of the file the {character} in new stands for is unclear")


def requoted_line(
    new: str, *, old: str, actual: str, stands_for: Mapping[str, frozenset[str]]
) -> str:
    """A new line for the one that was asked for as `old` and is `actual` in the file.

    What the two ends of `old` and `new` have in common is taken from the file as it is.
    """
    head, tail = shared_ends(old, new)
    middle = requoted(new[head : len(new) - tail], stands_for)
    return actual[:head] + middle + actual[len(actual) - tail :]
