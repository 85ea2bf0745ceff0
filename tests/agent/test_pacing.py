"""How fast an answer came: counted from who began it, to its end."""

from __future__ import annotations

import pytest

from vibe.agent.pacing import Pacing
from vibe.domain.answer import Pace
from vibe.domain.event import PoolEvent, Retracted, Routed, Seam
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.domain.stream import TextDelta, ThinkingDelta
from vibe.testing.clock import FakeClock

ALIAS = Alias("strong")
ROUTED = Routed(alias=ALIAS, why="order")
CUT = Failure(kind=FailureKind.BROKEN_STREAM)
BACK = Retracted(alias=ALIAS, failure=CUT)
SEAM = Seam(from_alias=ALIAS, to_alias=ALIAS, failure=CUT, tokens=1)
TEXT = TextDelta("It is")


@pytest.mark.parametrize(
    ("events", "pace"),
    [
        ((ROUTED,), None),
        ((ROUTED, TEXT, TEXT), Pace(first_s=1.0, wrote_s=2.0)),
        ((ROUTED, ThinkingDelta("so"), TEXT), Pace(first_s=1.0, wrote_s=2.0)),
        ((ROUTED, ROUTED, TEXT), Pace(first_s=1.0, wrote_s=1.0)),
        ((ROUTED, TEXT, ROUTED), Pace(first_s=1.0, wrote_s=2.0)),
        ((ROUTED, TEXT, BACK, TEXT), Pace(first_s=1.0, wrote_s=1.0)),
        ((ROUTED, TEXT, SEAM, BACK, TEXT), Pace(first_s=2.0, wrote_s=1.0)),
        ((ROUTED, TEXT, BACK, ROUTED, TEXT), Pace(first_s=1.0, wrote_s=1.0)),
    ],
    ids=[
        "nothing",
        "text",
        "thought",
        "another",
        "a seam",
        "begun anew",
        "after a seam",
        "by another",
    ],
)
def test_each_event_comes_a_second_after_the_one_before(
    events: tuple[PoolEvent, ...], pace: Pace | None
) -> None:
    clock = FakeClock()
    pacing = Pacing(clock.monotonic)
    for event in events:
        pacing.note(event)
        clock.advance(1.0)
    assert pacing.pace == pace
