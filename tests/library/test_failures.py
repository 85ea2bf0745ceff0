"""What fails on the way: survived unseen where it can be, and otherwise raised and never hidden."""

from __future__ import annotations

import pytest

from tests.library.rig import HELLO, Line, pool, text_of
from vibe.domain.failure import FailureKind
from vibe.domain.message import Text
from vibe.errors import ExitCode, VibeError
from vibe.mux.errors import NoModelLeft, OutOfTime, TakenBack, UpstreamError
from vibe.testing.exchange import Behaviour, call
from vibe.testing.faults import play
from vibe.testing.script import calls, says

LONG = " ".join(f"The-long-{n}th-word-of-this-long-answer" for n in range(9))
OTHER = " ".join(f"Another-{n}th-word-of-another-answer" for n in range(9))
CALL = call("weather", town="Lisbon")
EVENTS = range(len(LONG.split()) + 2)  # with the first, which is empty, and the last


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "fault",
    ["rate_limit", "server_error", "refused", "reset_before_headers", "unauthorized", "not_found"],
)
async def test_what_fails_before_the_answer_is_never_seen(fault: str, stream: bool) -> None:
    async with pool(Line(name="a", faults=play(fault)), Line(name="b"), mode="failover") as rig:
        if stream:
            chunks = await rig.stream()
            assert (text_of(chunks), chunks[0].endpoint) == (HELLO, "b")
        else:
            completion = await rig.ask()
            assert (completion.choices[0].message.content, completion.endpoint) == (HELLO, "b")


@pytest.mark.parametrize("fault", ["close_in_body", "no_terminator", "in_band_overloaded"])
@pytest.mark.parametrize("at_event", EVENTS)
async def test_a_stream_that_is_cut_anywhere_ends_whole(fault: str, at_event: int) -> None:
    cut = Line(name="a", behaviour=says(LONG), faults=play(fault, at_event=at_event))
    async with pool(cut, Line(name="b", behaviour=says(LONG)), mode="failover") as rig:
        chunks = await rig.stream()
        assert text_of(chunks) == LONG
        assert chunks[-1].choices[0].finish_reason == "stop"
        assert chunks[-1].endpoint == "b"


@pytest.mark.parametrize("at_event", EVENTS)
async def test_an_answer_that_is_not_streamed_is_of_one_piece_wherever_it_was_cut(
    at_event: int,
) -> None:
    cut = Line(name="a", behaviour=says(LONG), faults=play("close_in_body", at_event=at_event))
    async with pool(cut, Line(name="b", behaviour=says(OTHER)), mode="failover") as rig:
        assert (await rig.ask()).choices[0].message.content == OTHER


async def test_a_stream_ends_where_it_was_cut_if_that_is_wanted() -> None:
    cut = Line(name="a", behaviour=says(LONG), faults=play("close_in_body", at_event=8))
    async with pool(cut, Line(name="b"), on_broken_stream="stop") as rig:
        with pytest.raises(UpstreamError) as failed:
            await rig.stream()
        assert failed.value.part is not None
        [said] = failed.value.part.parts
        assert isinstance(said, Text)
        assert LONG.startswith(said.text)
        assert rig.reached() == {"a": 1, "b": 0}


@pytest.mark.parametrize("at_event", EVENTS)
async def test_what_was_read_is_never_followed_by_what_does_not_belong_to_it(at_event: int) -> None:
    """Where the next answer begins otherwise, the reader is told; he never gets a mixture."""
    cut = Line(name="a", behaviour=says(LONG), faults=play("close_in_body", at_event=at_event))
    async with pool(cut, Line(name="b", behaviour=says(OTHER)), mode="failover") as rig:
        read, is_taken_back = "", False
        try:
            async for chunk in await rig.open():
                read += chunk.choices[0].delta.content or ""
        except TakenBack:
            is_taken_back = True
        part = read.removesuffix(OTHER)
        assert LONG.startswith(part)
        assert (part == read) == is_taken_back
        assert is_taken_back == (0 < len(part) < 200)


async def test_an_answer_that_is_taken_back_says_why() -> None:
    cut = Line(name="a", behaviour=says(LONG), faults=play("close_in_body", at_event=3))
    async with pool(cut, Line(name="b", behaviour=says(OTHER)), mode="failover") as rig:
        with pytest.raises(TakenBack) as failed:
            await rig.stream()
        assert failed.value.message == "a was cut (broken stream), and the next answer is another"
        assert failed.value.exit_code is ExitCode.TEMPORARY


@pytest.mark.parametrize("at_event", range(7))
async def test_a_call_that_is_cut_comes_once_and_whole(at_event: int) -> None:
    behaviour: Behaviour = calls(CALL)
    cut = Line(name="a", behaviour=behaviour, faults=play("close_in_body", at_event=at_event))
    async with pool(cut, Line(name="b", behaviour=behaviour), mode="failover") as rig:
        chunks = await rig.stream()
        pieces = [piece for chunk in chunks for piece in chunk.choices[0].delta.tool_calls or ()]
        assert [piece.function.arguments for piece in pieces] == [CALL.arguments]


async def test_when_nobody_is_left_every_attempt_is_told() -> None:
    lines = (
        Line(name="a", faults=play("rate_limit_long")),
        Line(name="b", faults=play("unauthorized")),
    )
    async with pool(*lines, mode="failover") as rig:
        with pytest.raises(NoModelLeft) as failed:
            await rig.ask()
        error = failed.value
        assert error.message.startswith("every model is limited or down: a: 429 rate limited: ")
        assert "; b: 401 not authorised: " in error.message
        assert error.message.endswith("; try again in 2 h")
        assert error.hint == "wait, or add a model to the pool"
        kinds = [(tried.alias, tried.failure.kind) for tried in error.attempts]
        assert kinds == [("a", FailureKind.RATE_LIMITED), ("b", FailureKind.AUTH)]
        assert error.exit_code is ExitCode.TEMPORARY


async def test_what_no_wait_helps_against_is_raised_at_once() -> None:
    async with pool(Line(name="a", faults=play("unauthorized"))) as rig:
        for asked in (rig.ask(), rig.open()):
            with pytest.raises(UpstreamError) as failed:
                await asked
            assert not isinstance(failed.value, NoModelLeft)
            assert failed.value.exit_code is ExitCode.FAILED


async def test_a_call_that_takes_longer_than_it_may_is_ended_with_what_had_come() -> None:
    stalled = Line(name="a", behaviour=says(LONG), faults=play("stall_in_body"))
    async with pool(stalled) as rig:
        with pytest.raises(OutOfTime) as failed:
            await rig.ask(timeout=0.05)
        assert failed.value.part is not None
        assert rig.m.snapshot.entries[0].busy == 0
        with pytest.raises(TimeoutError):
            await rig.stream(timeout=0.05)


async def test_after_max_wait_a_call_waits_no_longer() -> None:
    async with pool(Line(name="a", faults=play("server_error")), max_wait_s=0.01) as rig:
        with pytest.raises(NoModelLeft):
            await rig.ask()


async def test_every_error_is_of_the_one_tree() -> None:
    async with pool(Line(name="a", faults=play("payment_required"))) as rig:
        with pytest.raises(VibeError):
            await rig.ask()
