"""A command line of the person's own as a row of the history; its output stands open below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from vibe.clean import clean, clean_line
from vibe.domain.message import Text, User
from vibe.tui.history.toolrow import OUTSIDE, Row

if TYPE_CHECKING:  # after the first paint
    from vibe.agent.own_command import Ran

NAME: Final = "!"


def begun_by(command: str) -> Row:
    return Row(name=NAME, about=clean_line(command.replace("\n", " ⏎ ")), is_open=True)


def with_outcome(row: Row, ran: Ran) -> Row:
    return replace(
        row,
        state="failed" if ran.is_error else "done",
        facts=(OUTSIDE,) if ran.outside else (),
        below=clean(ran.output).rstrip(),
    )


def rows_before(message: User) -> Iterator[Row]:
    """Of the commands that a message tells of."""
    from vibe.agent.own_command import ran_before

    for part in message.parts:
        if ran := ran_before(part):
            yield with_outcome(begun_by(ran.command), ran)


def commands_in(message: User) -> Iterator[Text]:
    """The parts that tell of them."""
    from vibe.agent.own_command import ran_before

    return (part for part in message.parts if isinstance(part, Text) and ran_before(part))
