"""An answer as it arrives."""

from __future__ import annotations

from functools import reduce

import pytest

from tests.session.samples import CUT, STRONG, answer
from vibe.domain.event import (
    FailedOver,
    Outcome,
    PoolEvent,
    Retracted,
    Routed,
    Sealed,
    Seam,
    Slow,
    Unanswered,
    Waiting,
)
from vibe.domain.model import Alias
from vibe.domain.stream import CallBegan, CallDelta, CallEnded, TextDelta, ThinkingDelta
from vibe.session.live import Arriving, Live

SMALL = Alias("small")
BEGUN: tuple[PoolEvent, ...] = (
    Routed(alias=STRONG, why="order"),
    ThinkingDelta("hm"),
    ThinkingDelta("m"),
    TextDelta("I "),
    TextDelta("look"),
    CallBegan(call=0, id="a", name="read"),
    CallBegan(call=1, id="b", name="grep"),
    CallDelta(call=0, arguments='{"path"'),
    CallDelta(call=1, arguments="{}"),
    CallDelta(call=0, arguments=": 1}"),
    CallEnded(call=0),
)
CALLS = (
    Arriving(number=0, name="read", arguments='{"path": 1}'),
    Arriving(number=1, name="grep", arguments="{}"),
)
ARRIVED = Live(alias=STRONG, text="I look", thinking="hmm", calls=CALLS)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param((), ARRIVED, id="deltas"),
        pytest.param((Slow(alias=STRONG, after_s=9.0),), ARRIVED, id="slow"),
        pytest.param((Waiting(for_s=1.0, tries=1),), ARRIVED, id="waiting"),
        pytest.param((Retracted(alias=STRONG, failure=CUT),), Live(alias=STRONG), id="retracted"),
        pytest.param((Sealed(answer("I look")),), Live(), id="whole"),
        pytest.param((Unanswered(outcome=Outcome.FAILED),), Live(), id="failed"),
    ],
)
def test_an_answer_arrives_until_it_is_whole_or_begins_anew(
    more: tuple[PoolEvent, ...], expected: Live
):
    assert reduce(Live.apply, (*BEGUN, *more), Live()) == expected


@pytest.mark.parametrize(
    "switch",
    [
        FailedOver(from_alias=STRONG, to_alias=SMALL, failure=CUT, delay_s=0.0),
        Seam(from_alias=STRONG, to_alias=SMALL, failure=CUT, tokens=9),
    ],
    ids=["failed over", "a seam"],
)
def test_who_goes_on_is_told_and_what_came_stays(switch: PoolEvent):
    live = reduce(Live.apply, (Routed(alias=STRONG, why=""), TextDelta("so"), switch), Live())
    assert live == Live(alias=SMALL, text="so")
