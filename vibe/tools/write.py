"""The tool `write`: a new file, or a known one with another content throughout."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from msgspec import Struct

from vibe.domain.message import Text as Words
from vibe.errors import ToolError
from vibe.tools.base import Act, Done, Kind, Room, Say, TouchesFile
from vibe.tools.change import carry_out, missing_folders, present
from vibe.tools.editing.hunks import diff_between
from vibe.tools.editing.lines import lines_of
from vibe.tools.editing.text import rewritten, text_of
from vibe.tools.files import MOST_BYTES, File
from vibe.tools.proposed import proposed

_MOST_SHOWN = 200


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: str
    content: str


class Details(Struct, frozen=True, kw_only=True):
    """For the screen. Of a new file, `diff` is the first lines."""

    path: str
    is_new: bool
    diff: str


def touches(arguments: Arguments) -> TouchesFile:
    return TouchesFile(use="write", path=arguments.path)


async def prepare(arguments: Arguments, room: Room) -> Act:
    path = room.path_of(arguments.path)
    name = room.name_of(path)
    before = await present(path)
    folders = missing_folders(path)
    try:
        _check(before, seen=room.seen.get(path))
        if folders and not path.is_relative_to(room.root):
            raise ToolError(f"{folders[0]} does not exist; make that folder with a command first")
        content = _encoded(arguments.content, before)
        diff = await asyncio.to_thread(_diff, before, content)
    except ToolError as error:
        raise ToolError(f"{name} was not written: {error.message}") from error

    async def run(_: Say) -> Done:
        await carry_out(path, content, before=before, room=room)
        details = Details(path=name, is_new=before is None, diff=diff)
        count = len(lines_of(text_of(content).body))
        lines = "1 line" if count == 1 else f"{count:,} lines"
        kind = "the new file " if before is None else ""
        made = f" and the folder {room.name_of(folders[-1])}" if folders else ""
        return Done(
            content=(Words(f"Wrote {kind}{name}{made}: {lines}."),),
            details=msgspec.json.encode(details).decode(),
        )

    made = "".join(f"new folder {room.name_of(folder)}\n" for folder in folders)
    later = proposed(path, content, before=before, room=room)
    return Act(run=run, shown=made + diff, proposed=later)


KIND = Kind(
    name="write",
    text=Path(__file__).with_suffix(".md"),
    arguments=Arguments,
    touches=touches,
    prepare=prepare,
    has_effects=True,
)


def _check(before: File | None, *, seen: bytes | None) -> None:
    if before is None:
        return
    if seen is None:
        raise ToolError("it exists, and you have not read it; read it first")
    if seen != before.content:
        raise ToolError("it changed since you read it; read it again")


def _encoded(content: str, before: File | None) -> bytes:
    """In the manner of the file as it is."""
    if "\0" in content:
        raise ToolError("content holds a NUL character, and the file would be binary")
    try:
        new = content.encode() if before is None else rewritten(before.content, content)
    except UnicodeEncodeError as error:
        raise ToolError("content holds half of a character (a lone surrogate)") from error
    if before is not None and new == before.content:
        raise ToolError("it would change nothing: the file is already so")
    if len(new) > MOST_BYTES:
        raise ToolError(f"content is larger than {MOST_BYTES // 1024 // 1024} MB; use a command")
    return new


def _diff(before: File | None, content: bytes) -> str:
    if before is not None:
        return diff_between(before.content, content)
    lines = lines_of(text_of(content).body)
    more = len(lines) - _MOST_SHOWN
    rest = [f"… and {more:,} more lines"] if more > 0 else []
    return "\n".join((*(f"+{line}" for line in lines[:_MOST_SHOWN]), *rest))
