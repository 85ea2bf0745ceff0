"""Which events a session keeps, and as what."""

from __future__ import annotations

import pytest

from tests.session.samples import CUT, STRONG, answer, whole_turn
from vibe.domain.answer import Answer
from vibe.domain.event import (
    FailedOver,
    Outcome,
    PoolEvent,
    Routed,
    Sealed,
    Slow,
    Unanswered,
    Waiting,
)
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.domain.stream import TextDelta
from vibe.domain.telling import told
from vibe.session.events import record_of
from vibe.session.record import Answered, Noted, Record
from vibe.session.transcript import Transcript

LIMITED = Failure(kind=FailureKind.RATE_LIMITED)
STOPPED = Failure(kind=FailureKind.CANCELLED)
PART = answer("half", cut=CUT)


def failed(part: Answer | None = None, failure: Failure | None = None) -> Unanswered:
    return Unanswered(outcome=Outcome.FAILED, part=part, failure=failure)


def answered(kept: Answer) -> Answered:
    return Answered(turn=2, number=1, answer=kept)


SWITCHED = FailedOver(from_alias=STRONG, to_alias=Alias("small"), failure=LIMITED, delay_s=0.2)


@pytest.mark.parametrize(
    ("event", "record"),
    [
        pytest.param(Sealed(answer("done")), answered(answer("done")), id="an answer"),
        pytest.param(failed(PART), answered(PART), id="a part of one"),
        pytest.param(
            failed(answer("half"), LIMITED), answered(answer("half", cut=LIMITED)), id="a failure"
        ),
        pytest.param(failed(answer("half")), answered(answer("half", cut=STOPPED)), id="stopped"),
        pytest.param(failed(answer("")), None, id="a part without content"),
        pytest.param(failed(), None, id="no part"),
        pytest.param(
            SWITCHED, Noted(turn=2, text=told(SWITCHED), failed_over=SWITCHED), id="another entry"
        ),
        pytest.param(TextDelta("half"), None, id="a delta"),
        pytest.param(Routed(alias=STRONG, why="order"), None, id="routed"),
        pytest.param(Waiting(for_s=1.0, tries=1), None, id="waiting"),
        pytest.param(Slow(alias=STRONG, after_s=10.0), None, id="slow"),
    ],
)
def test_an_event_is_kept_if_it_tells_more_than_the_moment(event: PoolEvent, record: Record | None):
    transcript = Transcript().applied((*whole_turn(1), *whole_turn(2)[:2]))
    assert record_of(event, transcript) == record
