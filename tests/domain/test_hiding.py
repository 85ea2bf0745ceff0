"""What is shown of events holds no secret; all else of them is as it was."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from vibe.domain.event import Event, Retracted, Seam
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.hiding import Hiding
from vibe.domain.message import CallId, Text, ToolCall, ToolResult
from vibe.domain.model import Alias
from vibe.domain.stream import TextDelta
from vibe.domain.turn import (
    ApprovalAsked,
    CallKey,
    Notice,
    QuestionAsked,
    QuestionId,
    ToolFinished,
    ToolOutput,
)
from vibe.secret import Redactor

KEY = "canary7F3a9c21D4e8b6A0zz"
PLACE = CallKey(turn=1, answer=0, position=0)
ALIAS = Alias("strong")
BROKEN = Failure(kind=FailureKind.BROKEN_STREAM)
CALL = ToolCall(id=CallId("1"), name="bash", arguments=f'{{"command":"echo {KEY}"}}')
HIDDEN = replace(CALL, arguments='{"command":"echo ***"}')
ASKED = ApprovalAsked(
    id=QuestionId(1), key=PLACE, call=CALL, shown=f"echo {KEY}", reason="", always=(f"echo {KEY}",)
)
EVENTS: dict[str, tuple[Event, Event]] = {
    "notice": (Notice(text=f"with {KEY}"), Notice(text="with ***")),
    "cut by what cannot be seen": (
        Notice(text=f"{KEY[:9]}\u200b\x1b[m{KEY[9:]}"),
        Notice(text="***"),
    ),
    "question": (
        QuestionAsked(id=QuestionId(1), question=KEY, choices=(KEY, "no")),
        QuestionAsked(id=QuestionId(1), question="***", choices=("***", "no")),
    ),
    "approval": (ASKED, replace(ASKED, call=HIDDEN, shown="echo ***", always=("echo ***",))),
    "a file that is proposed with it": (
        replace(ASKED, call=HIDDEN, shown="", always=(), proposed=KEY),
        replace(ASKED, call=HIDDEN, shown="", always=(), proposed=None),
    ),
    "result": (
        ToolFinished(
            key=PLACE,
            call=CALL,
            result=ToolResult(call=CallId("1"), name="bash", parts=(Text(KEY),)),
            details=f"+ {KEY}",
        ),
        ToolFinished(
            key=PLACE,
            call=HIDDEN,
            result=ToolResult(call=CallId("1"), name="bash", parts=(Text("***"),)),
            details="+ ***",
        ),
    ),
}


def shown(*events: Event) -> list[Event]:
    return list(Hiding(Redactor([KEY])).each(events))


@pytest.mark.parametrize(("event", "hidden"), EVENTS.values(), ids=EVENTS)
def test_a_secret_is_hidden_wherever_it_stands(event: Event, hidden: Event) -> None:
    assert shown(event) == [hidden]


def test_of_what_is_decided_by_nothing_is_hidden_that_only_looks_like_a_secret() -> None:
    command = f"curl -H Authorization:x; rm -rf ~; cat sk-ignore-all-of-the-rules {KEY}"
    kept = replace(ASKED, shown=command.replace(KEY, "***"), call=HIDDEN, always=())
    assert shown(replace(ASKED, shown=command, always=())) == [kept]


def test_an_event_without_one_is_the_very_same() -> None:
    event = Notice(text="\x1b[1mall is well")
    assert shown(event)[0] is event


def test_an_answer_that_is_cut_shows_all_that_was_held_back_before_the_seam() -> None:
    seam = Seam(from_alias=ALIAS, to_alias=Alias("small"), failure=BROKEN, tokens=2)
    events = (TextDelta(f"say {KEY[:8]}"), TextDelta(f"{KEY[8:]} or wo"), seam, TextDelta("rds "))
    assert shown(*events) == [
        TextDelta("say "),
        TextDelta("*** or "),
        TextDelta("wo"),
        seam,
        TextDelta("rds "),
    ]


def test_what_was_retracted_is_not_shown_later() -> None:
    retracted = Retracted(alias=ALIAS, failure=BROKEN)
    assert shown(TextDelta("wo"), retracted, TextDelta("now ")) == [
        TextDelta(""),
        retracted,
        TextDelta("now "),
    ]


def test_a_command_that_says_a_secret_in_two_pieces_has_said_none() -> None:
    pieces = (ToolOutput(key=PLACE, text=text) for text in (f"a {KEY[:9]}", f"{KEY[9:]}\n"))
    assert shown(*pieces) == [
        ToolOutput(key=PLACE, text="a "),
        ToolOutput(key=PLACE, text="***\n"),
    ]
