"""What a foreign configuration says, with the line of each value, whatever it is written in.

Holds the values that the readers make, and what they raise; knows no format and no key.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

MAX_DEPTH = 64
MAX_DIGITS = 19

Scalar: TypeAlias = str | int | float | bool | None


class Node(Struct, frozen=True, kw_only=True):
    """`line` is where its key stands or, without a key, where it begins."""

    line: int
    value: Scalar | tuple[Node, ...] | dict[str, Node]


class Unreadable(Exception):
    """A text that is not of the form; `message` never holds what may be a secret."""

    def __init__(self, line: int, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.hint = hint


def described(node: Node) -> str:
    """What it is, in words, for the end of a sentence; never its text."""
    match node.value:
        case None:
            return "null"
        case bool():
            return "true" if node.value else "false"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case dict():
            return "a table"
        case tuple():
            return "a list"
