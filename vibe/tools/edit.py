"""The tool `edit`: some places of one file, all or none. What is sound to change it leaves to the
engine in `editing/`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from msgspec import Struct

from vibe.domain.message import Text
from vibe.errors import ToolError
from vibe.tools.base import Act, Done, Kind, Room, Say, TouchesFile
from vibe.tools.change import carry_out, present
from vibe.tools.editing.edit import Edit, edited
from vibe.tools.proposed import proposed


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: str
    edits: tuple[Edit, ...]


class Details(Struct, frozen=True, kw_only=True):
    """For the screen."""

    path: str
    diff: str


def touches(arguments: Arguments) -> TouchesFile:
    return TouchesFile(use="edit", path=arguments.path)


async def prepare(arguments: Arguments, room: Room) -> Act:
    path = room.path_of(arguments.path)
    name = room.name_of(path)
    before = await present(path)
    if before is None:
        raise ToolError(f"{name} does not exist; a new file is made by write")
    new = await asyncio.to_thread(
        edited,
        before.content,
        arguments.edits,
        path=name,
        seen=room.seen.get(path),
    )

    async def run(_: Say) -> Done:
        await carry_out(path, new.content, before=before, room=room)
        details = msgspec.json.encode(Details(path=name, diff=new.diff)).decode()
        return Done(content=(Text(new.told),), details=details)

    later = proposed(path, new.content, before=before, room=room)
    return Act(run=run, shown=new.diff, proposed=later)


KIND = Kind(
    name="edit",
    text=Path(__file__).with_suffix(".md"),
    arguments=Arguments,
    touches=touches,
    prepare=prepare,
    has_effects=True,
)
