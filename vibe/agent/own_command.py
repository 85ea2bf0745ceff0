"""`!command`: what the person runs in the middle of a conversation, shown to the model as well.

Nobody is asked: it is the person's own doing. It runs as a model's commands do, in the sandbox.
"""

from __future__ import annotations

from collections.abc import Callable

from vibe.domain.message import Text, User
from vibe.errors import ToolError
from vibe.tools import bash
from vibe.tools.base import Room


async def ran(command: str, room: Room, *, say: Callable[[str], None]) -> User:
    """What to tell the model about it, whatever came of it. `say` gets the output as it comes."""
    try:
        act = await bash.prepare(bash.Arguments(command=command), room)
        done = await act.run(say)
    except ToolError as error:
        return _told(command, error.message)
    return _told(command, "".join(part.text for part in done.content if isinstance(part, Text)))


def _told(command: str, output: str) -> User:
    return User((Text(f"I ran this command myself:\n$ {command}\n{output}"),))
