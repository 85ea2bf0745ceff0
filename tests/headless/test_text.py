"""A turn as plain text: what is written, on a screen and in a pipe, and what is told beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.headless.events import (
    CALLING,
    FAILED_OVER,
    FINISHED,
    LIMITED,
    NONE,
    RETRACTED,
    ROUTED,
    SEAM,
    WHOLE,
    A,
    called,
    finished,
    started,
    streamed,
    texts,
)
from vibe.clean import clean
from vibe.domain.event import Event, FailedOver, Slow, Waiting
from vibe.domain.stream import CallBegan, CallDelta, CallEnded, TextDelta, ThinkingDelta
from vibe.domain.turn import ContextCompacted, Notice
from vibe.headless.account import Account
from vibe.headless.readers import followed
from vibe.headless.text import LastText, LiveText, Talk
from vibe.secret import Redactor
from vibe.testing.leap import LeapingLoop


def on_screen(*events: Event) -> list[str]:
    """Text and lines, in their order; a line ends with `|`."""
    seen: list[str] = []
    text = LiveText(seen.append, Redactor())

    def tell(line: str) -> None:
        text.break_line()
        seen.append(f"{line}|")

    async def read() -> None:
        await followed(streamed(events), (text, Talk(tell)))

    asyncio.run(read())
    return seen


def in_pipe(*events: Event) -> str:
    written: list[str] = []
    account = Account()
    asyncio.run(
        followed(streamed(events), (account, LastText(account, written.append, Redactor())))
    )
    return "".join(written)


def told(*events: Event) -> list[str]:
    lines: list[str] = []

    async def read() -> None:
        await followed(streamed(events), (Talk(lines.append),))

    asyncio.run(read())
    return lines


@pytest.mark.parametrize(
    ("events", "screen", "pipe"),
    [
        pytest.param((*texts(["Hel", "lo"]), WHOLE), ["Hello", "\n"], "Hello\n", id="whole"),
        pytest.param(
            (*texts(["Hello\n"]), WHOLE), ["Hello\n"], "Hello\n", id="with a line end of its own"
        ),
        pytest.param((*texts(["Hel", ""]), NONE), ["Hel", "\n"], "Hel\n", id="cut"),
        pytest.param((NONE,), [], "", id="nothing came"),
        pytest.param(
            (
                ROUTED,
                ThinkingDelta("hm"),
                TextDelta("Yes."),
                CallBegan(call=0, id="1", name="read"),
                CallDelta(call=0, arguments="{}"),
                CallEnded(call=0),
                WHOLE,
            ),
            ["Yes.", "\n"],
            "Yes.\n",
            id="only text is shown",
        ),
        pytest.param(
            (*texts(["a\x1b]52;c", ";Zm9v", "\x07b\x1b"]), WHOLE),
            ["ab", "\n"],
            "ab\n",
            id="a sequence over three pieces, and half of one at the end",
        ),
        pytest.param(
            (TextDelta("Hel"), RETRACTED, TextDelta("Hello."), WHOLE),
            ["Hel", "\n", "a was cut; the answer begins anew|", "Hello.", "\n"],
            "Hello.\n",
            id="begun anew",
        ),
        pytest.param(
            (TextDelta("x"), SEAM, TextDelta("y"), WHOLE),
            ["x", "\n", "a was cut after about 212 tokens; b goes on|", "y", "\n"],
            "xy\n",
            id="a seam",
        ),
        pytest.param(
            (TextDelta("I look."), CALLING, started(called()), TextDelta("Done."), WHOLE, FINISHED),
            ["I ", "look.", "\n", "· read a.py|", "Done.", "\n"],
            "Done.\n",
            id="said on the way to a call",
        ),
        pytest.param(
            (ROUTED, TextDelta("I look."), CALLING, ROUTED, NONE),
            ["I ", "look.", "\n"],
            "",
            id="no answer after a call",
        ),
        pytest.param(
            (ROUTED, TextDelta("Hel"), NONE, ROUTED, TextDelta("Hello."), WHOLE),
            ["Hel", "Hello.", "\n"],
            "Hello.\n",
            id="asked once more in a shorter form",
        ),
    ],
)
def test_a_screen_gets_all_as_it_comes_and_a_pipe_the_last_answer(
    events: tuple[Event, ...], screen: list[str], pipe: str
) -> None:
    assert (on_screen(*events), in_pipe(*events)) == (screen, pipe)


def test_what_came_before_an_interrupt_is_written() -> None:
    async def cancelled() -> AsyncIterator[Event]:
        yield TextDelta("Hel")
        raise asyncio.CancelledError

    written: list[str] = []
    account = Account()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(followed(cancelled(), (account, LastText(account, written.append, Redactor()))))
    assert written == ["Hel\n"]


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
        pytest.param(
            started(called("bash", '{"command":"make\\ntest"}')), "· bash make ⏎ test", id="a call"
        ),
        pytest.param(
            finished(called(), "no such file\nmore", is_error=True),
            "  no such file",
            id="a call that failed",
        ),
        pytest.param(
            finished(called(), "nobody is here", is_error=True, took_s=None),
            "  read a.py: nobody is here",
            id="a call that never ran",
        ),
        pytest.param(
            ContextCompacted(turn=1, tokens_before=96_400, tokens_after=812),
            "· the conversation was summed up: ~96.4k -> ~812 tokens",
            id="summed up",
        ),
        pytest.param(Notice(text="look out"), "look out", id="a notice"),
    ],
)
def test_what_happens_on_the_way_is_told_in_a_line(event: Event, line: str) -> None:
    assert told(event, TextDelta("Yes."), WHOLE) == [line]


def test_a_call_that_went_well_is_told_once() -> None:
    assert told(started(called()), finished(called(), "x")) == ["· read a.py"]


def test_of_a_row_of_waits_the_first_is_told_and_then_only_those_that_last() -> None:
    short = Waiting(for_s=1.0, tries=1, alias=A, failure=LIMITED)
    long = Waiting(for_s=8.0, tries=3, alias=A, failure=LIMITED)
    again = FailedOver(from_alias=A, to_alias=A, failure=LIMITED, delay_s=1.0)
    lines = told(short, again, short, again, long, again, WHOLE)
    assert [line.split("; ")[-1] for line in lines] == [
        "trying again in 1 s (1 try so far)",
        "trying again in 8 s (3 tries so far)",
    ]


SILENCE = "a has said nothing for 15 s; still waiting"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param((ROUTED, TextDelta("Hel")), [SILENCE], id="in the middle of an answer"),
        pytest.param((ROUTED, CallBegan(call=0, id="1", name="x")), [SILENCE], id="in a call"),
        pytest.param((ROUTED,), [], id="before the first piece, which the pool tells"),
        pytest.param(
            (ROUTED, CALLING, started(called("bash", '{"command":"make"}'))),
            ["· bash make"],
            id="while a command runs",
        ),
    ],
)
def test_a_silence_of_a_model_is_told_once(before: tuple[Event, ...], expected: list[str]) -> None:
    lines: list[str] = []

    async def stream() -> AsyncIterator[Event]:
        for event in before:
            yield event
        await asyncio.sleep(50)
        yield TextDelta("lo.")
        yield WHOLE

    async def read() -> None:
        await followed(stream(), (Talk(lines.append),))

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(read())
    assert lines == expected


@given(st.lists(st.text(alphabet="a\n\r\x1b]52;c\x07\x9b\x9c\u202e\ud800", max_size=6)))
def test_any_split_writes_the_cleaned_text(pieces: list[str]) -> None:
    events = (*texts(pieces), WHOLE)
    cleaned = clean("".join(pieces))
    expected = cleaned + ("" if cleaned.endswith("\n") or not cleaned else "\n")
    assert ("".join(on_screen(*events)), in_pipe(*events)) == (expected, expected)
