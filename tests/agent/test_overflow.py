"""A message that is too long for whoever is asked: nothing is paid that cannot help, and the person
is told what is too long, by how much, for whom, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.rig import Desk, assistant, house
from tests.agent.test_loop import end_of
from tests.mux.pools import Line
from vibe.agent.compaction import ASK, MOST_OF_A_RESULT
from vibe.agent.overflow import AS_FILE, COMPACT
from vibe.domain.turn import ContextCompacted, TurnEnd, TurnFinished
from vibe.mux.wishes import AS_CONFIGURED
from vibe.testing.exchange import Answer, Asked
from vibe.testing.faults import Play, play

WINDOW = 4_097  # which the fault tells
LAST_LINE_OF_ASK = ASK.rsplit("\n", 1)[-1]


def sums_up(asked: Asked) -> Answer:
    return Answer(text="It was about much." if is_summary(asked) else "Very well.")


def is_summary(asked: Asked) -> bool:
    return LAST_LINE_OF_ASK in asked.last_user_text


def refuses_pastes(asked: Asked, _number: int) -> Play | None:
    is_long = any(len(str(message)) > 12_000 for message in asked.messages)
    return play("context") if is_long else None


def paste(tokens: int) -> str:
    return "word " * (tokens * 4 // 5)


def summaries(desk: Desk, alias: str = "small") -> list[str]:
    bodies = (request.body.decode() for request in desk.rig.servers[alias].requests)
    return [body for body in bodies if LAST_LINE_OF_ASK in body]


async def test_a_message_that_nobody_holds_is_asked_once_and_told(tmp_path: Path) -> None:
    small = Line(alias="small", behaviour=sums_up, faults=refuses_pastes, window=WINDOW)
    async with assistant(house(tmp_path), small) as desk:
        events = await desk.turn(paste(9_000))
        reached = desk.rig.reached()
    assert reached == {"small": 1}
    assert end_of(events) == TurnFinished(
        turn=1,
        end=TurnEnd.FAILED,
        detail="small: your message is too long: about 9.0k tokens, 6.2k more than its window of "
        "4.1k has room for",
        hint=AS_FILE,
        answers=1,
    )


async def test_where_the_window_is_not_known_only_the_length_is_told(tmp_path: Path) -> None:
    small = Line(alias="small", behaviour=sums_up, faults=play("context_window"))
    async with assistant(house(tmp_path), small) as desk:
        events = await desk.turn(paste(9_000))
    assert end_of(events).detail == "small: your message is too long: about 9.0k tokens"


async def test_a_larger_model_that_was_not_asked_is_named(tmp_path: Path) -> None:
    small = Line(alias="small", faults=refuses_pastes, window=WINDOW)
    large = Line(alias="large", window=200_000)
    keyless = Line(alias="keyless", window=400_000, trouble="has no key")
    async with assistant(house(tmp_path), small, large, keyless) as desk:
        desk.rig.mux.wish(AS_CONFIGURED.pin(desk.rig.mux.members[0].entry.alias))
        events = await desk.turn(paste(9_000))
    larger = "ask large, which holds 200k: /model large, --model large"
    assert end_of(events).hint == f"{larger}; or {AS_FILE}"


async def test_a_larger_model_of_the_pool_is_asked_by_itself(tmp_path: Path) -> None:
    small = Line(alias="small", behaviour=sums_up, faults=refuses_pastes, window=WINDOW)
    large = Line(alias="large", window=200_000)
    async with assistant(house(tmp_path), small, large) as desk:
        events = await desk.turn(paste(9_000))
        reached = desk.rig.reached()
    assert (end_of(events).end, reached) == (TurnEnd.FINISHED, {"small": 0, "large": 1})


async def test_a_conversation_that_cannot_be_shorter_is_told_as_one(tmp_path: Path) -> None:
    small = Line(alias="small", behaviour=sums_up, faults=play("context_window"))
    async with assistant(house(tmp_path), small) as desk:
        events = await desk.turn("hello")
        reached = desk.rig.reached()
    assert reached == {"small": 1}
    assert "small: the conversation is too long" in end_of(events).detail
    assert end_of(events).hint == COMPACT


async def test_the_last_message_alone_is_never_summed_up(tmp_path: Path) -> None:
    small = Line(alias="small", behaviour=sums_up, window=10_000)
    async with assistant(house(tmp_path), small) as desk:
        events = await desk.turn(paste(8_500))
        reached = desk.rig.reached()
    assert (end_of(events).end, reached) == (TurnEnd.FINISHED, {"small": 1})


async def test_what_came_before_a_long_message_is_summed_up_without_it(tmp_path: Path) -> None:
    small = Line(alias="small", behaviour=sums_up, window=14_000)
    async with assistant(house(tmp_path), small) as desk:
        await desk.turn("before " * 2_600)
        events = await desk.turn("now " * 6_000)
        (summary,) = summaries(desk)
        last = desk.rig.servers["small"].requests[-1].body.decode()
    (compacted,) = (event for event in events if isinstance(event, ContextCompacted))
    assert compacted.tokens_after < compacted.tokens_before
    assert end_of(events).end is TurnEnd.FINISHED
    assert summary.count("before ") >= 2_600
    assert summary.count("now ") <= MOST_OF_A_RESULT // len("now ") + 1
    assert "now " * 6_000 in last


@pytest.mark.parametrize("is_cut", [False, True], ids=["as long as it all", "none"])
async def test_a_summary_that_does_not_help_is_asked_for_once(
    tmp_path: Path, *, is_cut: bool
) -> None:
    def rambles(asked: Asked) -> Answer:
        if is_summary(asked):
            return Answer(text=paste(9_000), stop="length" if is_cut else "end")
        return Answer(text="Very well.")

    small = Line(alias="small", behaviour=rambles, faults=refuses_pastes, window=10_000)
    async with assistant(house(tmp_path), small) as desk:
        await desk.turn("before " * 1_000)
        events = await desk.turn(paste(6_500))
        count = len(summaries(desk))
    assert not any(isinstance(event, ContextCompacted) for event in events)
    assert (end_of(events).end, count) == (TurnEnd.FAILED, 1)


async def test_after_a_message_that_was_too_long_a_short_one_is_answered_for_a_small_price(
    tmp_path: Path,
) -> None:
    small = Line(alias="small", behaviour=sums_up, faults=refuses_all_but_summaries, window=12_000)
    async with assistant(house(tmp_path), small) as desk:
        await desk.turn(paste(100_000))
        events = await desk.turn("never mind")
        count = len(summaries(desk))
    assert (end_of(events).end, count <= 3) == (TurnEnd.FINISHED, True)


def refuses_all_but_summaries(asked: Asked, number: int) -> Play | None:
    return None if is_summary(asked) else refuses_pastes(asked, number)
