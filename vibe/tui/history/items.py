"""What the history is made of: each item draws itself at a width, and knows nothing of the others.

All texts in them are clean. Only an `Answer` changes after it was made, and only while it comes.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct
from rich.cells import cell_len

from vibe.clean import clean
from vibe.domain.message import Text, User
from vibe.tui.draw.ink import (
    EMPTY,
    Ink,
    Line,
    Span,
    cells,
    hanging,
    line,
    shortened,
    sides,
    wrapped,
)
from vibe.tui.draw.markdown import Block, Growing, blocks
from vibe.tui.draw.prose import are_apart, drawn_block
from vibe.tui.history.toolrow import Row

YOU: Final = "You"
MOST_STRUCK: Final = 3


class Said(Struct, frozen=True, kw_only=True):
    """By the person; `files` went along with it."""

    text: str
    files: int = 0

    def lines(self, width: int, *, with_details: bool) -> tuple[Line, ...]:
        del with_details
        rows = [each for row in self.text.split("\n") for each in wrapped(line(row), width)]
        files = f"+ {self.files} file{'s' * (self.files != 1)}" if self.files else ""
        return (line(YOU, "accent"), *rows, *([line(files, "muted")] if files else []))


def said_by(message: User) -> Said:
    """The first text is what was typed; of each file that goes along a text tells, or a picture."""
    from vibe.agent.own_command import ran_before  # after the first paint

    first, *others = (part for part in message.parts if not ran_before(part))
    files = sum(isinstance(part, Text) for part in others) or len(others)
    return Said(text=clean(first.text) if isinstance(first, Text) else "", files=files)


class Note(Struct, frozen=True, kw_only=True):
    """What happened besides: a seam, a notice, how a turn ended."""

    mark: str
    text: str
    ink: Ink = "muted"
    hint: str = ""

    def lines(self, width: int, *, with_details: bool) -> tuple[Line, ...]:
        del with_details
        prefix = f"{self.mark} "
        inked: tuple[tuple[str, Ink], ...] = ((self.text, self.ink), (self.hint, "muted"))
        lines = [line(row, ink) for text, ink in inked if text for row in text.split("\n")]
        rows = [row for each in lines for row in wrapped(each, width - len(prefix))]
        marks = [Span(prefix, self.ink), *([Span(" " * len(prefix))] * (len(rows) - 1))]
        return tuple((mark, *row) for mark, row in zip(marks, rows, strict=True))


class Printed(Struct, frozen=True):
    """What a command of the chat itself answers."""

    rows: tuple[Line, ...]

    def lines(self, width: int, *, with_details: bool) -> tuple[Line, ...]:
        del with_details
        return tuple(each for row in self.rows for each in hanging(row, width))


class Struck(Struct, frozen=True, kw_only=True):
    """What `name` had said of an answer that was begun anew."""

    name: str
    text: str

    def lines(self, width: int, *, with_details: bool) -> tuple[Line, ...]:
        heading = sides(line(self.name, "muted"), line("taken back", "muted"), width)
        texts = self.text.strip().split("\n")
        rows = [row for text in texts for row in wrapped(line(text, "struck"), width)]
        left = 0 if with_details else len(rows) - MOST_STRUCK
        if left <= 1:  # the last takes no more room than the line that tells of it
            return (heading, *rows)
        return (heading, *rows[:MOST_STRUCK], line(f"… {left} more lines", "muted"))


class Answer:
    """Of a model. `names` are who was asked for it, the last of whom writes; with none of them it
    has no heading. `note` is why it was not the first of them; `facts` are told in
    full, and shorter where there is no room. Of one that is complete only the text is kept."""

    def __init__(self, *names: str, opening: str = "") -> None:
        self.names = names
        self.note: tuple[str, ...] = ()
        self.facts: tuple[str, ...] = ()
        self.brief: tuple[str, ...] = ()
        self._text: Growing | str = Growing(opening)
        self._drawn: list[tuple[Block, list[Line]]] = []
        self._width = 0

    def feed(self, text: str) -> None:
        if isinstance(self._text, Growing):
            self._text.feed(text)

    def complete(self) -> None:
        """Nothing more comes."""
        if isinstance(self._text, Growing):
            if self._drawn:
                self._drawn_blocks(self._width)
            self._text = self._text.text

    @property
    def open_fence(self) -> str:
        return self._text.open_fence if isinstance(self._text, Growing) else ""

    def lines(self, width: int, *, with_details: bool) -> tuple[Line, ...]:
        del with_details
        lines = [self._heading(width)] if self.names else []
        before: Block | None = None
        for block, rows in self._drawn_blocks(width):
            if before is not None and are_apart(before, block):
                lines.append(EMPTY)
            lines += rows
            before = block
        return tuple(lines)

    def _drawn_blocks(self, width: int) -> list[tuple[Block, list[Line]]]:
        """While it comes, and once more then, what was drawn at this width is not drawn again."""
        if isinstance(self._text, str):
            drawn, self._drawn = self._drawn, []
            if drawn and width == self._width:
                return drawn
            return [(block, drawn_block(block, width)) for block in blocks(self._text)]
        if width != self._width:
            self._width, self._drawn = width, []
        known = self._text.blocks
        for index, block in enumerate(known):
            if index >= len(self._drawn) or self._drawn[index][0] is not block:
                self._drawn[index:] = [(block, drawn_block(block, width))]
        del self._drawn[len(known) :]
        return self._drawn

    def _heading(self, width: int) -> Line:
        *earlier, last = self.names
        if sum(map(cell_len, self.names)) + 3 * len(earlier) > width:  # each keeps its beginning
            most = max(1, width // len(self.names) - 3)
            *earlier, last = (shortened(name, most) for name in self.names)
        left = (*(Span(f"{name} → ", "muted") for name in earlier), Span(last, "strong"))
        room = width - cells(left) - 2
        return sides(left, line(self._facts_within(room), "muted"), width)

    def _facts_within(self, room: int) -> str:
        note, why = self.note, self.note[:1]
        for facts in ((*note, *self.facts), (*note, *self.brief), (*why, *self.brief), why):
            told = " · ".join(facts)
            if facts and len(told) <= room:
                return told
        return shortened(" · ".join(why or self.brief), room)


Item: TypeAlias = Said | Answer | Struck | Row | Note | Printed
