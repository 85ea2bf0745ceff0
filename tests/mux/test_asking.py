"""What reaches whom: the same bytes, no foreign key, and nobody who would be asked in vain."""

from __future__ import annotations

import json
from contextlib import aclosing

import pytest
from msgspec.structs import replace

from tests.mux.pools import HELLO, Line, ask, member, pool, tools
from vibe.clock import SystemClock
from vibe.domain.event import FailedOver, Outcome, Routed
from vibe.domain.message import (
    Assistant,
    CallId,
    Image,
    Results,
    Text,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import Backend
from vibe.domain.request import ModelRequest
from vibe.mux.asking import Asking
from vibe.mux.entry import Rules
from vibe.testing.dialects import DIALECTS
from vibe.testing.fault import Fault
from vibe.testing.faults import Play, at, play
from vibe.testing.reply import Reply
from vibe.testing.script import says
from vibe.wire.portability import fitted

PICTURE = ModelRequest(
    messages=(User((Text("What is it?"), Image(media_type="image/png", data=b"\x89PNG"))),)
)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_pool_of_one_sends_the_same_bytes_as_a_plain_client(dialect: Backend) -> None:
    only = Line(alias="only", dialect=dialect)
    async with pool(only, rules=Rules(mode="single")) as rig:
        await ask(rig.mux, tools())
        server = rig.servers["only"]
        plain = member(only, server, SystemClock())
        async with aclosing(
            plain.upstream.ask(fitted(tools(), plain.target), plain.target)
        ) as events:
            _ = [event async for event in events]
        await plain.upstream.aclose()
        pooled, alone = server.requests
    assert (pooled.method, pooled.path, pooled.query, pooled.headers, pooled.body) == (
        alone.method,
        alone.path,
        alone.query,
        alone.headers,
        alone.body,
    )


async def test_the_key_of_one_provider_never_reaches_another() -> None:
    lines = (
        Line(alias="a", key="key-of-a-0123456789", faults=play("server_error")),
        Line(alias="b", key="key-of-b-0123456789", is_fallback=True),
    )
    async with pool(*lines) as rig:
        assert (await ask(rig.mux)).answer
        sent = {
            alias: [received.key.reveal() for received in server.requests if received.key]
            for alias, server in rig.servers.items()
        }
    assert sent == {
        "a": ["key-of-a-0123456789"],
        "b": ["key-of-b-0123456789"],
    }


async def test_a_silent_entry_is_hedged_and_the_first_word_wins() -> None:
    lines = (
        Line(alias="a", faults=play("stall_before_first_token")),
        Line(alias="b", price=replace(Line(alias="x").price, input=0.0, output=0.0)),
    )
    async with pool(*lines, rules=Rules(hedge_after_s=0.05)) as rig:
        told = await ask(rig.mux)
        entries = {str(entry.alias): entry for entry in rig.mux.snapshot().entries}
        assert rig.mux.at_rest
    assert told.answer
    assert told.answer.alias == "b"
    routed = [(each.alias, each.why) for each in told.events if isinstance(each, Routed)]
    assert routed == [("a", "order"), ("b", "hedge")]
    assert (entries["a"].cancelled, entries["a"].state, entries["b"].ok) == (1, "closed", 1)


async def test_without_a_word_from_either_the_hedged_request_goes_on() -> None:
    free = replace(Line(alias="x").price, input=0.0, output=0.0)
    lines = (
        Line(alias="a", faults=at({1: play("stall_before_first_token")}), price=free),
        Line(alias="b", faults=at({1: play("server_error")}), price=free),
    )
    async with pool(*lines, rules=Rules(hedge_after_s=0.05, error_s=0.1)) as rig:
        assert (await ask(rig.mux)).answer
        assert rig.mux.at_rest


async def test_who_cannot_see_is_not_asked_about_a_picture() -> None:
    async with pool(Line(alias="blind"), Line(alias="sees", sees=True)) as rig:
        told = await ask(rig.mux, PICTURE)
        assert rig.reached() == {"blind": 0, "sees": 1}
    assert told.answer


async def test_a_doubt_whether_one_sees_keeps_nobody_from_asking_it() -> None:
    async with pool(Line(alias="blind", sees=False), Line(alias="doubted")) as rig:
        assert (await ask(rig.mux, PICTURE)).answer
        assert rig.reached() == {"blind": 0, "doubted": 1}


async def test_where_everybody_would_be_asked_in_vain_nobody_is() -> None:
    async with pool(
        Line(alias="blind", sees=False), Line(alias="keyless", trouble="its key is missing")
    ) as rig:
        told = await ask(rig.mux, PICTURE)
        assert rig.reached() == {"blind": 0, "keyless": 0}
    assert told.unanswered
    assert told.unanswered.outcome is Outcome.FAILED
    assert told.unanswered.failure
    assert told.unanswered.failure.detail == (
        "blind cannot see images; keyless: its key is missing"
    )


async def test_a_picture_that_a_tool_brought_goes_to_who_sees_and_else_stops_nobody() -> None:
    wanted = ToolCall(id=CallId("a"), name="read", arguments="{}")
    brought = ToolResult(
        call=wanted.id, name="read", parts=(Image(media_type="image/png", data=b"1"),)
    )
    messages = (*HELLO.messages, Assistant(parts=(wanted,)), Results((brought,)))
    shown = replace(HELLO, messages=messages)
    async with pool(Line(alias="blind", sees=False), Line(alias="sees", sees=True)) as rig:
        assert (await ask(rig.mux, shown)).answer
        assert rig.reached() == {"blind": 0, "sees": 1}
    async with pool(Line(alias="blind", sees=False)) as rig:
        assert (await ask(rig.mux, shown)).answer
        assert "cannot be shown" in str(rig.servers["blind"].requests[0].body)


async def test_who_would_cut_a_long_request_in_silence_is_passed_over() -> None:
    lines = Line(alias="ollama", quirks={"truncates_silently": True}), Line(alias="other")
    long = replace(HELLO, messages=(User((Text("word " * 5_000),)),))
    async with pool(*lines) as rig:
        assert (await ask(rig.mux, long)).answer
        assert (await ask(rig.mux)).answer
        assert rig.reached() == {"ollama": 1, "other": 1}


async def test_a_window_that_was_told_is_remembered() -> None:
    lines = Line(alias="small", faults=play("context")), Line(alias="large", is_fallback=True)
    async with pool(*lines) as rig:
        for _ in range(3):
            assert (await ask(rig.mux)).answer
        assert rig.reached() == {"small": 1, "large": 3}


async def test_a_turn_stays_with_the_entry_that_began_it() -> None:
    lines = Line(alias="a"), Line(alias="b")
    async with pool(*lines, rules=Rules(mode="load_balance")) as rig:
        asking = Asking(affinity="turn 1")
        answered = [await ask(rig.mux, HELLO, asking) for _ in range(3)]
    assert [told.answer and told.answer.alias for told in answered] == ["a", "a", "a"]
    routed = [event.why for told in answered for event in told.events if isinstance(event, Routed)]
    assert routed == ["share", "turn", "turn"]


async def test_a_request_that_was_refused_as_wrong_is_sent_once_more_in_another_form() -> None:
    only = Line(alias="only", faults=at({1: play("bad_parameter")}), behaviour=says("Yes."))
    async with pool(only) as rig:
        told = await ask(rig.mux, replace(tools(), temperature=0.5, seed=1))
        first, second = (received.body for received in rig.servers["only"].requests)
    assert told.text == "Yes."
    assert first != second
    assert [type(event) for event in told.events if isinstance(event, FailedOver)] == [FailedOver]


ODD = replace(HELLO, temperature=0.5, seed=1)
LEARNED = {
    "by its name": ("Unsupported parameter: 'seed'", {"seed"}),
    "by a value": ("temperature must be between 0 and 0.4", set[str]()),
    "by no name": ("Invalid request", set[str]()),
}


@pytest.mark.parametrize("case", LEARNED)
async def test_what_an_entry_never_takes_is_not_sent_to_it_again(case: str) -> None:
    detail, never = LEARNED[case]
    body = json.dumps({"error": {"message": detail, "type": "invalid_request_error"}}).encode()
    refuse = Play(fault=Fault(name="", says="", act=lambda _: Reply(status=400, steps=(body,))))
    async with pool(Line(alias="only", faults=at({1: refuse}))) as rig:
        await ask(rig.mux, ODD)
        await ask(rig.mux, ODD)
        rig.mux.set_members(rig.mux.members)  # it is another now, for all that is known
        await ask(rig.mux, ODD)
        first, second, *later = (json.loads(r.body).keys() for r in rig.servers["only"].requests)
    assert first - second
    assert [first - keys for keys in later] == [never, set()]


async def test_a_trace_tells_who_was_asked_and_why_and_what_it_cost() -> None:
    lines = Line(alias="a", faults=play("rate_limit_seconds")), Line(alias="b", is_fallback=True)
    async with pool(*lines) as rig:
        await ask(rig.mux)
        (trace,) = rig.mux.traces
    assert (trace.outcome, trace.alias, trace.seams) == (Outcome.OK, "b", 0)
    assert [(a.alias, a.why, a.outcome) for a in trace.attempts] == [
        ("a", "order", "limited"),
        ("b", "failover", "ok"),
    ]
    assert [aside.why for a in trace.attempts for aside in a.asides] == [
        "is a fallback",
        "was asked already",
    ]
    assert trace.attempts[0].cost_uusd == 0
    assert trace.cost_uusd == trace.attempts[1].cost_uusd
    assert trace.cost_uusd
