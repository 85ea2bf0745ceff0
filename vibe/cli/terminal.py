"""The one way to a person's eyes: everything is cleaned, painted and freed of secrets here.

stdout is data, stderr is talk. `Painted` text is made by `Paint` alone, which cleans what it is
given, so that no foreign text can reach a terminal by another way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NewType, TextIO, TypeAlias

from vibe.assemble import World
from vibe.clean import clean, clean_line
from vibe.secret import Redactor

Painted = NewType("Painted", str)
Ink: TypeAlias = Literal["red", "yellow", "green", "blue", "bold", "dim"]
_CODES: Mapping[Ink, str] = {
    "red": "1;31",
    "yellow": "33",
    "green": "32",
    "blue": "34",
    "bold": "1",
    "dim": "2",
}


class Paint:
    """Text in colour, or as it is where colour is not wanted."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, ink: Ink | None = None) -> Painted:
        """One line of `text`, cleaned."""
        safe = clean_line(text)
        if ink is None or not self.colour or not safe:
            return Painted(safe)
        return Painted(f"\x1b[{_CODES[ink]}m{safe}\x1b[0m")

    def lines(self, text: str) -> Painted:
        """`text` of several lines, cleaned."""
        return Painted(clean(text))


def joined(parts: Iterable[Painted], between: str = "") -> Painted:
    """Painted parts side by side, or with `between` (of our own making) between them."""
    return Painted(between.join(parts))


def json_text(value: object) -> Painted:
    """`value` as JSON in ASCII, in which no control can hide."""
    import json

    return Painted(json.dumps(value, indent=2, ensure_ascii=True))


class Terminal:
    """Both streams of one run. What `redactor` knows appears on neither."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.redactor = Redactor(world.secrets())
        self.data_paint = Paint(colour=self._has_colour(world.stdout))
        self.talk_paint = Paint(colour=self._has_colour(world.stderr))

    def data(self, line: Painted) -> None:
        self._write(self._world.stdout, line)

    def stream(self, text: str) -> None:
        """A piece of data that was cleaned as a stream, shown at once."""
        self._world.stdout.write(text)
        self._world.stdout.flush()

    def talk(self, line: Painted) -> None:
        self._write(self._world.stderr, line)

    def _write(self, stream: TextIO, line: Painted) -> None:
        stream.write(self.redactor.redact(line) + "\n")

    def _has_colour(self, stream: TextIO) -> bool:
        env = self._world.env
        if env.get("NO_COLOR") or env.get("TERM") == "dumb":
            return False
        return bool(env.get("FORCE_COLOR")) or stream.isatty()
