"""What the line-oriented chat writes: of events, of drawn lines, of what a person is asked."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from vibe.agent.questions import Allowed, Denied, Reply, Said
from vibe.domain.answer import Answer
from vibe.domain.event import Event, FailedOver, Retracted, Routed, Sealed, Seam, Waiting
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import CallId, Text, ToolCall, ToolResult, User
from vibe.domain.model import Alias
from vibe.domain.stream import TextDelta
from vibe.domain.turn import (
    ApprovalAsked,
    CallKey,
    Notice,
    QuestionAsked,
    QuestionId,
    ToolFinished,
    ToolStarted,
    TurnEnd,
    TurnFinished,
    TurnStarted,
)
from vibe.plain.asking import in_words
from vibe.plain.page import Page, spoken
from vibe.plain.teller import Teller
from vibe.testing.leap import LeapingLoop
from vibe.tui.draw.box import framed
from vibe.tui.draw.ink import line, text_of

ONE, TWO = Alias("one"), Alias("two")
LIMITED = Failure(kind=FailureKind.RATE_LIMITED, status=429)
CUT = Failure(kind=FailureKind.BROKEN_STREAM)
STARTED = TurnStarted(turn=1, message=User((Text("go"),)))
FINISHED = TurnFinished(turn=1, end=TurnEnd.FINISHED)
SEALED = Sealed(Answer(parts=(), pieces=()))
LIST = ToolCall(id=CallId("1"), name="bash", arguments='{"command": "ls\\u001b[2J"}')


def key(position: int) -> CallKey:
    return CallKey(turn=1, answer=0, position=position)


def ran(position: int, text: str = "", *, is_error: bool = False) -> ToolFinished:
    result = ToolResult(call=CallId("1"), name="bash", parts=(Text(text),), is_error=is_error)
    return ToolFinished(key=key(position), call=LIST, result=result, took_s=0.5)


def told(*events: Event) -> str:
    written: list[str] = []

    async def note() -> None:
        teller = Teller(Page(written.append, width=lambda: 80))
        for event in events:
            teller.note(event)

    asyncio.run(note())
    return "".join(written)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            (Routed(alias=ONE, why=""), TextDelta("\n\nHel"), TextDelta("lo\x1b[31m!"), SEALED),
            "one:\nHello!\n",
            id="an answer by name",
        ),
        pytest.param(
            (
                Routed(alias=ONE, why=""),
                FailedOver(from_alias=ONE, to_alias=TWO, failure=LIMITED, delay_s=0.2),
                TextDelta("Hello"),
                SEALED,
            ),
            "[one: 429 rate limited; two is asked instead (+0.20 s)]\ntwo:\nHello\n",
            id="a failover before the first word",
        ),
        pytest.param(
            (
                Routed(alias=ONE, why=""),
                TextDelta("Hel"),
                Seam(from_alias=ONE, to_alias=TWO, failure=CUT, tokens=1),
                TextDelta("lo"),
                SEALED,
            ),
            "one:\nHel\n[one was cut after about 1 tokens; two goes on]\ntwo:\nlo\n",
            id="a seam",
        ),
        pytest.param(
            (
                Routed(alias=ONE, why=""),
                TextDelta("Hel"),
                Retracted(alias=ONE, failure=CUT),
                TextDelta("Hello"),
                SEALED,
            ),
            "one:\nHel\n[one was cut; the answer begins anew]\none:\nHello\n",
            id="an answer that begins anew",
        ),
        pytest.param(
            (
                Routed(alias=ONE, why=""),
                SEALED,
                ToolStarted(key=key(0), call=LIST, allowed_by="you"),
                ran(0),
                ToolStarted(key=key(1), call=LIST, allowed_by="you"),
                ToolStarted(key=key(2), call=LIST, allowed_by="you"),
                ran(1, "no such\nfile", is_error=True),
            ),
            "one:\n[bash ls]\n[done, 500 ms]\n[bash ls]\n[bash ls]\n"
            "[bash ls: failed, 500 ms: file]\n",
            id="calls, alone and beside one another",
        ),
        pytest.param((Notice(text="mind\x1b]52;c;eA==\x07"),), "[mind]\n", id="a notice"),
        pytest.param(
            (TurnFinished(turn=1, end=TurnEnd.LIMITED, detail="enough", hint="say more"),),
            "[enough]\n[say more]\n",
            id="the end of a turn that did not finish",
        ),
    ],
)
def test_events_are_told(events: tuple[Event, ...], expected: str) -> None:
    assert told(STARTED, *events, FINISHED) == expected


def test_a_wait_is_told_once_and_then_every_half_minute() -> None:
    written: list[str] = []

    async def wait() -> None:
        teller = Teller(Page(written.append, width=lambda: 80))
        teller.note(STARTED)
        for tries in (1, 2, 3):
            teller.note(Waiting(for_s=79.5 - tries, tries=tries))
        await asyncio.sleep(70)
        teller.note(FINISHED)

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(wait())
    assert written == [
        "[nobody can answer now; trying again in 79 s (1 try so far)]\n",
        "[nobody can answer now; trying again in 47 s (3 tries so far)]\n",
        "[nobody can answer now; trying again in 17 s (3 tries so far)]\n",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("one two three", "one two \nthree\n", id="prose"),
        pytest.param("a verylongword", "a \nverylongword\n", id="a long word"),
        pytest.param("```\none two three\n```", "```\none two three\n```\n", id="code"),
        pytest.param("    one two three", "    one two three\n", id="indented"),
        pytest.param("漢字漢字 漢字", "漢字漢字 \n漢字\n", id="wide"),
    ],
)
def test_prose_is_broken_between_words(text: str, expected: str) -> None:
    written: list[str] = []
    page = Page(written.append, width=lambda: 10)
    for character in text:
        page.stream(character)
    page.end()
    assert "".join(written) == expected


def test_frames_are_not_spoken() -> None:
    drawn = framed(line("Title"), (line("a fact"),), (line("esc close"),), width=80)
    assert spoken(drawn) == ("Title", "a fact", "esc close")


APPROVAL = ApprovalAsked(
    id=QuestionId(1),
    key=key(0),
    call=LIST,
    shown="ls\n-la",
    reason="it lists",
    always=("bash(ls *)",),
)
QUESTION = QuestionAsked(id=QuestionId(1), question="Which?", choices=("red", "blue"))


def answered(asked: ApprovalAsked | QuestionAsked, text: str) -> list[Reply]:
    replies: list[Reply] = []
    panel = in_words(asked, replies.append, lambda: True)
    assert panel.said(text) == bool(replies)
    return replies


def test_all_of_a_command_is_shown() -> None:
    lines = in_words(APPROVAL, lambda _: None, lambda: True).lines(20, 3)
    assert [text_of(each) for each in lines] == [
        "May this be done? Run:",
        "ls",
        "-la",
        "It is asked because it lists",
        "y = yes",
        "a = yes, and from now on: bash(ls *)",
        "n = no; what you write behind the n is told to the model",
    ]


@pytest.mark.parametrize(
    ("asked", "text", "expected"),
    [
        pytest.param(APPROVAL, " Y ", [Allowed()], id="yes"),
        pytest.param(APPROVAL, "a", [Allowed(always=True)], id="always"),
        pytest.param(replace(APPROVAL, edits=True), "a", [Allowed(edits=True)], id="all edits"),
        pytest.param(APPROVAL, "n too much", [Denied("too much")], id="no, and why"),
        pytest.param(APPROVAL, "", [], id="a bare Enter"),
        pytest.param(APPROVAL, "y but hurry", [], id="a yes with more"),
        pytest.param(QUESTION, "2", [Said("blue")], id="a number"),
        pytest.param(QUESTION, "3", [Said("3")], id="another number"),
        pytest.param(QUESTION, "green", [Said("green")], id="own words"),
        pytest.param(QUESTION, " ", [], id="nothing"),
    ],
)
def test_a_line_answers(
    asked: ApprovalAsked | QuestionAsked, text: str, expected: list[Reply]
) -> None:
    assert answered(asked, text) == expected
