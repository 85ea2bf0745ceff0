"""What a program is told when no model gave a whole answer."""

from __future__ import annotations

import pytest

from vibe.domain.event import Outcome, Retracted, Tried, Unanswered
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.errors import ExitCode
from vibe.mux.errors import NoModelLeft, OutOfTime, TakenBack, UpstreamError, error_of

A, B = Alias("a"), Alias("b")
LIMITED = Failure(kind=FailureKind.RATE_LIMITED, status=429, detail="Slow down.")
REFUSED = Failure(kind=FailureKind.UNREACHABLE, detail="nothing listens\nat the address")
ASKED = (Tried(B, REFUSED), Tried(A, LIMITED), Tried(B, REFUSED))


@pytest.mark.parametrize(
    ("end", "kind", "code", "message"),
    [
        pytest.param(
            Unanswered(
                outcome=Outcome.EXHAUSTED, failure=LIMITED, by=A, again_in_s=41.2, tried=ASKED
            ),
            NoModelLeft,
            ExitCode.TEMPORARY,
            "every model is limited or down: a: 429 rate limited: Slow down; "
            "b: unreachable: nothing listens\\nat the address; try again in 42 s",
            id="exhausted",
        ),
        pytest.param(
            Unanswered(outcome=Outcome.FAILED, failure=REFUSED, by=B, tried=ASKED[:1]),
            UpstreamError,
            ExitCode.FAILED,
            "no model can answer this: b: unreachable: nothing listens\\nat the address",
            id="failed",
        ),
        pytest.param(
            Unanswered(outcome=Outcome.DEADLINE, tried=ASKED[1:2]),
            OutOfTime,
            ExitCode.LIMIT_REACHED,
            "no whole answer came in time: a: 429 rate limited: Slow down",
            id="out of time",
        ),
        pytest.param(
            Unanswered(outcome=Outcome.FAILED),
            UpstreamError,
            ExitCode.FAILED,
            "no model can answer this",
            id="nobody was asked",
        ),
    ],
)
def test_an_error_tells_every_attempt_and_when_to_return(
    end: Unanswered, kind: type[UpstreamError], code: ExitCode, message: str
) -> None:
    error = error_of(end)
    assert type(error) is kind
    assert (error.message, error.exit_code) == (message, code)
    assert (error.attempts, error.again_in_s) == (end.tried, end.again_in_s)


def test_an_answer_that_was_taken_back_passes() -> None:
    error = TakenBack(Retracted(alias=A, failure=LIMITED))
    assert error.exit_code is ExitCode.TEMPORARY
    assert error.message == "a was cut (429 rate limited), and the next answer is another"
