"""What a list of sessions tells of each, kept beside its journal so that no list reads journals.

A summary is only believed while the journal has the size that it had then; it can always be made
anew.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import msgspec
from msgspec import Struct

from vibe.config.write import WriteError, rewrite
from vibe.domain.message import Text, User
from vibe.domain.model import Alias
from vibe.secret import Redactor
from vibe.session.place import Place
from vibe.session.record import SessionId
from vibe.session.redacted import redacted
from vibe.session.spent import in_all
from vibe.session.transcript import Transcript

_TITLE: Final = 60
_LOOKED_AT: Final = 2_000


class Summary(Struct, frozen=True, kw_only=True):
    """`began` and `last` are seconds since 1970. `cost_uusd` is None where nothing is known of it,
    and a lower bound where not `is_exact`. `trouble` is why the session cannot be read."""

    session: SessionId
    title: str = ""
    folder: str = ""
    branch: str = ""
    began: float = 0.0
    last: float = 0.0
    turns: int = 0
    cost_uusd: int | None = 0
    is_exact: bool = True
    models: tuple[Alias, ...] = ()
    origin: SessionId | None = None
    trouble: str = ""


class _Kept(Struct, frozen=True):
    """`size` is the journal's, in bytes."""

    size: int
    summary: Summary


def summary_of(session: SessionId, transcript: Transcript, *, redactor: Redactor) -> Summary:
    opened, turns, total = transcript.opened, transcript.turns, in_all(transcript.spent)
    times = [opened.at] if opened else []
    times += [turn.began for turn in turns if turn.began is not None]
    times += [turn.ended.at for turn in turns if turn.ended]
    return Summary(
        session=session,
        title=title_of(turns[0].message, redactor=redactor) if turns else "",
        folder=opened.folder if opened else "",
        branch=opened.branch if opened else "",
        began=min(times, default=0.0),
        last=max(times, default=0.0),
        turns=len(turns),
        cost_uusd=total.known_cost_uusd,
        is_exact=not (total.unpriced or total.estimated),
        models=tuple(each.alias for each in transcript.spent),
        origin=transcript.origin,
    )


def keep(summary: Summary, place: Place, *, size: int, redactor: Redactor) -> None:
    """Whoever wants a summary that could not be written makes it anew."""
    content = msgspec.json.encode(redacted(_Kept(size, summary), redactor))
    with suppress(WriteError):
        rewrite(place.summary, lambda _: content, wait_s=0.0)


def kept(place: Place, *, size: int) -> Summary | None:
    """The summary, if it is one of the journal as it is now."""
    try:
        found = msgspec.json.decode(place.summary.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return None
    return found.summary if found.size == size else None


def title_of(message: User, *, redactor: Redactor) -> str:
    """The first words of it; shortened last, for a part of a key is not known for one."""
    texts = (part.text for part in message.parts if isinstance(part, Text))
    words = " ".join(redactor.redact(next(texts, "")[:_LOOKED_AT]).split())
    return words if len(words) <= _TITLE else f"{words[:_TITLE].rsplit(' ', 1)[0]} …"
