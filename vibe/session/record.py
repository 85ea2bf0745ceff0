"""What a session keeps: one closed union of records, in the form in which they stand on disk.

A record is told once and never changed. It says itself which turn, answer and call it belongs to,
so that those after a damaged one keep their meaning. Tags and field names are a promise to files
that exist; what a later vibe adds is skipped by an earlier one. Nothing here reads or writes.
"""

from __future__ import annotations

from typing import Final, NewType, TypeAlias

from msgspec import Struct

from vibe.domain.answer import Answer, Pace
from vibe.domain.event import FailedOver, Retracted, Seam
from vibe.domain.message import Producer, ToolResult, User
from vibe.domain.model import Alias
from vibe.domain.turn import CallKey, Denial, TurnEnd
from vibe.domain.usage import Usage

SessionId = NewType("SessionId", str)
BlobId = NewType("BlobId", str)

FORMAT: Final = 1


class File(Struct, frozen=True, kw_only=True, tag="file"):
    """A file's content, by its digest, and its mode."""

    digest: BlobId
    mode: int


class NoFile(Struct, frozen=True, tag="none"):
    """There is none in that place."""


class NotKept(Struct, frozen=True, omit_defaults=True, tag="not_kept"):
    """There was something, and it was not kept, nor is it known by its digest. Nor, if it
    `may_be_same`, whether it has changed at all."""

    why: str
    may_be_same: bool = False


Past: TypeAlias = File | NoFile | NotKept


# The session


class Opened(Struct, frozen=True, kw_only=True, tag="opened"):
    """The first record. Times are seconds since 1970; `folder` is where the person works, and
    `branch` the one of git that it had then, "" where there was none or nobody asked."""

    session: SessionId
    folder: str
    at: float
    vibe: str
    format: int = FORMAT
    branch: str = ""


class Forked(Struct, frozen=True, kw_only=True, tag="forked"):
    """What came before is a copy: what it cost and which files it changed are that session's."""

    origin: SessionId


class Gap(Struct, frozen=True, tag="gap"):
    """Records may be missing here, for want of room on the disk."""


class Rewound(Struct, frozen=True, tag="rewound"):
    """The turns from this one on no longer belong to the conversation."""

    turn: int


# A turn


class TurnBegan(Struct, frozen=True, kw_only=True, tag="turn"):
    """`context` (date, folder and so on) goes before the person's own words to the model."""

    turn: int
    message: User
    at: float
    context: str = ""


class Answered(Struct, frozen=True, kw_only=True, tag="answer"):
    """A sealed answer, never to be asked for again; or, with its `cut`, what came of one. `pace` is
    None where it was not measured."""

    turn: int
    number: int
    answer: Answer
    pace: Pace | None = None


class Arrived(Struct, frozen=True, kw_only=True, tag="arrived"):
    """More text of an answer that was not whole yet, in case that its process is killed: once there
    is an answer, or what was seen of it is taken back, this counts for nothing. `usage` and
    `cost_uusd` are about what the attempt of `alias` has used so far."""

    turn: int
    number: int
    alias: Alias
    producer: Producer
    text: str
    usage: Usage
    cost_uusd: int | None = None


class Added(Struct, frozen=True, kw_only=True, tag="added"):
    """Said to the model in the middle of a turn."""

    turn: int
    message: User


class Compacted(Struct, frozen=True, kw_only=True, tag="compacted"):
    """For the model, `message` stands for everything before it. The figures are estimates of all
    that is sent."""

    turn: int
    message: User
    tokens_before: int | None = None
    tokens_after: int | None = None


class Noted(Struct, frozen=True, kw_only=True, tag="note", omit_defaults=True):
    """A line for the person, not for the model; and the event that it tells of, if it does."""

    turn: int
    text: str
    failed_over: FailedOver | None = None
    seam: Seam | None = None
    retracted: Retracted | None = None


class Used(Struct, frozen=True, kw_only=True, tag="used"):
    """What was spent beside the answers: on an attempt that failed, or on a summary."""

    turn: int
    alias: Alias
    usage: Usage
    cost_uusd: int | None = None
    is_estimated: bool = False


class TurnEnded(Struct, frozen=True, kw_only=True, tag="ended"):
    turn: int
    end: TurnEnd
    at: float
    detail: str = ""
    hint: str = ""


# A call


class Approved(Struct, frozen=True, kw_only=True, tag="approved"):
    """`by` tells who or what allowed it: the person, a rule, the mode."""

    call: CallKey
    by: str = ""


class Started(Struct, frozen=True, kw_only=True, tag="started"):
    call: CallKey


class Finished(Struct, frozen=True, kw_only=True, tag="finished"):
    """`result` is for the model, `details` for the screen, in the tool's own form.

    A call that was denied finishes as well, without having started.
    """

    call: CallKey
    result: ToolResult
    details: str = ""
    took_s: float | None = None
    denied: Denial | None = None


class Unknown(Struct, frozen=True, kw_only=True, tag="unknown"):
    """It had started, and nobody will ever hear what came of it. `is_traced` if at least it is
    known which files it has changed."""

    call: CallKey
    is_traced: bool = False


# Files


class Changed(Struct, frozen=True, kw_only=True, tag="changed"):
    """Written before the change is made, so that both sides of it are known to whoever undoes it;
    but what a command has changed is known only after it.

    `path` is absolute, with no link in it. The content of `before` is kept, that of `after` not.
    """

    turn: int
    path: str
    before: Past
    after: Past

    @property
    def is_sure(self) -> bool:
        """Whether there was a change at all."""
        return not (isinstance(self.before, NotKept) and self.before.may_be_same)


class Restored(Struct, frozen=True, tag="restored"):
    """The files are as they were before this turn, as far as they could be."""

    turn: int


CallRecord: TypeAlias = Approved | Started | Finished | Unknown
TurnRecord: TypeAlias = (
    TurnBegan | Answered | Arrived | Added | Compacted | Noted | TurnEnded | CallRecord
)
Record: TypeAlias = Opened | Forked | Gap | Rewound | TurnRecord | Used | Changed | Restored
