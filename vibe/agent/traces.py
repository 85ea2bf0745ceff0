"""What commands change in the folder, told to the session so that it can be undone.

Before a command the files are looked at, and after it again: what became of them in between is
its doing, whoever else may have been at work. A job is at work until it ends: what changed while
one ran is told of its turn. Nothing here decides what is a read, and nothing is ever written to
the folder.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from vibe.agent.copies import Copies
from vibe.clock import Clock
from vibe.session.record import File, NotKept
from vibe.session.session import Session
from vibe.session.snapshot import (
    MOST_BYTES,
    MOST_BYTES_IN_ALL,
    MOST_FILES,
    NO_FILE,
    TOO_LARGE,
    TOO_MUCH,
    Seen,
    changes,
    in_doubt,
    not_watched,
)
from vibe.tools.jobs import Jobs
from vibe.tools.tree import Entry, Tree
from vibe.tools.unbroken import unbroken

# The times of files go in steps, on some systems of seconds: a second change within one step would
# go unseen.
_STEP_NS = 2_000_000_000
_OPENING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Traces:
    """`own` is the folder that vibe itself writes to, and may lie in the root.

    `_seen` are the files as they were last looked at, in the turn `_turn`: None before the first
    time, and where they are too many. `_is_job_at_work` if one ran then.
    """

    def __init__(
        self, session: Session, root: Path, jobs: Jobs, *, own: Path, clock: Clock
    ) -> None:
        self._session = session
        self._root = str(root)
        self._jobs = jobs
        self._clock = clock
        self._own = str(own)
        self._tree = Tree(self._root, wants=self._is_watched)
        self._copies = Copies()
        self._seen: dict[str, Seen] | None = None
        self._turn = self._given_up = 0
        self._is_job_at_work = False

    @asynccontextmanager
    async def recorded(self) -> AsyncGenerator[None]:
        """What changes in the folder meanwhile is in the session when it is left, however it is."""
        await unbroken(self._look(is_own=False))
        try:
            yield
        finally:
            await unbroken(self._look(is_own=True))

    async def end_turn(self) -> None:
        """What the jobs have changed is of this turn, and what changes now is of none."""
        if self._is_job_at_work:
            await unbroken(self._look(is_own=False))

    async def _look(self, *, is_own: bool) -> None:
        """`is_own` if what has changed since the last look is the doing of a command."""
        turn = self._session.transcript.last_turn
        if turn == self._given_up:
            return
        before, self._seen = self._seen, None
        at = self._clock.wall()
        self._seen = await asyncio.to_thread(self._found, before or {}, at)
        if self._seen is None:
            self._given_up = turn
            self._session.put(not_watched(self._root, turn=turn))
        elif before is not None:
            found = changes(
                before,
                self._seen,
                folder=self._root,
                turn=self._turn,
                was_passed_over=self._tree.was_passed_over,
            )
            if is_own or (self._is_job_at_work and turn == self._turn):
                await self._session.keep_past(found, self._copies.get)
            elif self._is_job_at_work:
                self._session.put(*map(in_doubt, found))
        self._turn = turn
        self._is_job_at_work = self._jobs.are_running
        await asyncio.to_thread(self._forget)

    def _found(self, before: dict[str, Seen], at: float) -> dict[str, Seen] | None:
        """None: they are too many."""
        found: dict[str, Seen] = {}
        settled_before = int(at * 1e9) - _STEP_NS
        left = MOST_BYTES_IN_ALL
        for path, status in self._stood(before):
            if len(found) == MOST_FILES:
                return None
            seen = self._seen_at(path, status, before.get(path), settled_before, left)
            found[path] = seen
            if isinstance(seen.held, File):
                left -= seen.state[_SIZE]
        return found

    def _stood(self, before: Iterable[str]) -> Iterator[tuple[str, os.stat_result]]:
        """What is watched, and what was: that a .gitignore file names it now changes nothing."""
        left = dict.fromkeys(before)
        for path, entry in self._tree.files():
            left.pop(path, None)
            with suppress(OSError):  # it is gone already
                yield path, entry.stat(follow_symlinks=False)
        for path in left:
            whole = f"{self._root}/{path}"
            folder = os.path.dirname(whole)  # noqa: PTH120  its own is a tenth as fast
            with suppress(OSError):
                status = os.lstat(whole)
                if os.path.realpath(folder) == folder:
                    yield path, status

    def _seen_at(
        self,
        path: str,
        status: os.stat_result,
        known: Seen | None,
        settled_before: int,
        left: int,
    ) -> Seen:
        state = _state(status)
        if known is not None and known.is_settled and known.state == state:
            return known
        is_settled = status.st_ctime_ns < settled_before
        return Seen(state=state, held=self._held(path, status, left), is_settled=is_settled)

    def _held(self, path: str, status: os.stat_result, left: int) -> File | NotKept:
        if not stat.S_ISREG(status.st_mode):
            return NO_FILE
        if status.st_size > MOST_BYTES:
            return TOO_LARGE
        if status.st_size > left:
            return TOO_MUCH
        try:
            digest = self._copies.put(_content(f"{self._root}/{path}", status.st_size))
        except OSError as error:
            return NotKept(f"no copy of it could be made: {error.strerror}")
        return File(digest=digest, mode=stat.S_IMODE(status.st_mode))

    def _is_watched(self, entry: Entry) -> bool:
        return entry.name != ".git" and entry.path != self._own

    def _forget(self) -> None:
        seen = (self._seen or {}).values()
        self._copies.keep_only({each.held.digest for each in seen if isinstance(each.held, File)})


_SIZE = 2


def _content(path: str, size: int) -> bytes:
    """In one read: a file that is written to meanwhile has another state the next time."""
    file = os.open(path, _OPENING)
    try:
        return os.read(file, size)
    finally:
        os.close(file)


def _state(status: os.stat_result) -> tuple[int, ...]:
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_dev, status.st_ino, status.st_size, status.st_mode, *times)
