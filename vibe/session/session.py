"""A session that is being written: what happens goes into the fold, and from there to disk.

Here is decided when a call may start, at most once ever, and what becomes of those that were under
way when a process ended. What a turn does, and who is asked, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from os import urandom
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from vibe import __version__
from vibe.domain.turn import CallKey
from vibe.errors import VibeError
from vibe.secret import Redactor
from vibe.session import summary
from vibe.session.blobs import Blobs, digest_of
from vibe.session.journal import Journal
from vibe.session.place import NOISE_BYTES, Place, new_id
from vibe.session.record import (
    BlobId,
    Changed,
    File,
    Gap,
    NoFile,
    NotKept,
    Opened,
    Past,
    Record,
    SessionId,
    Started,
    TurnEnded,
)
from vibe.session.resume import loaded, require_known_format, unreadable
from vibe.session.transcript import Transcript

MEMORY_ONLY: Final = NotKept("the session is only in memory")


class Session:
    """The one writer of a session. `problems` are those that its journal had when it was resumed.

    `transcript` is what happened, whether it could be written or not.
    """

    def __init__(
        self,
        session: SessionId,
        place: Place | None,
        journal: Journal,
        *,
        redactor: Redactor,
    ) -> None:
        self.session = session
        self.transcript = Transcript()
        self.problems: tuple[str, ...] = ()
        self._place = place
        self._journal = journal
        self.redactor = redactor

    @classmethod
    def begin(
        cls,
        root: Path | None,
        *,
        folder: str,
        branch: str = "",
        at: float,
        redactor: Redactor,
        tell: Callable[[str], None],
    ) -> Session:
        """A new one; on disk from its first turn on. Without a root it is only in memory."""
        session = new_id(at, urandom(NOISE_BYTES))
        place = Place(root / session) if root else None
        journal = Journal(place.journal if place else None, redactor=redactor, tell=tell)
        opened = _opened(session, folder=folder, branch=branch, at=at)
        begun = cls(session, place, journal, redactor=redactor)
        begun.transcript = begun.transcript.apply(opened)
        journal.hold(opened)
        if root is None:
            tell("the session is only in memory: there is no home folder; set HOME to one")
        return begun

    @classmethod
    def resume(
        cls,
        place: Place,
        *,
        folder: str,
        at: float,
        redactor: Redactor,
        tell: Callable[[str], None],
    ) -> Session:
        """Go on with it. What had started and was not heard of again is unknown from here on;
        what had not started can still be, after asking again. `folder` is told where the session
        does not know its own."""
        try:
            journal, found = Journal.resumed(place.journal, redactor=redactor, tell=tell)
        except OSError as error:
            raise unreadable(place, error, "read") from error
        try:
            known = loaded(found, is_behind=journal.is_behind)
            require_known_format(known.transcript)
        except VibeError:
            journal.close()
            raise
        resumed = cls(place.session, place, journal, redactor=redactor)
        resumed.transcript, resumed.problems = known.transcript, known.problems
        if journal.is_behind or not journal.is_open:  # or what starts now could start again later
            resumed.put(Gap())
        if known.transcript.opened is None:
            resumed.put(_opened(place.session, folder=folder, at=at))
        resumed.put(*known.transcript.unheard)
        return resumed

    @property
    def place(self) -> Place | None:
        """None: it is only in memory."""
        return self._place

    def put(self, *records: Record) -> None:
        """What happened. Written at once, though not yet brought to the disk itself."""
        self.transcript = self.transcript.applied(records)
        self._journal.append(records)

    async def start(self, key: CallKey, *, has_effects: bool) -> None:
        """Return when the call may run; if it has side effects, the disk itself then knows."""
        call = self.transcript.call(key)
        if call is None or not call.may_start:
            raise ValueError(f"a call that may not start: {key}")
        self.put(Started(call=key))
        if has_effects:
            await self._journal.sync()

    async def keep(
        self, path: Path, *, turn: int, before: bytes | None, after: bytes | None, mode: int
    ) -> None:
        """To be awaited before a file is changed. None: no file. The path has no link in it."""
        from asyncio import to_thread  # too slow to load for commands that only look at sessions

        kept = await to_thread(self._kept, before, mode)
        left = NoFile() if after is None else File(digest=digest_of(after), mode=mode)
        self.put(Changed(turn=turn, path=str(path), before=kept, after=left))
        await self._journal.sync()

    async def keep_past(
        self, changes: Iterable[Changed], past: Callable[[BlobId], bytes | None]
    ) -> None:
        """What a command has changed, with what `past` still has of the files as they were."""
        from asyncio import to_thread

        def kept() -> list[Changed]:
            return [replace(each, before=self._kept_past(each.before, past)) for each in changes]

        self.put(*await to_thread(kept))

    async def end(self, ended: TurnEnded) -> None:
        """Return when the disk itself has the turn."""
        from asyncio import to_thread

        self.put(ended)
        await self._journal.sync()
        await to_thread(self._summarize)

    def close(self) -> None:
        if self._journal.is_behind:
            self.put()  # there may be room by now
        self._summarize()
        self._journal.close()

    def _kept(self, before: bytes | None, mode: int) -> File | NoFile | NotKept:
        if before is None:
            return NoFile()
        if self._place is None:
            return MEMORY_ONLY
        try:
            return File(digest=Blobs(self._place.blobs).put(before), mode=mode)
        except VibeError as error:
            return NotKept(error.message)

    def _kept_past(self, before: Past, past: Callable[[BlobId], bytes | None]) -> Past:
        if not isinstance(before, File):
            return before
        if self._place is None:
            return MEMORY_ONLY
        content = past(before.digest)
        if content is None:
            return NotKept("the copy of it was lost")
        try:
            Blobs(self._place.blobs).put_soon(content)
        except OSError as error:
            return NotKept(f"no copy of it could be kept: {error.strerror}")
        return before

    def _summarize(self) -> None:
        size = self._journal.size
        if self._place is not None and size:
            told = summary.summary_of(self.session, self.transcript, redactor=self.redactor)
            summary.keep(told, self._place, size=size, redactor=self.redactor)


def _opened(session: SessionId, *, folder: str, at: float, branch: str = "") -> Opened:
    return Opened(session=session, folder=folder, branch=branch, at=at, vibe=__version__)
