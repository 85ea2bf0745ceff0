"""One answer as plain text: what is written, piece by piece, and what the caller is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.clean import clean
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.limits import Limit, Limits
from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    LimitsSeen,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage
from vibe.headless.text import Printed, print_answer

CUT = Failure(kind=FailureKind.BROKEN_STREAM, detail="cut")


def printed(*events: StreamEvent) -> tuple[Printed, list[str]]:
    written: list[str] = []

    async def stream() -> AsyncIterator[StreamEvent]:
        for event in events:
            yield event

    return asyncio.run(print_answer(stream(), written.append)), written


def texts(pieces: Sequence[str]) -> tuple[TextDelta, ...]:
    return tuple(TextDelta(piece) for piece in pieces)


@pytest.mark.parametrize(
    ("events", "outcome", "written"),
    [
        pytest.param(
            (*texts(["Hel", "lo"]), Ended("end")),
            Printed(reason="end", is_blank=False),
            ["Hel", "lo", "\n"],
            id="as it comes",
        ),
        pytest.param(
            (*texts(["Hello\n"]), Ended("end")),
            Printed(reason="end", is_blank=False),
            ["Hello\n"],
            id="with a line end of its own",
        ),
        pytest.param(
            (*texts(["Hel", ""]), Broken(CUT)),
            Printed(failure=CUT, is_blank=False),
            ["Hel", "\n"],
            id="cut",
        ),
        pytest.param((Broken(CUT),), Printed(failure=CUT), [], id="nothing came"),
        pytest.param(
            (
                LimitsSeen(Limits(requests=Limit(remaining=1))),
                Began(model="m"),
                ThinkingDelta("hm"),
                ThinkingSealed("seal"),
                TextDelta("Yes."),
                CallBegan(call=0, id="1", name="read"),
                CallDelta(call=0, arguments="{}"),
                CallEnded(call=0),
                Ended("calls"),
            ),
            Printed(reason="calls", is_blank=False),
            ["Yes.", "\n"],
            id="only text is shown",
        ),
        pytest.param(
            (
                UsageSeen(Usage(input=7)),
                TextDelta("Yes."),
                UsageSeen(Usage(output=1)),
                UsageSeen(Usage(output=2)),
                Ended("length"),
            ),
            Printed(reason="length", usage=Usage(input=7, output=2), is_blank=False),
            ["Yes.", "\n"],
            id="usage",
        ),
        pytest.param(
            (*texts(["a\x1b]52;c", ";Zm9v", "\x07b\x1b"]), Ended("end")),
            Printed(reason="end", is_blank=False),
            ["a", "b", "\n"],
            id="a sequence over three pieces, and half of one at the end",
        ),
    ],
)
def test_an_answer_is_written_as_it_comes(
    events: tuple[StreamEvent, ...], outcome: Printed, written: list[str]
) -> None:
    assert printed(*events) == (outcome, written)


@given(st.lists(st.text(alphabet="a\n\r\x1b]52;c\x07\x9b\x9c\u202e\ud800", max_size=6)))
def test_any_split_writes_the_cleaned_text(pieces: list[str]) -> None:
    outcome, written = printed(*texts(pieces), Ended("end"))
    cleaned = clean("".join(pieces))
    assert outcome.is_blank == (not cleaned.strip())
    assert "".join(written) == cleaned + ("" if cleaned.endswith("\n") or not cleaned else "\n")
