"""A conversation that grows too long is summed up, and nothing that matters is lost with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.agent.project import FILES, MENDER, RIGHT, RUNS, TASK, WRONG, call
from tests.agent.rig import assistant, house
from tests.agent.test_loop import end_of, results
from tests.mux.pools import Line
from vibe.agent.bounds import Bounds
from vibe.agent.compaction import ASK, BYTES_A_TOKEN, PIECE, pieces
from vibe.agent.loop import NO_SUMMARY
from vibe.agent.repeats import STALE, STALE_AT, STOP_AT
from vibe.domain.message import CallId, Message, Results, Text, ToolResult, User
from vibe.domain.turn import ContextCompacted, TurnEnd
from vibe.errors import UsageError
from vibe.session.record import Compacted
from vibe.testing.exchange import Answer, Asked, text_of
from vibe.testing.faults import at, play

MENDED = "Work: the sum is mended. Open: run the check."
MUCH = "# one more line of it\n" * 200
SUMMARY = "Goal: mend the sum. State: the big file was read."
LAST_LINE_OF_ASK = ASK.rsplit("\n", 1)[-1]


def reads_much(asked: Asked) -> Answer:
    """A file of some three thousand tokens again and again, until it is asked to sum up."""
    if LAST_LINE_OF_ASK in asked.last_user_text:
        return Answer(text=SUMMARY)
    if SUMMARY in asked.last_user_text:
        return Answer(text="I know enough now.")
    limit = 390 + len(asked.results)
    return Answer(calls=(call("read", path="big.txt", limit=limit),))


def mends_and_sums_up(asked: Asked) -> Answer:
    if LAST_LINE_OF_ASK in asked.last_user_text:
        return Answer(text=MENDED)
    has_run = any("all is well" in text_of(result.parts) for result in asked.results)
    if MENDED in asked.last_user_text and not has_run:
        return Answer(calls=(RUNS,))
    return MENDER(asked)


async def test_a_conversation_is_summed_up_before_the_window_is_full(tmp_path: Path) -> None:
    where = house(tmp_path, big__txt="0123456789 and so on and on\n" * 400, AGENTS__md="Be brief.")
    model = Line(alias="model", behaviour=reads_much, window=12_000)
    async with assistant(where, model) as desk:
        events = await desk.turn("look at the big file, please")
        last = str(desk.rig.servers["model"].requests[-1].body)
    compacted = [event for event in events if isinstance(event, ContextCompacted)]
    assert len(compacted) == 1
    assert compacted[0].tokens_before >= 0.8 * 12_000 > compacted[0].tokens_after
    assert end_of(events).end is TurnEnd.FINISHED
    for kept in (SUMMARY, "look at the big file, please", "Be brief."):
        assert kept in last
    assert "0123456789 and so on" not in last


async def test_a_request_that_is_too_long_for_the_provider_is_made_shorter_once(
    tmp_path: Path,
) -> None:
    where = house(tmp_path, **{**FILES, "calc__py": WRONG + MUCH})
    model = Line(alias="model", behaviour=mends_and_sums_up, faults=at({3: play("context")}))
    async with assistant(where, model) as desk:
        events = await desk.turn(TASK)
    assert any(isinstance(event, ContextCompacted) for event in events)
    assert end_of(events).end is TurnEnd.FINISHED
    assert (where.root / "calc.py").read_text() == RIGHT + MUCH
    assert (where.root / "runs.log").read_text() == "ran\n"


async def test_instructions_of_a_folder_below_are_told_again_after_a_summary(
    tmp_path: Path,
) -> None:
    where = house(tmp_path, big__txt="0123456789 and so on and on\n" * 400)
    (where.root / "sub").mkdir()
    (where.root / "sub" / "AGENTS.md").write_text("Be kind.")
    (where.root / "sub" / "small.txt").write_text("x\n")

    def reads_below(asked: Asked) -> Answer:
        if LAST_LINE_OF_ASK in asked.last_user_text or not asked.results:
            first = Answer(calls=(call("read", path="sub/small.txt"),))
            return Answer(text=SUMMARY) if LAST_LINE_OF_ASK in asked.last_user_text else first
        return Answer(calls=(call("read", path="big.txt", limit=390 + len(asked.results)),))

    model = Line(alias="model", behaviour=reads_below, window=12_000)
    async with assistant(where, model, bounds=Bounds(answers=9)) as desk:
        events = await desk.turn("look at the files, please")
    assert any(isinstance(event, ContextCompacted) for event in events)
    told = [each for each in results(events) if "Be kind." in each]
    assert len(told) >= 2


def has_no_summary(asked: Asked) -> Answer:
    wants_one = LAST_LINE_OF_ASK in asked.last_user_text
    return Answer(calls=(RUNS,)) if wants_one else reads_much(asked)


async def test_a_summary_that_was_none_is_paid_all_the_same(tmp_path: Path) -> None:
    where = house(tmp_path, big__txt="0123456789 and so on and on\n" * 400)
    model = Line(alias="model", behaviour=has_no_summary, window=12_000)
    async with assistant(where, model, bounds=Bounds(answers=4)) as desk:
        await desk.turn("look at the big file, please")
        asked = desk.rig.servers["model"].requests
        spent = desk.agent.session.transcript.spent
        counted = sum(trace.attempts[0].input_tokens or 0 for trace in desk.rig.mux.traces)
    assert len(asked) > 4
    assert spent[0].input == counted


async def test_a_summary_that_was_cut_stands_for_nothing(tmp_path: Path) -> None:
    where = house(tmp_path, big__txt="0123456789 and so on and on\n" * 400)

    def cut(asked: Asked) -> Answer:
        answer = reads_much(asked)
        return replace(answer, stop="length") if answer.text == SUMMARY else answer

    model = Line(alias="model", behaviour=cut, window=12_000)
    async with assistant(where, model, bounds=Bounds(answers=4)) as desk:
        events = await desk.turn("look at the big file, please")
    assert not any(isinstance(event, ContextCompacted) for event in events)


def goes_round(asked: Asked) -> Answer:
    if LAST_LINE_OF_ASK in asked.last_user_text:
        return Answer(text=SUMMARY)
    return Answer(calls=(call("read", path="big.txt", limit=390),))


async def test_to_read_again_after_a_summary_is_no_circle_until_nothing_else_is_done(
    tmp_path: Path,
) -> None:
    where = house(tmp_path, big__txt="0123456789 and so on and on\n" * 400)
    model = Line(alias="model", behaviour=goes_round, window=12_000)
    async with assistant(where, model) as desk:
        events = await desk.turn("look at the big file, please")
    assert end_of(events).end is TurnEnd.FAILED
    assert end_of(events).detail == STALE
    assert sum(isinstance(event, ContextCompacted) for event in events) == 1 + STALE_AT
    assert end_of(events).answers > STOP_AT


texts = st.text(max_size=400)
conversations = st.lists(
    st.one_of(
        texts.map(lambda text: User((Text(text),))),
        texts.map(
            lambda text: Results((ToolResult(call=CallId("1"), name="read", parts=(Text(text),)),))
        ),
    ),
    max_size=12,
)


@given(conversations, st.integers(10, 400))
def test_each_piece_fits_and_no_word_is_lost(said: list[Message], window: int) -> None:
    most = int(window * PIECE) * BYTES_A_TOKEN
    found = list(pieces(said, window))
    assert all(len(piece) <= most + 2 * piece.count("\n\n") for piece in found)
    joined = "".join(found).replace("\n\n", "")
    for message in said:
        if isinstance(message, User):
            text = "".join(part.text for part in message.parts if isinstance(part, Text))
            assert text.replace("\n\n", "") in joined


def sums_up(asked: Asked) -> Answer:
    return Answer(text=SUMMARY if LAST_LINE_OF_ASK in asked.last_user_text else "Very well.")


async def test_a_person_can_have_it_summed_up_and_say_what_to_keep(tmp_path: Path) -> None:
    where = house(tmp_path, AGENTS__md="Be brief.")
    async with assistant(where, Line(alias="model", behaviour=sums_up)) as desk:
        await desk.turn("the first words")
        asked = User((Text("/compact the names"),))
        events = [event async for event in desk.agent.compact(asked, keep="the names")]
        wish = str(desk.rig.servers["model"].requests[-1].body)
        await desk.turn("and now?")
        last = str(desk.rig.servers["model"].requests[-1].body)
        kept = desk.agent.session.transcript.turns[1].items
    summed = [event for event in events if isinstance(event, ContextCompacted)]
    assert end_of(events).end is TurnEnd.FINISHED
    assert "keep what the person asks for: the names" in wish
    assert "/compact" not in wish
    for told in (SUMMARY, "Be brief.", "and now?"):
        assert told in last
    for forgotten in ("the first words", "/compact", "<last-message>"):
        assert forgotten not in last
    records = [each for each in kept if isinstance(each, Compacted)]
    assert [(each.tokens_before, each.tokens_after) for each in records] == [
        (each.tokens_before, each.tokens_after) for each in summed
    ]


async def test_where_nobody_sums_it_up_the_conversation_stays_as_it_was(tmp_path: Path) -> None:
    where = house(tmp_path)
    faults = at({2: play("unauthorized")})
    async with assistant(where, Line(alias="model", behaviour=sums_up, faults=faults)) as desk:
        await desk.turn("the first words")
        before = desk.agent.request
        events = [event async for event in desk.agent.compact(User((Text("/compact"),)))]
        assert desk.agent.request == before
    assert end_of(events).end is TurnEnd.FAILED
    assert end_of(events).detail == NO_SUMMARY


async def test_before_anything_was_said_there_is_nothing_to_sum_up(tmp_path: Path) -> None:
    async with assistant(house(tmp_path), Line(alias="model")) as desk:
        with pytest.raises(UsageError, match="nothing was said yet"):
            desk.agent.compact(User((Text("/compact"),)))


async def test_what_was_said_can_be_taken_back_until_a_model_is_told(tmp_path: Path) -> None:
    later = User((Text("one more thing"),))
    async with assistant(house(tmp_path), Line(alias="model")) as desk:
        desk.agent.say(later)
        assert desk.agent.take_back() == (later,)
        assert desk.agent.take_back() == ()
        await desk.turn("hello")
        last = str(desk.rig.servers["model"].requests[-1].body)
    assert "one more thing" not in last
