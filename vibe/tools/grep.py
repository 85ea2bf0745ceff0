"""The tool `grep`: the lines of files that match a pattern. It changes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from vibe.domain.message import Text
from vibe.errors import ToolError
from vibe.tools.base import Act, Done, Kind, Room, Say, TouchesFile
from vibe.tools.binary import is_binary
from vibe.tools.files import opened, read_file
from vibe.tools.folder import is_folder
from vibe.tools.globs import wanted_rule
from vibe.tools.matches import Matches, matches_of
from vibe.tools.pattern import portable
from vibe.tools.search import MOST_IN_FILE, Query, ripgrep_in, search

LIMIT = 100


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pattern: str
    path: Annotated[str, Meta(description="file or folder, else the project")] | None = None
    glob: Annotated[str, Meta(description="such as *.py, src/**/*.{js,ts} or !tests")] | None = None
    limit: Annotated[int, Meta(description="lines, else 100")] | None = None


class Details(Struct, frozen=True, kw_only=True):
    """For the screen. `is_all` is False if there may be more than were counted."""

    lines: int
    files: int
    is_all: bool


def touches(arguments: Arguments) -> TouchesFile:
    return TouchesFile(use="grep", path=arguments.path or ".")


async def prepare(arguments: Arguments, room: Room) -> Act:
    pattern = portable(arguments.pattern)
    glob = arguments.glob or ""
    if glob and wanted_rule(glob) is None:
        raise ToolError(f"glob is no pattern for files: {glob}; write one such as *.py")
    path = room.path_of(arguments.path or ".")

    async def run(_: Say) -> Done:
        is_whole = await asyncio.to_thread(_check, path, room.name_of(path))
        folder, target = (path, "") if is_whole else (path.parent, path.name)
        query = Query(pattern=pattern, folder=folder, target=target, glob=glob)
        ripgrep = ripgrep_in(room.env, root=room.root)
        found = await search(query, env=room.env, ripgrep=ripgrep)
        matches = await asyncio.to_thread(
            matches_of,
            found.hits,
            query,
            prefix="" if folder == room.root else f"{room.name_of(folder)}/",
            most=max(arguments.limit or LIMIT, 1),
            may_search=await asyncio.to_thread(room.searchable),
        )
        is_all = not (found.why_not_all or matches.cut_files)
        details = Details(lines=matches.lines, files=matches.files, is_all=is_all)
        return Done(
            content=(Text("\n".join((*matches.rows, _remark(matches, found.why_not_all)))),),
            details=msgspec.json.encode(details).decode(),
        )

    return Act(run=run)


KIND = Kind(
    name="grep",
    text=Path(__file__).with_suffix(".md"),
    arguments=Arguments,
    touches=touches,
    prepare=prepare,
    has_effects=False,
)


def _check(path: Path, name: str) -> bool:
    """Whether it is a folder. ToolError: it is neither that nor a file with text."""
    with opened(path) as place:
        if is_folder(place):
            return True
        file = read_file(place)
    if file is None:
        raise ToolError(f"{name} does not exist; leave path out to search the whole project")
    if is_binary(file.content):
        raise ToolError(f"{name} is binary; search it with a command")
    return False


def _remark(matches: Matches, why_not_all: str) -> str:
    doubts = f"; {why_not_all}" if why_not_all else ""
    if not matches.lines:
        return f"[no line matches{doubts}]"
    if matches.cut_files:
        doubts = f"; of a file the first {MOST_IN_FILE} are counted{doubts}"
    if matches.shown < matches.lines:
        doubts = f", of which {matches.shown:,} are shown{doubts}"
    lines = f"{matches.lines:,} line{'s' if matches.lines > 1 else ''}"
    files = f"{matches.files:,} file{'s' if matches.files > 1 else ''}"
    advice = "; narrow it with path, glob or pattern" if doubts else ""
    return f"[{lines} in {files}{doubts}{advice}]"
