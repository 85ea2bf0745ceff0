"""A room for tools to work in, which tells what they kept; and calls as a model makes them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from vibe.domain.message import Text
from vibe.errors import ToolError
from vibe.secret import Redactor
from vibe.tools.base import Done, Room
from vibe.tools.jobs import Jobs
from vibe.tools.kinds import kind_of
from vibe.tools.spool import Spool

CANARY = "a-key-that-is-known-to-vibe-0123456789"


class Kept(Struct, frozen=True, kw_only=True):
    """`found` is what the file held at that moment."""

    path: Path
    before: bytes | None
    after: bytes | None
    found: bytes | None


class Keeping:
    def __init__(self) -> None:
        self.kept: list[Kept] = []

    async def __call__(
        self, path: Path, *, before: bytes | None, after: bytes | None, mode: int
    ) -> None:
        self.kept.append(Kept(path=path, before=before, after=after, found=content_of(path)))


async def first_choice(question: str, *, choices: Sequence[str]) -> str:
    return choices[0] if choices else f"no idea: {question}"


def room_in(root: Path, *, spool: Path | None = None) -> Room:
    env = {"PATH": os.environ["PATH"], "HOME": str(root)}
    jobs = Jobs(first_look_s=0.1)
    kept = None if spool is None else Spool(folder=spool, redactor=Redactor([CANARY]))
    return Room(root=root, env=env, keep=Keeping(), ask=first_choice, spool=kept, jobs=jobs)


def content_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def kept_in(room: Room) -> Keeping:
    assert isinstance(room.keep, Keeping)
    return room.keep


def unheard(_: str) -> None:
    """What is said while a tool runs."""


async def called(room: Room, tool: str, said: list[str] | None = None, **arguments: object) -> Done:
    kind = kind_of(tool)
    act = await kind.prepare(kind.read(json.dumps(arguments)), room)
    return await act.run(unheard if said is None else said.append)


async def shown(room: Room, tool: str, **arguments: object) -> str:
    kind = kind_of(tool)
    return (await kind.prepare(kind.read(json.dumps(arguments)), room)).shown


async def told(room: Room, tool: str, **arguments: object) -> str:
    """What the model gets to read, of a result or of an error."""
    try:
        done = await called(room, tool, None, **arguments)
    except ToolError as error:
        return error.message
    return "\n".join(part.text for part in done.content if isinstance(part, Text))
