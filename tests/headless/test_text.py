"""One answer as plain text: what is written, what is told beside it, and what the caller learns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from vibe.clean import clean
from vibe.domain.answer import Answer
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
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.domain.stream import CallBegan, CallDelta, CallEnded, TextDelta, ThinkingDelta
from vibe.headless.text import HELD, Printed, print_answer
from vibe.testing.leap import LeapingLoop

CUT = Failure(kind=FailureKind.BROKEN_STREAM, detail="cut")
LIMITED = Failure(kind=FailureKind.RATE_LIMITED, status=429, detail="Slow down, please.")
WHOLE = Sealed(Answer(parts=(), pieces=()))
NONE = Unanswered(outcome=Outcome.EXHAUSTED, failure=CUT)
A, B = Alias("a"), Alias("b")
FAILED_OVER = FailedOver(from_alias=A, to_alias=B, failure=LIMITED, delay_s=0.214)
SEAM = Seam(from_alias=A, to_alias=B, failure=CUT, tokens=212)
RETRACTED = Retracted(alias=A, failure=CUT)


class Seen(Struct, frozen=True, kw_only=True):
    printed: Printed
    written: list[str]
    told: list[str] = []


def seen(*events: PoolEvent, holds: bool = False) -> Seen:
    written: list[str] = []
    told: list[str] = []

    async def stream() -> AsyncIterator[PoolEvent]:
        for event in events:
            yield event

    printed = asyncio.run(
        print_answer(stream(), write=written.append, tell=told.append, holds=holds)
    )
    return Seen(printed=printed, written=written, told=told)


def texts(pieces: Sequence[str]) -> tuple[TextDelta, ...]:
    return tuple(TextDelta(piece) for piece in pieces)


def answered(*, is_blank: bool = False) -> Printed:
    return Printed(answer=WHOLE.answer, is_blank=is_blank)


@pytest.mark.parametrize(
    ("events", "printed", "written"),
    [
        pytest.param(
            (*texts(["Hel", "lo"]), WHOLE), answered(), ["Hel", "lo", "\n"], id="as it comes"
        ),
        pytest.param(
            (*texts(["Hello\n"]), WHOLE), answered(), ["Hello\n"], id="with a line end of its own"
        ),
        pytest.param(
            (*texts(["Hel", ""]), NONE),
            Printed(unanswered=NONE, is_blank=False),
            ["Hel", "\n"],
            id="cut",
        ),
        pytest.param((NONE,), Printed(unanswered=NONE), [], id="nothing came"),
        pytest.param(
            (
                Routed(alias=A, why="order"),
                ThinkingDelta("hm"),
                TextDelta("Yes."),
                CallBegan(call=0, id="1", name="read"),
                CallDelta(call=0, arguments="{}"),
                CallEnded(call=0),
                WHOLE,
            ),
            answered(),
            ["Yes.", "\n"],
            id="only text is shown",
        ),
        pytest.param(
            (*texts(["a\x1b]52;c", ";Zm9v", "\x07b\x1b"]), WHOLE),
            answered(),
            ["a", "b", "\n"],
            id="a sequence over three pieces, and half of one at the end",
        ),
        pytest.param(
            (TextDelta("Hel"), RETRACTED, TextDelta("Hello."), WHOLE),
            answered(),
            ["Hel", "\n", "Hello.", "\n"],
            id="begun anew",
        ),
    ],
)
def test_an_answer_is_written_as_it_comes(
    events: tuple[PoolEvent, ...], printed: Printed, written: list[str]
) -> None:
    found = seen(*events)
    assert (found.printed, found.written) == (printed, written)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        pytest.param(FAILED_OVER, "a: 429 rate limited; b is asked instead (+0.21 s)", id="other"),
        pytest.param(
            FailedOver(from_alias=A, to_alias=A, failure=LIMITED, delay_s=2.0),
            "a: 429 rate limited; asked again after 2.00 s",
            id="the same",
        ),
        pytest.param(SEAM, "a was cut after about 212 tokens; b goes on", id="seam"),
        pytest.param(RETRACTED, "a was cut; the answer begins anew", id="retracted"),
        pytest.param(Slow(alias=A, after_s=15.0), "a has said nothing for 15 s; still waiting"),
        pytest.param(
            Waiting(for_s=1.2, tries=2, alias=A, failure=LIMITED),
            "a: 429 rate limited: Slow down, please; trying again in 2 s (2 tries so far)",
            id="waiting",
        ),
        pytest.param(
            Waiting(for_s=None, tries=0, full=True),
            "all who can answer are at work; waiting in line",
            id="full",
        ),
        pytest.param(
            Waiting(for_s=0.5, tries=1, offline=True),
            "the network seems to be down; trying again in 1 s (1 try so far)",
            id="offline",
        ),
    ],
)
def test_what_happens_on_the_way_is_told_beside_the_answer(event: PoolEvent, line: str) -> None:
    assert seen(event, TextDelta("Yes."), WHOLE).told == [line]


def test_a_seam_on_a_screen_begins_a_line_of_its_own_and_in_a_pipe_none() -> None:
    events = TextDelta("x" * (HELD + 1)), SEAM, TextDelta("y"), WHOLE
    assert "".join(seen(*events).written) == "x" * (HELD + 1) + "\ny\n"
    assert "".join(seen(*events, holds=True).written) == "x" * (HELD + 1) + "y\n"


def test_a_short_part_that_is_taken_back_never_reaches_a_pipe() -> None:
    found = seen(TextDelta("Hel"), RETRACTED, TextDelta("Hello."), WHOLE, holds=True)
    assert "".join(found.written) == "Hello.\n"


def test_a_pipe_gets_a_long_answer_as_it_comes() -> None:
    first, more = "x" * (HELD + 1), "y"
    found = seen(TextDelta(first), TextDelta(more), WHOLE, holds=True)
    assert found.written == [first, more, "\n"]


def test_of_a_row_of_waits_the_first_is_told_and_then_only_those_that_last() -> None:
    short = Waiting(for_s=1.0, tries=1, alias=A, failure=LIMITED)
    long = Waiting(for_s=8.0, tries=3, alias=A, failure=LIMITED)
    again = FailedOver(from_alias=A, to_alias=A, failure=LIMITED, delay_s=1.0)
    found = seen(short, again, short, again, long, again, WHOLE)
    assert [line.split("; ")[-1] for line in found.told] == [
        "trying again in 1 s (1 try so far)",
        "trying again in 8 s (3 tries so far)",
    ]


def test_a_silence_in_the_middle_of_an_answer_is_told_once() -> None:
    told: list[str] = []

    async def stream() -> AsyncIterator[PoolEvent]:
        yield Routed(alias=A, why="order")
        yield TextDelta("Hel")
        await asyncio.sleep(50)
        yield TextDelta("lo.")
        yield WHOLE

    async def run() -> None:
        await print_answer(stream(), write=lambda _: None, tell=told.append)

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(run())
    assert told == ["a has said nothing for 15 s; still waiting"]


@given(st.lists(st.text(alphabet="a\n\r\x1b]52;c\x07\x9b\x9c\u202e\ud800", max_size=6)))
def test_any_split_writes_the_cleaned_text(pieces: list[str]) -> None:
    found = seen(*texts(pieces), WHOLE)
    cleaned = clean("".join(pieces))
    assert found.printed.is_blank == (not cleaned.strip())
    assert "".join(found.written) == cleaned + (
        "" if cleaned.endswith("\n") or not cleaned else "\n"
    )
