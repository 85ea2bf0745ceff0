"""The files as they were before a turn: what to write back, and what had better be left alone.

Only what vibe itself has left there is ever replaced, unless somebody insists: where a file has
changed since, by whomever, that is told instead. What to do is worked out first, then done, each
file by itself. No link is followed. What is not known is told, never guessed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from vibe.clean import quote
from vibe.errors import ToolError, VibeError
from vibe.session.blobs import Blobs, digest_of
from vibe.session.record import BlobId, Changed, File, NoFile, NotKept, Past
from vibe.session.transcript import Transcript
from vibe.session.turn import Call, CallState
from vibe.tools import bash, files, job
from vibe.tools.change import look, make_folder, missing_folders

Way: TypeAlias = Literal["write", "delete", "nothing", "refuse"]
_COMMANDS = (bash.KIND.name, job.KIND.name)


class Restoring(Struct, frozen=True, kw_only=True):
    """What is to be done with one file, and why if that is nothing.

    `found` is what it holds now, None where there is no file; `content` what it held. `mode` is the
    one to give it, None for the one that it has. `is_forced`: what it holds now is somebody else's.
    `copy` is where that is kept, once it is done: also of what is deleted, since a command may have
    moved there what was nowhere else.
    """

    path: str
    way: Way
    why: str = ""
    found: BlobId | None = None
    content: bytes = b""
    mode: int | None = None
    is_forced: bool = False
    copy: str = ""

    @property
    def told(self) -> str:
        """What a person has to know of it, besides what was done."""
        return self.why or (self.copy and f"a copy: {self.copy}")


def restorings(
    transcript: Transcript, turn: int, *, blobs: Blobs, is_forced: bool = False
) -> tuple[Restoring, ...]:
    """One for each file that was changed in this turn or after it, and then one for each command of
    which that is not known. `is_forced`: also those that have changed since."""
    by_path: dict[str, list[Changed]] = {}
    for change in transcript.changes:
        by_path.setdefault(change.path, []).append(change)
    planned = (
        _restoring(changes, turn, blobs, is_forced=is_forced)
        for changes in by_path.values()
        if changes[-1].turn >= turn
    )
    return (*planned, *untraced(transcript, turn))


def last_undoing(transcript: Transcript, *, blobs: Blobs) -> tuple[int, tuple[Restoring, ...]]:
    """The last turn in which something can be restored, and its `restorings`. What was restored
    already is passed over, so that it reaches further back each time. Turn 0: there is none; then
    those are told that nobody can undo."""
    changed = {change.turn for change in transcript.changes}
    changed |= {call.key.turn for call in transcript.calls if not call.is_traced}
    turns = sorted(changed, reverse=True)
    for turn in turns:
        if transcript.restored is not None and turn >= transcript.restored:
            continue
        plan = restorings(transcript, turn, blobs=blobs)
        if any(each.way in ("write", "delete") for each in plan):
            return turn, plan
    left = restorings(transcript, turns[-1], blobs=blobs) if turns else ()
    return 0, tuple(each for each in left if each.way == "refuse")


def restore(planned: Restoring, *, blobs: Blobs) -> Restoring:
    """Do it; what has changed between the plan and now comes back as refused. What is deleted, or
    somebody else's, is copied first."""
    if planned.way not in ("write", "delete"):
        return planned
    path = Path(planned.path)
    try:
        if planned.way == "write":
            for folder in missing_folders(path):
                make_folder(folder)
        with files.opened(path) as place:
            copied = _restored(planned, place, blobs)
    except VibeError as error:
        return _refused(planned.path, error.message)
    except OSError as error:
        return _refused(planned.path, error.strerror or str(error))
    if copied is None:
        return planned
    why = f"it had changed since; a copy: {copied}" if planned.is_forced else ""
    return replace(planned, why=why, copy=str(copied))


def _restored(planned: Restoring, place: files.Place, blobs: Blobs) -> Path | None:
    """Where a copy of what it held is, if one was made."""
    present = files.read_file(place)
    if _digest_of(present) != planned.found:
        raise ToolError("it has changed just now")
    if present is None:
        files.write_file(place, planned.content, before=None, mode=planned.mode)
        return None
    is_kept = planned.is_forced or planned.way == "delete"
    copy = blobs.path_of(blobs.put(present.content)) if is_kept else None
    before = None if planned.way == "delete" else planned.content
    files.restore(
        place,
        files.Change(path=place.path, before=before, after=present.content, mode=present.mode),
    )
    if planned.mode is not None:
        _set_mode(place, planned.mode)
    return copy


def _set_mode(place: files.Place, mode: int) -> None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.open(place.name, flags, dir_fd=place.folder)
    try:
        os.fchmod(file, mode)
    finally:
        os.close(file)


def _restoring(changes: list[Changed], turn: int, blobs: Blobs, *, is_forced: bool) -> Restoring:
    """`changes` are those of one path, in their order."""
    path, left = changes[0].path, changes[-1].after
    before = next(change.before for change in changes if change.turn >= turn)
    if isinstance(before, NotKept):
        return _refused(path, f"what it held was not kept: {before.why}")
    try:
        present = look(Path(path))
    except ToolError as error:
        return _refused(path, error.message)
    states = [state for change in changes for state in (change.before, change.after)]
    ours = {state.mode for state in states if isinstance(state, File)}
    found, mode = _digest_of(present), _mode(before, left, present=present, ours=ours)
    is_old_mode = present is None or mode in (None, present.mode)
    if found == _digest(before) and is_old_mode:
        return Restoring(path=path, way="nothing", why="it is as it was", found=found)
    is_ours = found in [_digest(state) for state in states if not isinstance(state, NotKept)]
    if not is_ours and not is_forced:
        return _refused(path, _changed_since(left))
    if isinstance(before, NoFile):
        return Restoring(path=path, way="delete", found=found, is_forced=not is_ours)
    content = blobs.get(before.digest)
    if content is None:
        return _refused(path, "the copy of what it held is missing or damaged")
    return Restoring(
        path=path,
        way="write",
        found=found,
        content=content,
        mode=before.mode if present is None else mode,
        is_forced=not is_ours,
    )


def _mode(
    before: File | NoFile, left: Past, *, present: files.File | None, ours: set[int]
) -> int | None:
    """The one to be given back: None where no command has changed it."""
    if isinstance(before, NoFile):
        return None
    is_left_so = isinstance(left, File) and left.mode == before.mode
    is_ours = present is not None and present.mode in ours
    return None if is_left_so and not is_ours else before.mode


def _changed_since(left: Past) -> str:
    if isinstance(left, NotKept):
        return f"whether it has changed since is not known: {left.why}"
    return "it has changed since"


def untraced(transcript: Transcript, turn: int) -> Iterator[Restoring]:
    """For each command since then of which nobody knows what it changed."""
    for call in transcript.calls:
        if call.key.turn >= turn and not call.is_traced and call.asked.name in _COMMANDS:
            folder = transcript.opened.folder if transcript.opened else ""
            why = (
                "it is under way"
                if call.state is CallState.STARTED
                else "it was interrupted, with vibe"
            )
            yield _refused(folder, f"what {_command(call)} changed is not known: {why}")


def _command(call: Call) -> str:
    try:
        arguments = msgspec.json.decode(call.asked.arguments, type=dict[str, object])
    except msgspec.MsgspecError:
        arguments = {}
    return quote(str(arguments.get("command", call.asked.name)))


def _digest_of(file: files.File | None) -> BlobId | None:
    return None if file is None else digest_of(file.content)


def _digest(state: File | NoFile) -> BlobId | None:
    return state.digest if isinstance(state, File) else None


def _refused(path: str, why: str) -> Restoring:
    """What the tools say of a file begins with its name."""
    return Restoring(path=path, way="refuse", why=why.removeprefix(f"{path} was "))
