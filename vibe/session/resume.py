"""A session read from disk, as much of it as is whole. Nothing here changes a file."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from vibe.errors import VibeError
from vibe.session.journal import BEHIND, is_in_use
from vibe.session.line import Read, read
from vibe.session.place import Place
from vibe.session.record import FORMAT, Gap, Record
from vibe.session.transcript import Transcript

HEAD_BYTES: Final = 200_000


class Unreadable(VibeError):
    """The session cannot be read at all, or not be touched."""


class Loaded(Struct, frozen=True, kw_only=True):
    """`problems` tell a person what of it is not there. `size` is the journal's, in bytes.
    `is_in_use`: its last turn goes on in another process just now."""

    transcript: Transcript
    records: tuple[Record, ...]
    problems: tuple[str, ...] = ()
    size: int = 0
    is_in_use: bool = False


def load(place: Place) -> Loaded:
    """For looking at it; another process may write it meanwhile. Only then is a call under way."""
    try:
        status = place.journal.stat()
        found = read(place.journal.read_bytes())
        whole = loaded(found, is_behind=stat.S_IMODE(status.st_mode) == BEHIND)
        if not any(turn.ended is None for turn in whole.transcript.turns[-1:]):
            return whole
        if is_in_use(place.journal):
            return replace(whole, is_in_use=True)
    except OSError as error:
        raise unreadable(place, error, "read") from error
    return replace(whole, transcript=whole.transcript.applied(whole.transcript.unheard))


def beginning(place: Place) -> Transcript:
    """What its first records tell, however long it is; nothing of one that cannot be read."""
    try:
        with place.journal.open("rb") as file:
            found = read(file.read(HEAD_BYTES))
    except OSError:
        return Transcript()
    return Transcript().applied(found.records)


def loaded(found: Read, *, is_behind: bool) -> Loaded:
    records = (*found.records, Gap()) if is_behind else found.records
    return Loaded(
        transcript=Transcript().applied(records),
        records=records,
        problems=tuple(_problems(found, is_behind=is_behind)),
        size=found.end,
    )


def require_known_format(transcript: Transcript) -> None:
    """Before a record is added: a later vibe may have changed what those before it mean."""
    opened = transcript.opened
    if opened is not None and opened.format > FORMAT:
        raise Unreadable(
            f"the session {opened.session} was written by a newer vibe ({opened.vibe})",
            hint="update vibe to go on with it",
        )


def unreadable(place: Place, error: OSError, what: str) -> Unreadable:
    reason = error.strerror or str(error)
    told = f"cannot {what} the session {place.session}: {reason}"
    return Unreadable(told, hint=f"see what is wrong there: ls -la {place.folder}")


def _problems(found: Read, *, is_behind: bool) -> Iterator[str]:
    if found.damaged or found.missing:
        lost = f"{_records(found.missing)} lost" if found.missing else "no record is lost"
        yield f"{found.damaged} bytes of the session are damaged; {lost}"
    if found.foreign:
        yield f"{_records(found.foreign)} of a newer vibe, and left out"
    if is_behind:
        yield "the end of the session could not be written, and is missing"


def _records(count: int) -> str:
    return "1 record is" if count == 1 else f"{count} records are"
