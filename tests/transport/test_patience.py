"""How long each phase may take: what is too long, what is not, and what is said of it.

Time is real here. A bound that must be met is short; one that must not be is several times as long
as what it bounds, or never comes.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from tests.transport.asking import (
    ANSWERED,
    DONE,
    PIECE,
    Told,
    asking,
    folded,
    provider,
    told_once,
    upstream,
)
from tests.transport.listening import listening
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.provider import Patience
from vibe.domain.stream import StreamEvent, TextDelta
from vibe.testing.fault import streamed
from vibe.testing.reply import Pause, Reply, Step, Stop
from vibe.testing.server import Server
from vibe.transport.watch import Watch

pytestmark = pytest.mark.usefixtures("transport")

BRIEF_S = 0.1
NEVER_S = 30.0
BEGAN = b'data: {"id":"x","model":"m","choices":[{"delta":{"role":"assistant"}}]}\n\n'
PINGS: tuple[Step, ...] = (b": ping\n\n", Pause(BRIEF_S / 4)) * 200
WORDS: tuple[Step, ...] = (PIECE, Pause(BRIEF_S / 4)) * 200


def patience(
    *, first_token_s: float = NEVER_S, idle_s: float = NEVER_S, total_s: float | None = None
) -> Patience:
    return Patience(connect_s=NEVER_S, first_token_s=first_token_s, idle_s=idle_s, total_s=total_s)


def stalled(detail: str, *, text: str = "") -> Told:
    return Told(text=text, failure=Failure(kind=FailureKind.STALLED, detail=detail))


def answer_to(reply: Reply, patience: Patience) -> Told:
    async def run() -> Told:
        async with Server(lambda _: reply) as server:
            return await told_once(provider(f"{server.origin}/v1", patience=patience))

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("reply", "bounds", "expected"),
    [
        pytest.param(
            Reply(before=(Stop.STALL,)),
            patience(first_token_s=BRIEF_S),
            stalled("no answer began in time"),
            id="no headers",
        ),
        pytest.param(
            streamed((Stop.STALL,)),
            patience(first_token_s=BRIEF_S),
            stalled("no answer began in time"),
            id="headers and nothing else",
        ),
        pytest.param(
            streamed((BEGAN, *PINGS)),
            patience(first_token_s=BRIEF_S),
            stalled("no answer began in time"),
            id="signs of life but no word",
        ),
        pytest.param(
            streamed((PIECE, Stop.STALL)),
            patience(idle_s=BRIEF_S),
            stalled("the answer stopped coming", text="Hi"),
            id="silence after a word",
        ),
        pytest.param(
            Reply(headers=(), steps=(PIECE, Stop.STALL), framing="close"),
            patience(idle_s=BRIEF_S),
            stalled("the answer stopped coming", text="Hi"),
            id="silence in a body that ends with its connection",
        ),
        pytest.param(
            Reply(before=(Stop.STALL,)),
            patience(total_s=BRIEF_S),
            stalled("no answer began in time"),
            id="no headers when the whole is due",
        ),
        pytest.param(
            streamed((PIECE, *WORDS)),
            patience(total_s=BRIEF_S),
            stalled("the answer took longer than timeout_s allows"),
            id="an answer without end",
        ),
        pytest.param(
            streamed((PIECE, Stop.STALL)),
            patience(total_s=BRIEF_S),
            stalled("the answer took longer than timeout_s allows"),
            id="silence when the whole is due",
        ),
    ],
)
def test_what_takes_too_long_is_a_stall(reply: Reply, bounds: Patience, expected: Told) -> None:
    found = answer_to(reply, bounds)
    if bounds.total_s is not None:
        found.text = expected.text  # how much had come by then is a matter of speed
    assert found == expected


def test_signs_of_life_are_no_answer_for_ever() -> None:
    """On a busy machine a ping may come so late that there is silence as well."""
    found = answer_to(streamed((PIECE, *PINGS)), patience(idle_s=BRIEF_S))
    silent = stalled("the answer stopped coming", text="Hi")
    assert found in (
        stalled("only signs of life came, and no more of the answer", text="Hi"),
        silent,
    )


@pytest.mark.parametrize(
    ("steps", "bounds"),
    [
        pytest.param(
            (Pause(6 * BRIEF_S), PIECE, DONE),
            patience(idle_s=4 * BRIEF_S),
            id="the first word comes later than any other may",
        ),
        pytest.param(
            (PIECE, Pause(6 * BRIEF_S), DONE),
            patience(first_token_s=4 * BRIEF_S),
            id="the last word comes later than the first one may",
        ),
    ],
)
def test_each_phase_has_a_bound_of_its_own(steps: tuple[Step, ...], bounds: Patience) -> None:
    assert answer_to(streamed(steps), bounds) == ANSWERED


def test_a_reader_that_takes_its_time_is_no_stall() -> None:
    async def run() -> Told:
        reply = streamed((PIECE, DONE))
        async with Server(lambda _: reply) as server:
            asked = provider(f"{server.origin}/v1", patience=patience(idle_s=2 * BRIEF_S))
            found: list[StreamEvent] = []
            async with upstream(asked) as opened, aclosing(asking(opened, asked)) as events:
                async for event in events:
                    found.append(event)
                    if event == TextDelta("Hi"):
                        await asyncio.sleep(6 * BRIEF_S)
        return folded(found)

    assert asyncio.run(run()) == ANSWERED


def test_an_error_whose_body_stops_coming_is_told_by_its_status() -> None:
    reply = Reply(status=529, steps=(b'{"error": {"mess', Stop.STALL), length=99)
    assert answer_to(reply, patience(idle_s=BRIEF_S)) == Told(
        failure=Failure(kind=FailureKind.OVERLOADED, status=529)
    )


def test_an_endless_error_is_read_in_part() -> None:
    reply = Reply(status=500, steps=(b"x" * 1024,) * 1024, framing="chunked")
    failure = answer_to(reply, patience()).failure
    assert failure
    assert (failure.kind, failure.status) == (FailureKind.SERVER, 500)


def test_a_server_that_keeps_a_finished_answer_open_does_not_hold_it_back() -> None:
    assert answer_to(streamed((PIECE, DONE, Stop.STALL)), patience()) == ANSWERED


def test_a_connection_that_is_not_made_in_time_is_unreachable() -> None:
    async def run() -> Told:
        async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            await reader.read()

        async with listening(silent) as address:
            hasty = Patience(connect_s=BRIEF_S, first_token_s=NEVER_S, idle_s=NEVER_S)
            return await told_once(provider(f"https://{address}/v1", patience=hasty))

    assert asyncio.run(run()) == Told(
        failure=Failure(
            kind=FailureKind.UNREACHABLE, detail="no connection was made in time", cause="timeout"
        )
    )


class Still(asyncio.SelectorEventLoop):
    """Its time can go on while nothing of it is run."""

    lost_s = 0.0

    def time(self) -> float:
        return super().time() + self.lost_s


@pytest.mark.parametrize("has_begun", [True, False], ids=["in an answer", "before its first word"])
def test_a_process_that_was_put_aside_blames_nobody(*, has_begun: bool) -> None:
    loop, cut = Still(), list[str]()

    async def run() -> None:
        bounds = patience(first_token_s=5.0, idle_s=5.0)
        watch = Watch(bounds, began_s=loop.time(), cut=lambda: cut.append("cut"))
        watch.wait(has_news=has_begun)
        await asyncio.sleep(0)
        loop.lost_s = 500.0
        for _ in range(3):
            await asyncio.sleep(0)
        watch.stop()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(run())
    assert cut == []
