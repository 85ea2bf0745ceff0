"""A change of a file that waits to be decided on: the file as it would be, and what is done where
the person writes it otherwise. The model is told then what is other than it wanted.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from msgspec import Struct

from vibe.domain.message import Text
from vibe.errors import ToolError
from vibe.tools.base import Act, Done, Proposed, Room, Say
from vibe.tools.change import carry_out
from vibe.tools.editing.hunks import diff_between
from vibe.tools.editing.text import rewritten, text_of
from vibe.tools.files import File


class Details(Struct, frozen=True, kw_only=True):
    """For the screen."""

    path: str
    diff: str


def proposed(path: Path, content: bytes, *, before: File | None, room: Room) -> Proposed:
    name = room.name_of(path)
    old = b"" if before is None else before.content

    async def revised(text: str) -> Act:
        new = rewritten(content, text)
        if new == old:
            raise ToolError(f"the person does not want this change: {name} stays as it is")
        diff, other = await asyncio.to_thread(
            lambda: (diff_between(old, new), diff_between(content, new))
        )

        async def run(_: Say) -> Done:
            await carry_out(path, new, before=before, room=room)
            told = f"The person wrote {name} otherwise than you did. What they changed:\n{other}"
            details = msgspec.json.encode(Details(path=name, diff=diff)).decode()
            return Done(content=(Text(told),), details=details)

        return Act(run=run, shown=diff)

    return Proposed(text=text_of(content).body, revised=revised)
