"""A request that was too long for whoever was asked: who said so, and what the person is told.

Pure. That a request is too long is only believed of those who said it: an estimate is no refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from vibe.agent.ends import End
from vibe.domain.event import Unanswered
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import User
from vibe.domain.model import Alias
from vibe.domain.telling import tokens
from vibe.domain.turn import TurnEnd
from vibe.mux.member import Member
from vibe.wire.capability import weight

AS_FILE: Final = "save what you pasted as a file and name it with @, so that it is read in parts"
COMPACT: Final = "/compact sums up what was said before"


class TooSmall(Struct, frozen=True, kw_only=True):
    """Who refused it; its window in tokens, None where nobody knows it."""

    alias: Alias
    window: int | None


def too_small(unanswered: Unanswered, members: Iterable[Member]) -> tuple[TooSmall, ...]:
    """The one with the largest window at the end. Empty: it was not too long for anybody."""
    windows = {member.entry.alias: member.entry.window for member in members}
    found = {
        alias: TooSmall(alias=alias, window=failure.window or windows.get(alias))
        for alias, failure in _failures(unanswered)
        if _is_overflow(failure)
    }
    return tuple(sorted(found.values(), key=lambda each: each.window or 0))


def is_the_reason(unanswered: Unanswered) -> bool:
    """Whether nothing else stands in the way, such as a limit that passes."""
    return unanswered.failure is not None and _is_overflow(unanswered.failure)


def too_long(
    refused_by: tuple[TooSmall, ...], message: User, needed: int, members: Iterable[Member]
) -> End:
    """`needed` is about what is sent at the least; `message` is the part of it that is never summed
    up."""
    alias, window = refused_by[-1].alias, refused_by[-1].window
    own = sum(map(weight, message.parts))
    is_message = own * 2 >= needed
    what, size = ("your message", own) if is_message else ("the conversation", needed)
    told = f"{alias}: {what} is too long: about {tokens(size)} tokens"
    if window and needed > window:
        told += f", {tokens(needed - window)} more than its window of {tokens(window)} has room for"
    hints = (*_larger(refused_by, needed, members), AS_FILE if is_message else COMPACT)
    return End(end=TurnEnd.FAILED, detail=told, hint="; or ".join(hints))


def _larger(
    refused_by: tuple[TooSmall, ...], needed: int, members: Iterable[Member]
) -> Iterator[str]:
    tried = {each.alias for each in refused_by}
    least = max(needed, refused_by[-1].window or 0)
    windows = {
        member.entry.alias: member.entry.window or 0
        for member in members
        if member.entry.trouble is None and member.entry.alias not in tried
    }
    alias = max(windows, key=lambda each: windows[each], default=None)
    if alias is not None and windows[alias] > least:
        yield f"ask {alias}, which holds {tokens(windows[alias])}: /model {alias}, --model {alias}"


def _failures(unanswered: Unanswered) -> Iterator[tuple[Alias, Failure]]:
    yield from ((each.alias, each.failure) for each in unanswered.tried)
    if unanswered.by and unanswered.failure:
        yield unanswered.by, unanswered.failure


def _is_overflow(failure: Failure) -> bool:
    return (failure.inner or failure.kind) is FailureKind.CONTEXT_TOO_LONG
