"""`@path` in what a person says: the file goes along with the message, as the tool `read` shows it.

An `@` counts at the start of a word, so addresses stay text; `\\@` is a plain one. What `read`
refuses is a usage error. A path that a model would have to ask for needs no question, since the
person names it, but that is said.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from vibe.agent.policy import Judged
from vibe.clean import quote
from vibe.domain.message import Image, Text, UserPart
from vibe.errors import ToolError, UsageError
from vibe.tools import read
from vibe.tools.base import Room, Touch, TouchesFile

MOST: Final = 20
MOST_BYTES: Final = 10_000_000
PLAIN: Final = r"where no file is meant, write \@"

# Quoted, or up to a blank, which may be escaped; a quote or a bracket may stand before it.
_MENTION: Final = re.compile(
    r"""(?<![^\s("'\[{<`])@(?:"([^"\n]+)"|((?:\\.|[^\s\\"@])(?:\\.|[^\s\\])*))"""
)
_PLAIN: Final = re.compile(r"\\@")
_ENDING: Final = ".,;:!?)]}>'\"`"


class Mention(Struct, frozen=True):
    """What may be meant, likeliest first: a dot at the end may also end the sentence."""

    paths: tuple[str, ...]


def mentions(text: str) -> tuple[Mention, ...]:
    return tuple(_mention(*found.groups()) for found in _MENTION.finditer(text))


def without_escapes(text: str) -> str:
    return _PLAIN.sub("@", text)


async def attached(
    text: str,
    *,
    room: Room,
    judge: Callable[[Touch], Judged],
    tell: Callable[[str], None],
) -> tuple[UserPart, ...]:
    """The files that `text` mentions, each once. Looks at them; may take a moment."""
    paths = dict.fromkeys(_meant(mention, room) for mention in mentions(text))
    if len(paths) > MOST:
        told = f"{len(paths)} files are named with @, and a message takes {MOST}"
        raise UsageError(told, hint="name the folder, or the files that matter")
    parts: list[UserPart] = []
    size = 0
    for path in paths:
        judged = _judged(path, judge)
        for part in await _read(path, room, judged.path or path):
            parts.append(part)
            size += len(part.text) if isinstance(part, Text) else len(part.data)
        if judged.verdict.decision == "ask":
            tell(f"@{path} goes along, since you name it: {judged.verdict.reason}")
        if size > MOST_BYTES:
            told = f"the files named with @ are too large together: {MOST_BYTES:,} bytes at most"
            raise UsageError(told, hint="leave some of them out")
    return tuple(parts)


def _mention(quoted: str | None, bare: str | None) -> Mention:
    if quoted is not None:
        return Mention((quoted,))
    path = re.sub(r"\\(.)", r"\1", bare or "")
    shorter = path.rstrip(_ENDING)
    return Mention((path, shorter) if shorter and shorter != path else (path,))


def _meant(mention: Mention, room: Room) -> str:
    for path in mention.paths:
        if _exists(path, room):
            return path
    raise UsageError(f"there is no file {quote(mention.paths[-1])}, named with @", hint=PLAIN)


def _exists(path: str, room: Room) -> bool:
    try:
        return os.path.lexists(room.path_of(path))
    except (OSError, ValueError):  # too long, or a NUL byte
        return False


def _judged(path: str, judge: Callable[[Touch], Judged]) -> Judged:
    judged = judge(TouchesFile(use="read", path=path))
    if judged.verdict.decision == "deny":
        raise UsageError(f"@{path} may not be read: {judged.verdict.reason}", hint=PLAIN)
    return judged


async def _read(path: str, room: Room, real: str) -> tuple[Text | Image, ...]:
    try:
        act = await read.prepare(read.Arguments(path=real), room)
        done = await act.run(lambda _: None)
    except ToolError as error:
        raise UsageError(f"@{path} cannot go along: {error.message}", hint=PLAIN) from error
    shown = "\n".join(part.text for part in done.content if isinstance(part, Text))
    pictures = (part for part in done.content if isinstance(part, Image))
    return (Text(f'<file path="{path}">\n{shown}\n</file>'), *pictures)
