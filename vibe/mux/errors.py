"""A request without a whole answer, as an exception: who was asked, what each said, when to return.

Raised by whoever hands answers on as values; the multiplexer itself tells it as an event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, assert_never

from vibe.clean import clean_line
from vibe.domain.advice import remedy
from vibe.domain.event import Outcome, Retracted, Unanswered
from vibe.domain.telling import duration, in_brief, sentence
from vibe.errors import ExitCode, VibeError


class UpstreamError(VibeError):
    """No model answered, and to try again as it is helps nothing.

    `failure` is the most telling of all and `alias` had it; both are None where nobody was asked.
    `attempts` are all of them, in order. `part` is what had come of an answer. `again_in_s` is
    when somebody may be back, as far as that was known when this was raised.
    """

    before: ClassVar[str] = "no model can answer this"

    def __init__(self, end: Unanswered) -> None:
        failure = end.failure
        hint = remedy(failure.inner or failure.kind) if failure else ""
        told = "; ".join(dict.fromkeys(_told(end)))
        super().__init__(clean_line(f"{self.before}: {told}" if told else self.before), hint=hint)
        self.alias = end.by
        self.failure = failure
        self.attempts = end.tried
        self.part = end.part
        self.again_in_s = end.again_in_s


class NoModelLeft(UpstreamError):
    """Every model is limited or down; that passes."""

    exit_code: ClassVar[ExitCode] = ExitCode.TEMPORARY
    before: ClassVar[str] = "every model is limited or down"


class OutOfTime(UpstreamError, TimeoutError):
    """The time that the caller had set was over first."""

    exit_code: ClassVar[ExitCode] = ExitCode.LIMIT_REACHED
    before: ClassVar[str] = "no whole answer came in time"


class TakenBack(VibeError):
    """A part of an answer had been read when it was cut, and the whole one begins otherwise."""

    exit_code: ClassVar[ExitCode] = ExitCode.TEMPORARY

    def __init__(self, cut: Retracted) -> None:
        message = f"{cut.alias} was cut ({in_brief(cut.failure)}), and the next answer is another"
        super().__init__(message, hint="forget what has come of it, and ask again")
        self.alias = cut.alias
        self.failure = cut.failure


def error_of(end: Unanswered) -> UpstreamError:
    match end.outcome:
        case Outcome.EXHAUSTED:
            return NoModelLeft(end)
        case Outcome.DEADLINE:
            return OutOfTime(end)
        case Outcome.FAILED | Outcome.CANCELLED | Outcome.OK:
            return UpstreamError(end)
    assert_never(end.outcome)


def _told(end: Unanswered) -> Iterator[str]:
    """Each failure of each model, the most telling one first, and when to try again."""
    if end.failure is not None:
        yield f"{end.by}: {sentence(end.failure)}" if end.by else sentence(end.failure)
    for tried in end.tried:
        yield f"{tried.alias}: {sentence(tried.failure)}"
    if end.again_in_s:
        yield f"try again in {duration(end.again_in_s)}"
