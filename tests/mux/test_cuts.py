"""A stream that is cut at every possible place, in every dialect, with another entry to go on."""

from __future__ import annotations

import pytest

from tests.mux.pools import Line, ask, pool, tools
from vibe.domain.event import FailedOver, Retracted, Seam
from vibe.domain.message import Text, ToolCall
from vibe.domain.model import Backend, BrokenStream
from vibe.testing.dialects import DIALECTS
from vibe.testing.exchange import Call
from vibe.testing.faults import play
from vibe.testing.script import calls, says

STORY = " ".join(
    f"In chapter {number} the traveller met the {animal} and learned its name."
    for number, animal in enumerate(["fox", "owl", "bear", "hare", "wolf", "crow", "toad"])
)
ARGUMENTS = '{"path":"chapter.txt"}'
CUTS = ("close_in_body", "reset_in_body", "no_terminator", "malformed_json", "in_band_server_error")


async def test_an_answer_cut_anywhere_is_whole_in_the_end() -> None:
    seams = 0
    for at_event in range(0, 60, 3):
        lines = (
            Line(alias="a", behaviour=says(STORY), faults=play("no_terminator", at_event=at_event)),
            Line(alias="b", behaviour=says(STORY), is_fallback=True),
        )
        async with pool(*lines) as rig:
            told = await ask(rig.mux)
        assert told.text == STORY, at_event
        assert told.answer
        assert told.answer.parts == (Text(STORY),)
        seams += sum(isinstance(event, Seam) for event in told.events)
    assert seams > 5


@pytest.mark.slow
@pytest.mark.parametrize("fault", CUTS)
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_in_every_dialect_a_cut_at_any_event_leaves_one_whole_answer(
    dialect: Backend, fault: str
) -> None:
    seams = 0
    for at_event in range(90):
        lines = (
            Line(
                alias="a",
                behaviour=says(STORY),
                dialect=dialect,
                faults=play(fault, at_event=at_event),
            ),
            Line(alias="b", behaviour=says(STORY), dialect=dialect, is_fallback=True),
        )
        async with pool(*lines) as rig:
            told = await ask(rig.mux)
            assert rig.mux.at_rest
        assert told.text == STORY, at_event
        assert told.answer
        assert told.answer.parts == (Text(STORY),)
        kinds = [type(event) for event in told.events]
        assert kinds.count(Seam) + kinds.count(FailedOver) <= 1  # none where it is past the end
        seams += kinds.count(Seam)
    assert seams > 10


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_no_call_that_was_cut_is_ever_part_of_an_answer(dialect: Backend) -> None:
    behaviour = calls(Call(name="read", arguments=ARGUMENTS), text="Let me look at that.")
    for at_event in range(40):
        lines = (
            Line(
                alias="a",
                behaviour=behaviour,
                dialect=dialect,
                faults=play("close_in_body", at_event=at_event),
            ),
            Line(alias="b", behaviour=behaviour, dialect=dialect, is_fallback=True),
        )
        async with pool(*lines) as rig:
            told = await ask(rig.mux, tools())
        assert told.answer, at_event
        assert [call.arguments for call in told.answer.calls] == [ARGUMENTS], at_event
        texts = [part for part in told.answer.parts if not isinstance(part, ToolCall)]
        assert texts == [Text("Let me look at that.")], at_event


@pytest.mark.parametrize(
    ("on_broken", "kinds", "text"),
    [
        ("continue", ["Seam", "Sealed"], STORY),
        ("restart", ["Retracted", "FailedOver", "Sealed"], STORY),
        ("stop", ["Unanswered"], ""),
    ],
)
async def test_what_becomes_of_a_part_is_as_configured(
    on_broken: BrokenStream, kinds: list[str], text: str
) -> None:
    lines = (
        Line(alias="a", behaviour=says(STORY), faults=play("close_in_body", at_event=50)),
        Line(alias="b", behaviour=says(STORY), is_fallback=True),
    )
    async with pool(*lines, on_broken=on_broken) as rig:
        told = await ask(rig.mux)
    assert told.kinds() == kinds
    if text:
        assert told.text == text
        return
    assert told.unanswered
    assert told.unanswered.part
    assert told.unanswered.part.parts == (Text(told.text),)
    assert told.unanswered.part.cut


async def test_a_short_part_is_taken_back_and_the_answer_begun_anew() -> None:
    lines = (
        Line(alias="a", behaviour=says("One two three."), faults=play("close_in_body")),
        Line(alias="b", behaviour=says("One two three."), is_fallback=True),
    )
    async with pool(*lines) as rig:
        told = await ask(rig.mux)
        now = rig.mux.snapshot()
    seen = [event.text for event in told.events if isinstance(event, Retracted)]
    assert seen == ["One two "]
    assert told.text == "One two three."
    assert (now.failovers, now.seams, now.anew) == (0, 0, 1)
    assert [switch.is_anew for switch in now.recent] == [True]


async def test_each_part_of_an_answer_knows_who_wrote_it() -> None:
    lines = (
        Line(alias="a", behaviour=says(STORY), faults=play("close_in_body", at_event=50)),
        Line(alias="b", behaviour=says(STORY), is_fallback=True),
    )
    async with pool(*lines) as rig:
        told = await ask(rig.mux)
    assert told.answer
    assert [piece.alias for piece in told.answer.pieces] == ["a", "b"]
    assert sum(piece.characters for piece in told.answer.pieces) == len(STORY)
