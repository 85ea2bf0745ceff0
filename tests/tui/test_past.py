"""A conversation that is gone on with stands on the screen as it did while it was had."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.mux.pools import Line
from tests.session.samples import OPENED, answer, call, key, result, said, session
from tests.session.sessions import written
from tests.tui.lines import shown
from tests.tui.rig import Room, chat
from vibe.domain.answer import Pace
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.turn import TurnEnd
from vibe.domain.usage import Usage
from vibe.secret import Redactor
from vibe.session.record import (
    Answered,
    Approved,
    Compacted,
    Finished,
    Noted,
    Record,
    Started,
    TurnBegan,
    TurnEnded,
)
from vibe.session.transcript import Transcript
from vibe.testing.exchange import call as asks
from vibe.testing.faults import Play, at, play
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked, when_result
from vibe.tui.history.items import Answer, Struck
from vibe.tui.history.past import CUT_OFF, story_of
from vibe.tui.history.story import Story

STORY = "Once upon a time there was a pool of models that never stopped answering anybody."
LONG = " ".join([STORY] * 8)
READER = Scripted(
    when_asked("read", calls(asks("read", path="notes.txt"), text="I look.")),
    when_asked("run", calls(asks("bash", command="touch made.txt"))),
    when_result("read", says("It has **one** line.")),
    otherwise(says(LONG)),
)
BASH = call(arguments='{"command": "make test"}')
LIMITED = Failure(kind=FailureKind.RATE_LIMITED, status=429)


def rows(story: Story) -> list[str]:
    """All of it, but for how fast the answers came."""
    for item in story.items:
        if isinstance(item, Answer):
            item.facts = item.brief = ()
    count = len(story.items)
    return [row for at in range(count) for row in shown(story.lines(at, 90, with_details=True))]


@pytest.mark.parametrize(
    ("pace", "facts"),
    [
        (Pace(first_s=0.42, wrote_s=2.0), ("0.4 s to first word", "50 tok/s")),
        (Pace(first_s=0.42, wrote_s=0.1), ("0.4 s to first word",)),
        (None, ()),
    ],
    ids=["known", "too short", "not kept"],
)
def test_how_fast_an_answer_came_is_told_as_it_was_then(
    pace: Pace | None, facts: tuple[str, ...]
) -> None:
    cut = replace(answer("Half."), cut=LIMITED)
    whole = replace(answer("It is done."), usage=Usage(input=9, output=100))
    records = (
        TurnBegan(turn=1, message=said("do it"), at=0.0),
        Answered(turn=1, number=0, answer=cut),
        Answered(turn=1, number=1, answer=whole, pace=pace),
    )
    items = story_of(Transcript().applied(records), Redactor()).items
    assert [each.facts for each in items if isinstance(each, Answer)][-1] == facts


def told(*records: Record) -> list[str]:
    return rows(story_of(Transcript().applied(records), Redactor()))


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("hello", None),
        ("read it", None),
        ("hello", play("rate_limit")),
        ("tell me", play("close_in_body", at_event=8)),
        ("tell me", play("close_in_body", at_event=90)),
        ("tell me", play("unauthorized")),
    ],
    ids=["an answer", "a call", "a failover", "begun anew", "a seam", "refused"],
)
async def test_it_looks_as_it_did(tmp_path: Path, asked: str, fault: Play | None) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "notes.txt").write_text("one\n")
    faults = at({1: fault}) if fault else None
    first = Line(alias="first", behaviour=READER, faults=faults)
    async with chat(tmp_path, first, Line(alias="second", behaviour=READER)) as room:
        await room.say(asked)
        await room.wait_until_idle()
        assert _opened_again(room) == rows(room.app.talk.story)


async def test_a_part_that_was_taken_back_stays_struck_out(tmp_path: Path) -> None:
    first = Line(
        alias="first",
        behaviour=says("1\n2\n3\n4\n5\n" + "6\n" * 9),
        faults=at({1: play("close_in_body")}),
    )
    async with chat(tmp_path, first, Line(alias="second", behaviour=says("Anew."))) as room:
        await room.say("tell me")
        await room.wait_until_idle()
        seen = rows(room.app.talk.story)
        assert _opened_again(room) == seen
        part = next(item for item in room.app.talk.story.items if isinstance(item, Struck))
    assert shown(part.lines(40, with_details=False)) == [
        "first                         taken back",
        "1",
        "2",
        "3",
        "… 5 more lines",
    ]
    assert "first → second  ↷ first was cut; the answer begins anew" in [
        " ".join(row.split()).replace("second ", "second  ") for row in seen
    ]


async def test_what_was_stopped_looks_as_it_did(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="first", behaviour=READER)) as room:
        await room.say("run it")
        await room.wait_for("Allow")
        await room.press("escape")
        await room.wait_until_idle()
        assert _opened_again(room) == rows(room.app.talk.story)


def _opened_again(room: Room) -> list[str]:
    return rows(story_of(room.app.talk.desk.agent.session.transcript, Redactor()))


def test_a_call_that_was_under_way_when_vibe_was_killed_is_marked() -> None:
    began = session(0)[0]
    seen = told(
        began,
        TurnBegan(turn=1, message=said("run the tests"), at=1.0),
        Answered(turn=1, number=0, answer=answer("I run them.", BASH, call("read", 1))),
        Approved(call=key(1, 0)),
        Started(call=key(1, 0)),
    )
    marks = [" ".join(row.split()) for row in seen if row[:1] in ("?", "✗", "■")]
    assert marks == ["? bash make test outcome unknown", "✗ read stopped", f"■ {CUT_OFF}"]


async def test_what_was_denied_looks_as_it_did(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast", behaviour=READER)) as room:
        await room.say("run it")
        await room.wait_for("Allow")
        await room.let_grace_pass()
        await room.press("n")
        await room.say("no")
        await room.wait_for("denied by you")
        await room.wait_until_idle()
        assert _opened_again(room) == rows(room.app.talk.story)


def test_a_session_of_an_earlier_vibe_tells_its_notes_in_words() -> None:
    seen = told(
        *session(0),
        TurnBegan(turn=1, message=said("hi"), at=1.0),
        Noted(turn=1, text="strong: 429 rate limited; small is asked instead (+0.20 s)"),
        Compacted(turn=1, message=said("a summary")),
        Answered(turn=1, number=0, answer=answer("hello")),
        TurnEnded(turn=1, end=TurnEnd.FAILED, at=2.0, detail="cut", hint="ask again"),
    )
    assert "! strong: 429 rate limited; small is asked instead (+0.20 s)" in seen
    assert "! the conversation was summed up here" in seen
    assert seen[-2:] == ["✗ cut", "  ask again"]


def test_how_full_the_window_was_is_known_again_and_the_last_answer_too() -> None:
    asked = call("read")
    story = story_of(
        Transcript().applied(
            (
                *session(0),
                TurnBegan(turn=1, message=said("hi"), at=1.0),
                Answered(turn=1, number=0, answer=answer("I look", asked)),
                Finished(call=key(1, 0), result=result(asked), took_s=0.1),
                Answered(turn=1, number=1, answer=answer("done")),
                TurnEnded(turn=1, end=TurnEnd.FINISHED, at=2.0),
            )
        ),
        Redactor(),
    )
    progress = story.progress
    assert (progress.alias, progress.context, progress.is_under_way) == ("strong", 110, False)
    assert story.last_answer == "done"


async def test_a_killed_session_is_gone_on_with_in_the_chat(tmp_path: Path) -> None:
    root = tmp_path / ".local" / "state" / "vibe" / "sessions"
    place = written(
        root,
        OPENED,
        TurnBegan(turn=1, message=said("run the tests"), at=1.0),
        Answered(turn=1, number=0, answer=answer("", BASH)),
        Approved(call=key(1, 0)),
        Started(call=key(1, 0)),
    )
    async with chat(tmp_path, Line(alias="first"), resume=place.session) as room:
        assert "? bash  make test" in room.screen
        assert "outcome unknown" in room.screen
        await room.say("go on")
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()
