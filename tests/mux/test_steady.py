"""What a client is told of an answer while it comes, which is never taken back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.domain.answer import Answer
from vibe.domain.answer import Piece as Wrote
from vibe.domain.event import FailedOver, PoolEvent, Retracted, Routed, Sealed, Seam, Slow, Waiting
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import CallId, Producer, Text, ToolCall
from vibe.domain.model import Alias, ProviderName
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.mux.errors import TakenBack
from vibe.mux.joint import SHORT
from vibe.mux.steady import Steady
from vibe.wire.serving import Piece

A, B = Alias("a"), Alias("b")
CUT = Failure(kind=FailureKind.BROKEN_STREAM)
RETRACTED = Retracted(alias=A, failure=CUT)
LONG = "What is said here is long enough to be told at once. " * (SHORT // 50 + 1)
BEGAN = CallBegan(call=0, id="c1", name="read")
ARGUED = CallDelta(call=0, arguments="{}")
ENDED = CallEnded(call=0)
CALL = ToolCall(id=CallId("c1"), name="read", arguments="{}")


def sealed(text: str = "", *calls: ToolCall, cut: Failure | None = None) -> Sealed:
    parts = (*((Text(text),) if text else ()), *calls)
    wrote = Wrote(
        alias=B, producer=Producer(provider=ProviderName("b"), model="m"), characters=len(text)
    )
    return Sealed(Answer(parts=parts, pieces=(wrote,), cut=cut))


def told(*events: PoolEvent, holds: bool) -> list[Piece]:
    steady = Steady(begins_anew=holds, holds_first=True)
    return [piece for event in events for piece in steady.take(event)]


THINKS = (ThinkingDelta("hm"), ThinkingSealed("seal"))
UNSEEN = (
    Routed(alias=A, why="order"),
    FailedOver(from_alias=A, to_alias=B, failure=CUT, delay_s=0.1),
    Seam(from_alias=A, to_alias=B, failure=CUT, tokens=3),
    Waiting(for_s=1.0, tries=1),
    Slow(alias=A, after_s=15.0),
)


@pytest.mark.parametrize("holds", [False, True])
def test_thought_is_told_and_what_happens_in_the_pool_is_not(holds: bool) -> None:
    assert told(*UNSEEN, *THINKS, sealed(), holds=holds) == [*THINKS]


def test_where_nothing_begins_anew_each_piece_is_told_as_it_comes() -> None:
    pieces = (TextDelta("a"), BEGAN, ARGUED, ENDED)
    assert told(*pieces, sealed("a", CALL), holds=False) == [*pieces]


def test_a_call_that_did_not_end_is_ended_where_the_answer_has_it() -> None:
    assert told(BEGAN, ARGUED, sealed("", CALL, cut=CUT), holds=False) == [BEGAN, ARGUED, ENDED]


def test_a_call_that_the_answer_does_not_have_is_taken_back() -> None:
    with pytest.raises(TakenBack):
        told(BEGAN, CallDelta(call=0, arguments='{"a'), sealed("", cut=CUT), holds=False)


def test_calls_are_told_once_the_answer_is_whole() -> None:
    again = ToolCall(id=CallId("c2"), name="look", arguments="[]")
    events = (BEGAN, ARGUED, RETRACTED, TextDelta("a"), sealed("a", CALL, again))
    assert told(*events, holds=True) == [
        TextDelta("a"),
        BEGAN,
        ARGUED,
        ENDED,
        CallBegan(call=1, id="c2", name="look"),
        CallDelta(call=1, arguments="[]"),
        CallEnded(call=1),
    ]


def test_the_first_words_are_held_back_until_they_are_more() -> None:
    short, rest = LONG[:5], LONG[5:]
    assert told(TextDelta(short), holds=True) == []
    assert told(TextDelta(short), sealed(short), holds=True) == [TextDelta(short)]
    assert told(TextDelta(short), TextDelta(rest), holds=True) == [TextDelta(LONG)]
    anew = (TextDelta(short), RETRACTED, TextDelta("Quite another."), sealed("Quite another."))
    assert told(*anew, holds=True) == [TextDelta("Quite another.")]


def test_what_is_said_once_more_is_told_once() -> None:
    events = (TextDelta(LONG), RETRACTED, TextDelta(LONG[:9]), TextDelta(LONG[9:] + "more"))
    assert told(*events, sealed(f"{LONG}more"), holds=True) == [TextDelta(LONG), TextDelta("more")]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param((TextDelta("Quite another."),), id="another text"),
        pytest.param((TextDelta(LONG[:-1]), sealed(LONG[:-1])), id="a shorter one"),
        pytest.param((sealed("", CALL),), id="none"),
    ],
)
def test_another_answer_is_an_error_once_the_first_was_told(
    second: tuple[PoolEvent, ...],
) -> None:
    with pytest.raises(TakenBack):
        told(TextDelta(LONG), RETRACTED, *second, holds=True)


@st.composite
def attempts(draw: st.DrawFn) -> tuple[str, list[list[str]]]:
    """A text, and what each attempt has said of it: the last one all, mostly."""
    whole = draw(st.sampled_from([LONG, LONG + "Grüße.", LONG[:20], ""]))
    ends = draw(st.lists(st.integers(0, len(whole)), max_size=3))
    texts = [whole[:end] for end in ends] + [whole]
    if draw(st.booleans()):
        texts[draw(st.integers(0, len(texts) - 1))] += "!"
    pieces: list[list[str]] = []
    for text in texts:
        cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
        pairs = zip([0, *cuts], [*cuts, len(text)], strict=True)
        pieces.append([text[begin:end] for begin, end in pairs])
    return texts[-1], pieces


@given(attempts())
def test_what_was_told_is_the_answer_or_the_client_is_told_that_it_is_not(
    found: tuple[str, list[list[str]]],
) -> None:
    whole, pieces = found
    events: list[PoolEvent] = []
    for said in pieces:
        events += [RETRACTED] * bool(events) + [TextDelta(piece) for piece in said]
    try:
        out = told(*events, sealed(whole), holds=True)
    except TakenBack:
        assert not all(whole.startswith("".join(said)) for said in pieces)
        return
    assert "".join(piece.text for piece in out if isinstance(piece, TextDelta)) == whole
