"""A conversation that grows too long is summed up, and nothing that matters is lost with it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.agent.project import FILES, MENDER, RIGHT, RUNS, TASK, call
from tests.agent.rig import assistant, house
from tests.agent.test_loop import end_of
from tests.mux.pools import Line
from vibe.agent.compaction import ASK, BYTES_A_TOKEN, PIECE, pieces
from vibe.domain.message import CallId, Message, Results, Text, ToolResult, User
from vibe.domain.turn import ContextCompacted, TurnEnd
from vibe.testing.exchange import Answer, Asked, text_of
from vibe.testing.faults import at, play

MENDED = "Work: the sum is mended. Open: run the check."
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
    where = house(tmp_path, **FILES)
    model = Line(alias="model", behaviour=mends_and_sums_up, faults=at({3: play("context")}))
    async with assistant(where, model) as desk:
        events = await desk.turn(TASK)
    assert any(isinstance(event, ContextCompacted) for event in events)
    assert end_of(events).end is TurnEnd.FINISHED
    assert (where.root / "calc.py").read_text() == RIGHT
    assert (where.root / "runs.log").read_text() == "ran\n"


async def test_a_request_that_stays_too_long_ends_the_turn(tmp_path: Path) -> None:
    where = house(tmp_path, **FILES)
    model = Line(alias="model", behaviour=MENDER, faults=play("context"))
    async with assistant(where, model) as desk:
        events = await desk.turn(TASK)
    assert end_of(events).end is TurnEnd.FAILED
    assert "too long" in end_of(events).detail or "context" in end_of(events).detail


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
