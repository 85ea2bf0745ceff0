"""The tool `ask`: a question of the model to the person."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from vibe.domain.message import Text
from vibe.errors import ToolError
from vibe.tools.base import Act, Done, Kind, Room, Say, TouchesNothing


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    question: str
    choices: tuple[str, ...] = ()


def touches(_: Arguments) -> TouchesNothing:
    return TouchesNothing()


async def prepare(arguments: Arguments, room: Room) -> Act:
    if not arguments.question.strip():
        raise ToolError("question is empty; say what you need to know")

    async def run(_: Say) -> Done:
        answer = await room.ask(arguments.question, choices=arguments.choices)
        return Done(content=(Text(answer),))

    return Act(run=run)


KIND = Kind(
    name="ask",
    text=Path(__file__).with_suffix(".md"),
    arguments=Arguments,
    touches=touches,
    prepare=prepare,
    has_effects=False,
)
