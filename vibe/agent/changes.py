"""What a session has changed in files: how they were before it, against how they are now.

Only looks. Of what was not kept it is said why it cannot be shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from vibe.agent.restore import untraced
from vibe.errors import ToolError
from vibe.session.blobs import Blobs
from vibe.session.record import Changed, NoFile, NotKept
from vibe.session.transcript import Transcript
from vibe.tools.change import look
from vibe.tools.editing.hunks import diff_between


class FileChange(Struct, frozen=True, kw_only=True):
    """`diff` is unified, without a header; where there is none, `why` tells the reason. `is_new`
    and `is_gone` where there was no file before, or is none now."""

    path: str
    diff: str = ""
    why: str = ""
    is_new: bool = False
    is_gone: bool = False


def file_changes(transcript: Transcript, *, blobs: Blobs) -> tuple[FileChange, ...]:
    """In the order in which they were first changed; what is as it was again is left out."""
    first: dict[str, Changed] = {}
    for change in transcript.changes:
        first.setdefault(change.path, change)
    found = (_change(each, blobs) for each in first.values())
    return (*(each for each in found if each is not None), *_unknown(transcript))


def _change(change: Changed, blobs: Blobs) -> FileChange | None:
    path, before = change.path, change.before
    if isinstance(before, NotKept):
        return FileChange(path=path, why=f"what it held was not kept: {before.why}")
    old = None if isinstance(before, NoFile) else blobs.get(before.digest)
    if old is None and not isinstance(before, NoFile):
        return FileChange(path=path, why="the copy of what it held is missing or damaged")
    try:
        present = look(Path(path))
        new = None if present is None else present.content
        if old == new:
            return None
        diff = diff_between(old or b"", new or b"")
    except ToolError as error:
        return FileChange(path=path, why=error.message)
    return FileChange(path=path, diff=diff, is_new=old is None, is_gone=new is None)


def _unknown(transcript: Transcript) -> Iterator[FileChange]:
    for each in untraced(transcript, 0):
        yield FileChange(path=each.path, why=each.why)
