"""What a request leaves behind: one record, with how it ended and all that it has cost."""

from __future__ import annotations

import asyncio

import pytest

from tests.gateway.rig import chat_body, gateway
from tests.gateway.test_exchange import FILLING, SAYS_A, told
from tests.mux.pools import LONG, Line
from vibe.clean import clean_line
from vibe.domain.answer import Answer
from vibe.domain.model import BrokenStream
from vibe.domain.usage import Usage
from vibe.gateway.record import Record, as_asked, with_use
from vibe.testing.faults import play
from vibe.testing.script import says

RECORD = Record(id="1", path="/v1/messages")


def used(*counts: int | None, cost: int | None = None, is_estimated: bool = False) -> Answer:
    usage = Usage(input=counts[0], output=counts[1])
    return Answer(parts=(), pieces=(), usage=usage, cost_uusd=cost, is_estimated=is_estimated)


def test_a_name_is_kept_at_a_length_that_a_log_can_bear() -> None:
    assert as_asked("a\nb\x1b[2J") == clean_line("a\nb\x1b[2J")
    assert len(as_asked("a" * 10_000_000)) == 300


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param((), (None, None, None, False), id="nobody was asked"),
        pytest.param((used(3, 4, cost=5),), (3, 4, 5, False), id="one"),
        pytest.param(
            (used(3, 4, cost=5), used(1, 1, cost=2, is_estimated=True)),
            (4, 5, 7, True),
            id="one of which is an estimate",
        ),
        pytest.param((used(3, 4, cost=5), used(1, 1)), (4, 5, None, False), id="without a price"),
        pytest.param((used(3, None), used(1, 2)), (4, 2, None, False), id="as far as is known"),
    ],
)
def test_all_attempts_are_summed_up(
    answers: tuple[Answer, ...], expected: tuple[int | None, ...]
) -> None:
    found = with_use(RECORD, answers)
    told = (found.usage.input, found.usage.output, found.cost_uusd, found.is_estimated)
    assert told == expected


@pytest.mark.parametrize("on_broken", ["stop", "restart", "continue"])
async def test_what_attempts_have_used_that_brought_nothing_is_told_as_an_estimate(
    on_broken: BrokenStream,
) -> None:
    lines = (
        Line(alias="alpha", behaviour=says(f"I am alpha. {FILLING}"), faults=play("reset_in_body")),
        Line(alias="beta", behaviour=says(f"I am alpha. {FILLING}")),
    )
    async with gateway(*lines, on_broken=on_broken) as gate:
        await told(gate)
        (record,) = gate.records
        entries = gate.rig.mux.snapshot().entries
    assert record.end == ("cut" if on_broken == "stop" else "ok")
    assert record.attempts == (1 if on_broken == "stop" else 2)
    assert record.is_estimated
    assert record.cost_uusd == sum(entry.cost_uusd for entry in entries)
    assert record.usage.input == sum(entry.input_tokens for entry in entries)
    assert record.usage.output == sum(entry.output_tokens for entry in entries)
    assert record.usage.output


async def test_what_failed_before_it_was_read_has_cost_nothing() -> None:
    lines = (Line(alias="alpha", faults=play("server_error")), Line(alias="beta"))
    async with gateway(*lines) as gate:
        await gate.chat()
        (record,) = gate.records
        beta = gate.rig.mux.snapshot().entries[1]
    assert (record.cost_uusd, record.is_estimated) == (beta.cost_uusd, False)


async def test_who_left_is_told_with_what_was_sent_and_what_it_has_cost() -> None:
    line = Line(alias="alpha", behaviour=SAYS_A, faults=play("stall_in_body"), patience=LONG)
    async with gateway(line) as gate:
        body = chat_body(stream=True)
        async with gate.client.stream("POST", "/v1/chat/completions", json=body) as response:
            await anext(response.aiter_lines())
        await gate.ended.wait()
        (record,) = gate.records
        entry = gate.rig.mux.snapshot().entries[0]
    assert (record.end, record.status, record.is_estimated) == ("gone", 200, True)
    assert (record.cost_uusd, record.usage.output) == (entry.cost_uusd, entry.output_tokens)
    assert record.usage.input
    assert entry.cancelled == 1


async def test_who_left_before_anything_was_sent_is_told_so() -> None:
    line = Line(alias="alpha", faults=play("stall_before_headers"), patience=LONG)
    async with gateway(line) as gate:
        asking = asyncio.create_task(gate.chat())
        await gate.rig.servers["alpha"].arrived(1)
        asking.cancel()
        await gate.ended.wait()
        (record,) = gate.records
    assert (record.end, record.status, record.is_estimated) == ("gone", 499, True)


async def test_a_fault_of_the_gateway_is_no_client_that_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr("vibe.gateway.offer.Offer.affinity_of", broken)
    async with gateway(Line(alias="alpha")) as gate:
        response = await gate.chat()
        assert response.status_code == 500
        (record,) = gate.records
    assert (record.end, record.status) == ("failed", 500)
