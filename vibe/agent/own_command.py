"""`!command`: what the person runs in the middle of a conversation, shown to the model as well.

Nobody is asked: it is the person's own doing. It runs as a model's commands do, in the sandbox,
unless the person wants it otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from vibe.domain.message import Text, User
from vibe.errors import ToolError
from vibe.tools import bash
from vibe.tools.base import Room

_SAID: Final = "I ran this command myself:\n$ "
BY_PERSON: Final = "the person wants it so"
STOPPED: Final = "[I stopped it]"


class Ran(Struct, frozen=True, kw_only=True):
    """What came of a command; `outside` of the sandbox, if it is known to have run there."""

    command: str
    output: str
    is_error: bool = False
    outside: bool = False

    @property
    def told(self) -> Text:
        """What the model is told of it."""
        return Text(f"{_SAID}{self.command}\n{self.output}")


async def ran(command: str, room: Room, *, say: Callable[[str], None]) -> User:
    """What to tell the model about it, whatever came of it. `say` gets the output as it comes."""
    return User(((await carried_out(command, room, say=say)).told,))


async def carried_out(
    command: str, room: Room, *, say: Callable[[str], None], outside: bool = False
) -> Ran:
    arguments = bash.Arguments(command=command, outside=BY_PERSON if outside else None)
    try:
        act = await bash.prepare(arguments, room)
        done = await act.run(say)
    except ToolError as error:
        return Ran(command=command, output=error.message, is_error=True, outside=outside)
    output = "".join(part.text for part in done.content if isinstance(part, Text))
    return Ran(command=command, output=output, is_error=done.is_error, outside=outside)


def ran_before(part: object) -> Ran | None:
    """The command that a part of a message tells of; of several lines, the first."""
    if not isinstance(part, Text) or not part.text.startswith(_SAID):
        return None
    command, _, output = part.text.removeprefix(_SAID).partition("\n")
    return Ran(command=command, output=output)
