"""The tool `read`: a file's lines, a picture, or the names in a folder. It changes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from vibe.domain.message import Image, Text
from vibe.errors import ToolError
from vibe.tools.base import Act, Done, Kind, Room, Say, TouchesFile
from vibe.tools.files import opened, read_file
from vibe.tools.folder import Names, is_folder, names_in
from vibe.tools.listing import LONGEST_LINE, MOST_LINES, Listing, listing_of
from vibe.tools.pictures import picture_of


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: str
    offset: Annotated[int, Meta(description="first line, from 1")] | None = None
    limit: Annotated[int, Meta(description="lines")] | None = None


class Details(Struct, frozen=True, kw_only=True):
    """For the screen: which lines of how many; of a picture or folder only the path."""

    path: str
    first: int = 0
    last: int = 0
    total: int = 0


def touches(arguments: Arguments) -> TouchesFile:
    return TouchesFile(use="read", path=arguments.path)


async def prepare(arguments: Arguments, room: Room) -> Act:
    path = room.path_of(arguments.path)
    name = room.name_of(path)

    async def run(_: Say) -> Done:
        done, content = await asyncio.to_thread(_look, path, name, arguments)
        if content is not None:
            room.saw(path, content)
        return done

    return Act(run=run)


KIND = Kind(
    name="read",
    text=Path(__file__).with_suffix(".md"),
    arguments=Arguments,
    touches=touches,
    prepare=prepare,
    has_effects=False,
)


def _look(path: Path, name: str, arguments: Arguments) -> tuple[Done, bytes | None]:
    """With the content, if the model knows it now."""
    with opened(path) as place:
        if is_folder(place):
            return _done(_names_told(names_in(place), name), Details(path=name)), None
        file = read_file(place)
    if file is None:
        raise ToolError(f"{name} does not exist; read its folder or use grep to find it")
    try:
        if picture := picture_of(file.content):
            told = f"{name}: {picture.media_type}, {len(file.content):,} bytes"
            return _done(told, Details(path=name), picture), None
        first, most = arguments.offset or 1, arguments.limit or MOST_LINES
        listing = listing_of(file.content, first=max(first, 1), most=max(most, 1))
    except ToolError as error:
        raise ToolError(f"{name} was not read: {error.message}") from error
    details = Details(path=name, first=listing.first, last=listing.last, total=listing.total)
    told = "\n".join((*listing.rows, *_remarks(listing, name)))
    return _done(told, details), file.content


def _remarks(listing: Listing, path: str) -> list[str]:
    remarks: list[str] = []
    if not listing.total:
        remarks.append(f"[{path} is empty]")
    if listing.last < listing.total:
        following = msgspec.json.encode({"path": path, "offset": listing.last + 1}).decode()
        remarks.append(
            f"[lines {listing.last + 1}-{listing.total} are left out; go on with read {following}]"
        )
    if listing.cut:
        number = listing.cut[0]
        remarks.append(
            f"[for the rest of a long line: sed -n {number}p FILE | cut -c {LONGEST_LINE + 1}-]"
        )
    if listing.remark:
        remarks.append(f"[{path}: {listing.remark}]")
    return remarks


def _names_told(found: Names, path: str) -> str:
    if not found.names:
        return f"[{path} is an empty folder]"
    rows = [f"[{path} is a folder]", *found.names]
    if found.left_out:
        more = "" if found.is_all else " or more"
        rows.append(f"[{found.left_out:,}{more} left out; list part of them with a command]")
    return "\n".join(rows)


def _done(text: str, details: Details, *pictures: Image) -> Done:
    told = msgspec.json.encode(details).decode()
    return Done(content=(Text(text), *pictures), details=told)
