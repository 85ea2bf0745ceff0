"""One table of a foreign configuration, read key by key; what nobody reads, or cannot, is noted.

Holds the notes as well: everything that the imported file says and vibe's cannot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from vibe.clean import quote
from vibe.config.importing.tree import Node, Unreadable, described
from vibe.config.nearest import nearest

LEFT_OUT = "it is left out"


class Note(Struct, frozen=True, kw_only=True):
    """`lines` are all places of which this is to be said; none where the text has no lines."""

    lines: tuple[int, ...]
    message: str
    help: str


class Notes:
    """The same words about several places are one note, where the first of them is."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], list[int]] = {}

    def say(self, line: int | None, message: str, help: str = "") -> None:
        lines = self._lines.setdefault((message, help), [])
        if line is not None and line not in lines[-1:]:
            lines.append(line)

    def told(self) -> tuple[Note, ...]:
        found = [
            Note(lines=tuple(lines), message=message, help=help)
            for (message, help), lines in self._lines.items()
        ]
        return tuple(sorted(found, key=lambda note: note.lines[:1]))


class Keys:
    """The keys of one table, each read once; `finish` notes those that were not.

    `place` is what a person calls the table. A value of another type than is asked for is noted,
    and counts as not there.
    """

    def __init__(self, node: Node, place: str, notes: Notes) -> None:
        if not isinstance(node.value, dict):
            raise Unreadable(node.line, f"{place} must be a table, not {described(node)}")
        self.line = node.line
        self.place = place
        self.notes = notes
        self._all: Mapping[str, Node] = node.value
        self._left = dict(node.value)

    def __contains__(self, name: str) -> bool:
        return name in self._all

    def take(self, name: str) -> Node | None:
        """Whatever stands there; None for null, too."""
        self._left.pop(name, None)
        node = self._all.get(name)
        return None if node is None or node.value is None else node

    def line_of(self, name: str) -> int:
        return self._all[name].line if name in self._all else self.line

    def text(self, name: str) -> str | None:
        node = self.take(name)
        value = node.value if node else None
        return value if value is None or isinstance(value, str) else self._unfit(name, "a text")

    def number(self, name: str) -> float | None:
        """Figures in quotes count, as they do for most who read such files."""
        node = self.take(name)
        found = _number(node)
        return self._unfit(name, "a number") if node is not None and found is None else found

    def whole(self, name: str) -> int | None:
        node = self.take(name)
        found = _number(node)
        if node is None:
            return None
        if found is None or found != int(found):
            return self._unfit(name, "a whole number")
        return int(found)

    def flag(self, name: str) -> bool | None:
        node = self.take(name)
        value = node.value if node else None
        if value is None or isinstance(value, bool):
            return value
        return self._unfit(name, "true or false")

    def table(self, name: str, place: str) -> Keys | None:
        node = self.take(name)
        if node is None or isinstance(node.value, dict):
            return Keys(node, place, self.notes) if node else None
        return self._unfit(name, "a table")

    def items(self, name: str) -> tuple[Node, ...]:
        node = self.take(name)
        value = node.value if node else ()
        return value if isinstance(value, tuple) else self._unfit(name, "a list") or ()

    def texts(self, name: str) -> tuple[tuple[int, str], ...]:
        """The texts of a list, each with its line; a text alone is a list of one."""
        node = self.take(name)
        if node is None:
            return ()
        items = node.value if isinstance(node.value, tuple) else (node,)
        found = [(each.line, each.value) for each in items if isinstance(each.value, str)]
        if len(found) < len(items):
            self._unfit(name, "a list of texts")
        return tuple(found)

    def all_texts(self) -> tuple[tuple[str, str, int], ...]:
        """Every key whose value is a text, with that and its line."""
        found = ((name, self.text(name)) for name in self._all)
        return tuple((name, text, self.line_of(name)) for name, text in found if text is not None)

    def names(self) -> tuple[str, ...]:
        return tuple(self._all)

    def foreign(self, known: Mapping[str, str]) -> None:
        """Note each of the `known` keys that stands there, with what to do instead."""
        for name, help in known.items():
            if self.take(name) is not None:
                self.notes.say(self.line_of(name), f"{name} has no equivalent", help)

    def finish(self, known: tuple[str, ...] = ()) -> None:
        for name, node in self._left.items():
            guess = nearest(name, known)
            self.notes.say(
                node.line,
                f"{self.place} has a key {quote(name, limit=40)} that vibe does not know",
                f"did you mean {guess}? {LEFT_OUT}" if guess else LEFT_OUT,
            )

    def _unfit(self, name: str, wanted: str) -> None:
        node = self._all[name]
        self.notes.say(node.line, f"{name} must be {wanted}, not {described(node)}", LEFT_OUT)


def _number(node: Node | None) -> float | None:
    match node.value if node else None:
        case bool() | None:
            return None
        case int() | float() as figure:
            return figure
        case str(text) if re.fullmatch(r"\s*-?[0-9]{1,15}(?:\.[0-9]{1,15})?\s*", text):
            return float(text) if "." in text else int(text)
        case _:
            return None
