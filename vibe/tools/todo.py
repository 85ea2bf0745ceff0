"""The tool `todo`: the plan that the model makes and the person sees."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from vibe.domain.message import Text
from vibe.tools.base import Act, Done, Kind, Room, Say, Todo, TouchesNothing


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    items: tuple[Todo, ...]


def touches(_: Arguments) -> TouchesNothing:
    return TouchesNothing()


async def prepare(arguments: Arguments, room: Room) -> Act:
    async def run(_: Say) -> Done:
        room.plan = arguments.items
        done = sum(item.state == "done" for item in room.plan)
        return Done(
            content=(Text(f"The plan stands: {done} of {len(room.plan)} done."),),
            details=msgspec.json.encode(room.plan).decode(),
        )

    return Act(run=run)


KIND = Kind(
    name="todo",
    text=Path(__file__).with_suffix(".md"),
    arguments=Arguments,
    touches=touches,
    prepare=prepare,
    has_effects=False,
)
