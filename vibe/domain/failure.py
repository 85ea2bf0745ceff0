"""How a provider can fail, and what each way means for the pool: one table, one match.

A `Failure` is made in one place per protocol (`wire/failures.py`). Its verdict answers whose fault
it was, who may be asked next, and for how long the one that failed is left alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias, assert_never

from msgspec import Struct


class FailureKind(StrEnum):
    BAD_REQUEST = "bad_request"
    CONTEXT_TOO_LONG = "context_too_long"
    REFUSED = "refused"
    AUTH = "auth"
    NO_CREDIT = "no_credit"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    SERVER = "server"
    UNREACHABLE = "unreachable"
    STALLED = "stalled"
    BROKEN_STREAM = "broken_stream"
    EMPTY = "empty"
    CANCELLED = "cancelled"


Cause: TypeAlias = Literal["dns", "route", "refused", "tls", "reset", "timeout", "proxy"]


class Failure(Struct, frozen=True, kw_only=True):
    """One failure. `detail` is the provider's own sentence, shortened; it holds no key.

    `retry_after_s` is the provider's word on when to come back. `inner` is what an error inside a
    stream that had begun would have been as an answer of its own. `lacks` tells that the message
    names a capability that the model does not have; `window` is the context window if it was told.
    `cause` tells more of a provider that could not be reached.
    """

    kind: FailureKind
    detail: str = ""
    status: int | None = None
    retry_after_s: float | None = None
    inner: FailureKind | None = None
    lacks: bool = False
    window: int | None = None
    cause: Cause | None = None


Again: TypeAlias = Literal["no", "once", "last_resort", "last_resort_once"]
Elsewhere: TypeAlias = Literal["no", "yes", "larger_window", "if_lacks", "by_configuration", "seam"]
Scope: TypeAlias = Literal["nothing", "entry", "key", "origin"]
Rest: TypeAlias = Literal[
    "none", "rate_limit", "error", "until_change", "until_reset", "ten_minutes", "second_time",
    "by_inner",
]  # fmt: skip


class Verdict(Struct, frozen=True, kw_only=True):
    """`again`: may the same entry be asked? `elsewhere`: may another? `scope` and `rest`: what is
    left alone, and for how long. `counts`: is it held against the entry?"""

    again: Again
    elsewhere: Elsewhere
    scope: Scope
    rest: Rest
    counts: bool


def verdict(kind: FailureKind) -> Verdict:  # noqa: C901 - one exhaustive match, a line a kind
    """What follows from a failure of this kind."""
    match kind:
        case FailureKind.BAD_REQUEST:
            return _verdict("once", "if_lacks", "nothing", "none", counts=False)
        case FailureKind.CONTEXT_TOO_LONG:
            return _verdict("no", "larger_window", "nothing", "none", counts=False)
        case FailureKind.REFUSED:
            return _verdict("no", "by_configuration", "nothing", "none", counts=False)
        case FailureKind.AUTH:
            return _verdict("no", "yes", "key", "until_change", counts=True)
        case FailureKind.NO_CREDIT:
            return _verdict("no", "yes", "key", "until_reset", counts=True)
        case FailureKind.NOT_FOUND:
            return _verdict("no", "yes", "entry", "ten_minutes", counts=True)
        case FailureKind.RATE_LIMITED:
            return _verdict("last_resort", "yes", "entry", "rate_limit", counts=True)
        case FailureKind.OVERLOADED | FailureKind.SERVER:
            return _verdict("last_resort", "yes", "entry", "error", counts=True)
        case FailureKind.UNREACHABLE:
            return _verdict("last_resort", "yes", "origin", "error", counts=True)
        case FailureKind.STALLED:
            return _verdict("last_resort_once", "yes", "entry", "second_time", counts=True)
        case FailureKind.BROKEN_STREAM:
            return _verdict("last_resort", "seam", "entry", "by_inner", counts=True)
        case FailureKind.EMPTY:
            return _verdict("once", "yes", "nothing", "none", counts=True)
        case FailureKind.CANCELLED:
            return _verdict("no", "no", "nothing", "none", counts=False)
    assert_never(kind)


def _verdict(
    again: Again, elsewhere: Elsewhere, scope: Scope, rest: Rest, *, counts: bool
) -> Verdict:
    return Verdict(again=again, elsewhere=elsewhere, scope=scope, rest=rest, counts=counts)
