"""The one way to a person's eyes: everything is cleaned, painted and freed of secrets here.

stdout is data, stderr is talk; they are written in the order in which they come. `Painted` text is
made by `Paint` alone, which cleans what it is given, so that no foreign text can reach a terminal
by another way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NewType, TextIO, TypeAlias

from vibe.clean import clean, clean_line
from vibe.errors import VibeError
from vibe.secret import Redactor
from vibe.world import World

Painted = NewType("Painted", str)
Ink: TypeAlias = Literal[
    "red", "yellow", "green", "blue", "magenta", "cyan", "bold", "dim",
    "azure", "rose", "plum", "coral", "olive", "brown", "violet", "pine", "teal",
]  # fmt: skip
_COLOURS = re.compile(r"(\x1b\[[0-9;]*m)")
_CODES: Mapping[Ink, str] = {
    "red": "1;31",
    "yellow": "33",
    "green": "32",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "bold": "1",
    "dim": "2",
    # Those above are as the terminal has them. These are the same on each, so they are of a
    # lightness that can be read on a dark ground and on a light one.
    "azure": "38;5;33",
    "rose": "38;5;198",
    "plum": "38;5;133",
    "coral": "38;5;167",
    "olive": "38;5;64",
    "brown": "38;5;130",
    "violet": "38;5;99",
    "pine": "38;5;29",
    "teal": "38;5;31",
}


class Paint:
    """Text in colour, or as it is where colour is not wanted."""

    def __init__(self, *, colour: bool, redactor: Redactor | None = None) -> None:
        self.colour = colour
        self._redactor = redactor or Redactor()

    def without_secrets(self, text: str) -> str:
        """For a text that will be shortened: a part of a key is not known for one."""
        return self._redactor.redact(text)

    def code(self, line: str, ink: Ink | None = None) -> Painted:
        """A line of a file, with the tabs in it as they are, so that it can be copied."""
        return joined((self(part, ink) for part in line.split("\t")), "\t")

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

    from msgspec import to_builtins

    return Painted(json.dumps(to_builtins(value), indent=2, ensure_ascii=True))


class ReaderGone(VibeError):
    """Who read stdout has gone, as `head` does: nothing is left to be done or said."""


class Terminal:
    """The streams of one run. What `redactor` knows appears on neither stdout nor stderr."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.redactor = Redactor(world.secrets())
        self.data_paint = Paint(colour=self._has_colour(world.stdout), redactor=self.redactor)
        self.talk_paint = Paint(colour=self._has_colour(world.stderr), redactor=self.redactor)

    def data(self, line: Painted) -> None:
        with _told(self._world.stdout):
            self._world.stdout.write(self._redacted(line) + "\n")

    def stream(self, text: str) -> None:
        """A piece of data that was cleaned as a stream, shown at once."""
        with _told(self._world.stdout):
            self._world.stdout.write(text)
            self._world.stdout.flush()

    def flush(self) -> None:
        """Send all data on its way; raises if it cannot go."""
        with _told(self._world.stdout):
            self._world.stdout.flush()

    def talk(self, line: Painted) -> None:
        self._say(line + "\n")

    def ask(self, question: Painted) -> str | None:
        """The line that the person answers with; None where the input ends, as with Ctrl-D."""
        self._say(question + " ")
        answer = self._world.stdin.readline()
        if not answer:
            self._say("\n")
            return None
        return answer.strip()

    def _say(self, text: str) -> None:
        """Write to stderr, after the data so far. Of trouble there nobody could be told."""
        with suppress(OSError):  # the last flush tells of it
            self._world.stdout.flush()
        try:
            self._world.stderr.write(self._redacted(text))
            self._world.stderr.flush()
        except OSError:
            _let_go(self._world.stderr)

    def _redacted(self, painted: str) -> str:
        """Without secrets. Between colours, for the end of one would look like a part of a key."""
        return "".join(map(self.redactor.redact, _COLOURS.split(painted)))

    def _has_colour(self, stream: TextIO) -> bool:
        env = self._world.env
        if env.get("NO_COLOR") or env.get("TERM") == "dumb":
            return False
        return bool(env.get("FORCE_COLOR")) or stream.isatty()


@contextmanager
def _told(stdout: TextIO) -> Generator[None]:
    """Turn what the system refuses into an error of ours, the first time; then `stdout` is off."""
    try:
        yield
    except OSError as error:
        _let_go(stdout)
        if isinstance(error, BrokenPipeError):
            raise ReaderGone("the reader of the output has gone") from error
        raise VibeError(f"the output cannot be written: {error.strerror}") from error


def _let_go(stream: TextIO) -> None:
    """Have the rest of it go nowhere, or the interpreter would stumble over it at its end."""
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
