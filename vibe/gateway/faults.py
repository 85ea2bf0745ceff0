"""Why a request has no answer, in a client's terms: a status, a kind of trouble, one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vibe.clean import clean_line
from vibe.domain.event import Outcome, Unanswered
from vibe.domain.failure import FailureKind
from vibe.domain.telling import sentence
from vibe.errors import UsageError, VibeError
from vibe.mux.errors import error_of
from vibe.wire.serving import Fault, Trouble

MALFORMED: Final = 400
_FINAL: Final[dict[FailureKind, tuple[int, Trouble]]] = {
    FailureKind.BAD_REQUEST: (400, "invalid"),
    FailureKind.CONTEXT_TOO_LONG: (400, "too_long"),
    FailureKind.REFUSED: (400, "refused"),
    FailureKind.NOT_FOUND: (404, "not_found"),
    FailureKind.RATE_LIMITED: (429, "rate_limited"),
    FailureKind.STALLED: (504, "timeout"),
    FailureKind.OVERLOADED: (503, "overloaded"),
    FailureKind.UNREACHABLE: (503, "overloaded"),
}


def malformed(error: UsageError) -> Fault:
    """The client has to ask otherwise."""
    message = f"{error.message}: {error.hint}" if error.hint else error.message
    return Fault(status=MALFORMED, trouble="invalid", message=clean_line(message))


def failed(error: VibeError) -> Fault:
    """An answer that had begun, and cannot go on."""
    return Fault(status=502, trouble="failed", message=clean_line(_told(error)))


def _told(error: VibeError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def fault_of(end: Unanswered, resting: Iterable[str | None] = (), *, is_cut: bool = False) -> Fault:
    """`resting` is what each of those rests from that were meant: it tells where nobody was asked
    at all. `is_cut`: something of the answer was passed on. A key that a provider refuses is no
    fault of the client's own key."""
    status, trouble = _status(end, resting)
    if end.failure is not None and (is_cut or end.part is not None):
        why = sentence(end.failure)
        message = f"{end.by} was cut in the middle of its answer ({why}); ask again"
        return Fault(status=status, trouble=trouble, message=clean_line(message))
    if not end.tried and end.failure is None:
        message = "no model of those that were meant can be asked: see /health"
        return Fault(status=status, trouble=trouble, message=message, retry_after_s=end.again_in_s)
    message = _told(error_of(end))
    return Fault(status=status, trouble=trouble, message=message, retry_after_s=end.again_in_s)


def _status(end: Unanswered, resting: Iterable[str | None]) -> tuple[int, Trouble]:
    if end.outcome is Outcome.DEADLINE:
        return 504, "timeout"
    failures = [tried.failure.inner or tried.failure.kind for tried in end.tried]
    if end.outcome is Outcome.EXHAUSTED:
        kinds = set(failures) or {FailureKind(rest) for rest in resting if rest}
        if failures and kinds == {FailureKind.STALLED}:
            return 504, "timeout"
        limited = kinds == {FailureKind.RATE_LIMITED}
        return (429, "rate_limited") if limited else (503, "overloaded")
    if end.failure is None or (end.by is None and end.failure.kind is FailureKind.AUTH):
        return 503, "overloaded"
    return _FINAL.get(end.failure.inner or end.failure.kind, (502, "failed"))
