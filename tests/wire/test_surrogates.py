"""Halves of characters: hidden in JSON that is parsed, joined in the events that come of it."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage
from vibe.wire.surrogates import Halves, hidden, joined

HIGH, LOW = r"\ud83d", r"\uDE00"
FIRST, SECOND = (hidden(half) for half in (HIGH, LOW))
PIECES = (HIGH, LOW, r"\u0041", r"\"", r"\n", r"\\", "ud83d", "u", "a", "é", "😀")


@given(st.lists(st.sampled_from(PIECES), max_size=8))
@example([r"\\", HIGH])
@example([r"\\", "ud83d"])
def test_what_is_hidden_is_parsed_as_the_standard_library_does(pieces: list[str]):
    text = f'"{"".join(pieces)}"'
    parsed: str = json.loads(text)
    expected = parsed.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert joined(msgspec.json.decode(hidden(text), type=str)) == expected


@pytest.mark.parametrize("text", [r'{"a":"\ud83d\ude00"}', r'"\\ud83d"', '"😀"', r'"\ud8"', "\\"])
def test_nothing_is_hidden_that_need_not_be(text: str):
    assert hidden(text) == text


def text(*texts: str) -> list[StreamEvent]:
    return [TextDelta(text) for text in texts]


def call(number: int, *texts: str) -> list[StreamEvent]:
    return [CallDelta(call=number, arguments=text) for text in texts]


THOUGHT = ThinkingDelta(FIRST)
BEGUN = CallBegan(call=0, id="1", name="read")
COUNTED = UsageSeen(Usage(output=1))
LOST = Broken(Failure(kind=FailureKind.BROKEN_STREAM))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(text("a" + FIRST, SECOND + "b"), text("a", "😀b"), id="text"),
        pytest.param(
            [ThinkingDelta(FIRST), ThinkingDelta(SECOND)], [ThinkingDelta("😀")], id="thought"
        ),
        pytest.param(
            [*call(0, FIRST), *call(1, FIRST), *call(1, SECOND), *call(0, SECOND)],
            [*call(1, "😀"), *call(0, "😀")],
            id="calls side by side",
        ),
        pytest.param(
            [*text(FIRST), COUNTED, *text(SECOND)], [COUNTED, *text("😀")], id="usage between"
        ),
        pytest.param(text(FIRST, FIRST, SECOND), text("\ufffd", "😀"), id="two first ones"),
        pytest.param(text("a", SECOND), text("a", "\ufffd"), id="a second one alone"),
        pytest.param(text(FIRST, "a"), text("\ufffda"), id="a first one alone"),
        pytest.param(
            [*text(FIRST), Ended("end")], [*text("\ufffd"), Ended("end")], id="at the end"
        ),
        pytest.param([*text(FIRST), BEGUN], [*text("\ufffd"), BEGUN], id="text before a call"),
        pytest.param(
            [*text(FIRST), THOUGHT, *text(SECOND)],
            [*text("\ufffd"), ThinkingDelta("\ufffd"), *text("\ufffd")],
            id="thought between",
        ),
        pytest.param(
            [THOUGHT, ThinkingSealed(FIRST + SECOND)],
            [ThinkingDelta("\ufffd"), ThinkingSealed("😀")],
            id="thought and its seal",
        ),
        pytest.param(
            [*call(0, FIRST), CallEnded(call=0)],
            [*call(0, "\ufffd"), CallEnded(call=0)],
            id="a call that ends",
        ),
        pytest.param([*text("a" + FIRST), LOST], [*text("a"), LOST], id="a stream that breaks"),
        pytest.param([Began(model=FIRST, id="1")], [Began(model="\ufffd", id="1")], id="a name"),
    ],
)
def test_halves_are_joined_where_they_belong_together(
    events: list[StreamEvent], expected: list[StreamEvent]
):
    halves = Halves()
    halves.hide(HIGH)
    assert [each for event in events for each in halves.join(event)] == expected


def test_an_answer_without_halves_is_left_alone():
    halves = Halves()
    halves.hide('"a"')
    assert list(halves.join(TextDelta(FIRST))) == text(FIRST)
