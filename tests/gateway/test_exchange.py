"""What a client gets of the pool: answers, failovers it does not see, and errors it can act on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any, TypeAlias

import httpx
import pytest
from msgspec.structs import replace

from tests.gateway.rig import Gate, chat_body, gateway
from tests.mux.pools import LONG, Line
from vibe.domain.model import Backend, BrokenStream, Size
from vibe.gateway.asgi import REQUEST_ID
from vibe.gateway.record import Switched
from vibe.mux.entry import Rules
from vibe.testing.dialects import DIALECTS
from vibe.testing.exchange import Answer, call
from vibe.testing.faults import FAULTS, play
from vibe.testing.script import says
from vibe.wire.sse import SseDecoder

SAYS_A = says("I am alpha, and this is what I have to say.")
FILLING = "What I have to say is long, and it goes on and on. " * 20
SAYS_B = says("I am beta, and this is what I have to say.")


Told: TypeAlias = tuple[httpx.Headers, list[dict[str, Any]], bool]


async def told(gate: Gate, **more: Any) -> Told:
    """The head, the events but for `[DONE]`, and whether that came."""
    body = chat_body(stream=True, **more)
    async with gate.client.stream("POST", "/v1/chat/completions", json=body) as response:
        assert response.status_code == 200
        read = SseDecoder()
        sent = [event.data async for data in response.aiter_bytes() for event in read.feed(data)]
        sent += [event.data for event in read.finish()]
    events = [json.loads(data) for data in sent if data != "[DONE]"]
    return response.headers, events, "[DONE]" in sent


def text_of(events: list[dict[str, Any]]) -> str:
    choices = [event["choices"][0] for event in events if event.get("choices")]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_an_answer_of_any_dialect_is_one_of_the_clients(
    dialect: Backend, stream: bool
) -> None:
    async with gateway(Line(alias="alpha", behaviour=SAYS_A, dialect=dialect)) as gate:
        if stream:
            head, events, is_done = await told(gate)
            text, model = text_of(events), events[0]["model"]
            assert is_done
        else:
            response = await gate.chat()
            head, answer = response.headers, response.json()
            text, model = answer["choices"][0]["message"]["content"], answer["model"]
        assert text == "I am alpha, and this is what I have to say."
        assert model == "alpha-model"
        assert head["x-vibe-model"] == "alpha"
        assert head["x-vibe-attempts"] == "1"
        assert head["x-request-id"] == gate.records[0].id
        assert [record.end for record in gate.records] == ["ok"]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_calls_arrive_whole_and_side_by_side(dialect: Backend) -> None:
    wants = Answer(text="", calls=(call("read", path="a.txt"), call("read", path="b.txt")))
    tool = {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}
    async with gateway(Line(alias="alpha", behaviour=lambda _: wants, dialect=dialect)) as gate:
        _, events, _ = await told(gate, tools=[tool])
    calls: dict[int, str] = {}
    choices = [event["choices"][0] for event in events if event["choices"]]
    for choice in choices:
        for piece in choice["delta"].get("tool_calls") or ():
            arguments = piece["function"].get("arguments") or ""
            calls[piece["index"]] = calls.get(piece["index"], "") + arguments
    assert [json.loads(each) for each in calls.values()] == [{"path": "a.txt"}, {"path": "b.txt"}]
    assert choices[-1]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("fault", ["server_error", "rate_limit", "refused", "reset_before_headers"])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_failure_before_the_first_word_is_not_seen(fault: str, stream: bool) -> None:
    lines = (
        Line(alias="alpha", behaviour=SAYS_A, faults=play(fault)),
        Line(alias="beta", behaviour=SAYS_B, dialect="anthropic"),
    )
    async with gateway(*lines) as gate:
        if stream:
            head, events, is_done = await told(gate)
            assert (text_of(events)[:9], is_done) == ("I am beta", True)
        else:
            response = await gate.chat()
            head = response.headers
            assert response.json()["choices"][0]["message"]["content"].startswith("I am beta")
        assert (head["x-vibe-model"], head["x-vibe-attempts"]) == ("beta", "2")
        (switched,) = [each for each in gate.told if isinstance(each, Switched)]
        assert (switched.id, switched.event.to_alias) == (gate.records[0].id, "beta")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", ["reset_in_body", "no_terminator", "in_band_overloaded"])
async def test_an_answer_that_is_cut_ends_in_an_error_and_never_as_if_it_were_whole(
    dialect: Backend, fault: str
) -> None:
    lines = (
        Line(alias="alpha", behaviour=SAYS_A, dialect=dialect, faults=play(fault)),
        Line(alias="beta", behaviour=SAYS_B),
    )
    async with gateway(*lines) as gate:
        _, events, is_done = await told(gate)
        *before, last = events
        assert "I am alpha, and this is what I have to say.".startswith(text_of(before))
        assert text_of(before)
        assert set(last) == {"error"}
        assert last["error"]["message"].startswith("alpha was cut in the middle of its answer (")
        assert not is_done
        assert not any(event["choices"][0]["finish_reason"] for event in before if event["choices"])
        assert [record.end for record in gate.records] == ["cut"]
        assert gate.rig.reached() == {"alpha": 1, "beta": 0}


async def test_where_it_is_wanted_another_goes_on_with_what_was_cut() -> None:
    lines = (
        Line(alias="alpha", behaviour=says(f"I am alpha. {FILLING}"), faults=play("reset_in_body")),
        Line(alias="beta", behaviour=says("and that is all."), dialect="anthropic"),
    )
    async with gateway(*lines, on_broken="continue") as gate:
        _, events, is_done = await told(gate)
        assert is_done
        assert text_of(events).startswith("I am alpha")
        assert text_of(events).endswith("and that is all.")


HARMLESS = [
    fault.name for fault in FAULTS.values() if fault.harmless and "generic" in fault.dialects
]


@pytest.mark.parametrize("dialect", ["generic", "anthropic"])
async def test_what_is_odd_and_harmless_does_no_harm(dialect: Backend) -> None:
    """Beside one another, since some of them take their time."""
    faults = [name for name in HARMLESS if dialect in FAULTS[name].dialects]

    async def texts(fault: str) -> tuple[str, bool]:
        line = Line(alias="alpha", behaviour=SAYS_A, dialect=dialect, faults=play(fault))
        async with gateway(line) as gate:
            _, events, is_done = await told(gate)
            return text_of(events), is_done

    found = await asyncio.gather(*map(texts, faults))
    whole = ("I am alpha, and this is what I have to say.", True)
    assert dict(zip(faults, found, strict=True)) == dict.fromkeys(faults, whole)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("bad_parameter", (400, "invalid_request_error", None, None)),
        ("context", (400, "invalid_request_error", "context_length_exceeded", None)),
        ("refused_content", (400, "invalid_request_error", "content_filter", None)),
        ("unauthorized", (502, "server_error", None, None)),
        ("rate_limit_long", (429, "rate_limit_error", "rate_limit_exceeded", "7200")),
        ("unavailable", (503, "server_error", "server_overloaded", "60")),
    ],
)
async def test_where_nobody_answers_a_client_is_told_what_it_can_act_on(
    fault: str, expected: tuple[int, str, str | None, str | None]
) -> None:
    line = Line(alias="alpha", behaviour=SAYS_A, faults=play(fault), key="canary-key-of-alpha")
    async with gateway(line, rules=Rules(error_s=60.0, max_wait_s=0.0)) as gate:
        response = await gate.chat(stream=True)
        error = response.json()["error"]
        after = response.headers.get("retry-after")
        assert (response.status_code, error["type"], error["code"], after) == expected
        assert "canary-key" not in response.text
        assert response.json()["request_id"] == response.headers["x-request-id"]


async def test_a_client_that_goes_away_ends_the_attempt_at_once() -> None:
    line = Line(alias="alpha", behaviour=SAYS_A, faults=play("stall_in_body"), patience=LONG)
    async with gateway(line) as gate:
        body = chat_body(stream=True)
        async with gate.client.stream("POST", "/v1/chat/completions", json=body) as response:
            await anext(response.aiter_lines())
        await gate.rig.servers["alpha"].settled(requests=1)
        assert [each.ended for each in gate.rig.servers["alpha"].requests] == ["gone"]
        await gate.ended.wait()
        assert [record.end for record in gate.records] == ["gone"]
        assert gate.rig.mux.at_rest


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"{", "the request is not JSON", id="no JSON"),
        pytest.param(b"[]", "the request: expected `object`, got `array`", id="no object"),
        pytest.param(b'{"messages": []}', "messages: ", id="no message"),
        pytest.param(b'{"odd":' + b"[" * 200_000, "the request is n", id="too deep"),
        pytest.param(
            b'{"messages": 5, "odd":' + b"[" * 200_000, "messages: ", id="wrong, and too deep"
        ),
    ],
)
async def test_what_has_a_wrong_form_is_refused_with_its_place(body: bytes, said: str) -> None:
    async with gateway(Line(alias="alpha", dialect="anthropic")) as gate:
        response = await gate.client.post(
            "/v1/chat/completions", content=body, headers={"content-type": "application/json"}
        )
        assert response.status_code == 400
        assert response.json()["error"]["message"].startswith(said.replace("`", ""))
        assert gate.rig.reached() == {"alpha": 0}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("auto", "alpha"),
        ("beta", "beta"),
        ("beta-model", "beta"),
        ("beta/beta-model", "beta"),
        ("claude-opus-4-1", "gamma"),
        ("claude-sonnet-4-5", "beta"),
        ("claude-3-5-haiku-latest", "delta"),
        ("gpt-5-mini", "delta"),
        ("whatever-nobody-knows", "gamma"),
        ("small", "delta"),
    ],
)
async def test_a_name_finds_whom_it_means(model: str, expected: str) -> None:
    lines = [Line(alias=alias, behaviour=SAYS_A) for alias in ("alpha", "beta", "gamma", "delta")]
    sizes: dict[Size, tuple[str, ...]] = {
        "big": ("gamma", "alpha"),
        "middle": ("beta",),
        "small": ("delta",),
    }
    async with gateway(*lines, sizes=sizes, beside=("delta",)) as gate:
        response = await gate.chat(model)
        assert response.headers["x-vibe-model"] == expected


async def test_within_a_size_the_list_is_gone_through_in_its_order() -> None:
    lines = [
        Line(alias="alpha", behaviour=SAYS_A),
        Line(alias="beta", faults=play("server_error")),
        Line(alias="gamma", faults=play("rate_limit")),
        Line(alias="delta", behaviour=SAYS_B),
    ]
    sizes: dict[Size, tuple[str, ...]] = {"big": ("gamma", "beta", "delta")}
    async with gateway(*lines, sizes=sizes, beside=("delta",)) as gate:
        response = await gate.chat("claude-opus-4-1")
        assert response.headers["x-vibe-model"] == "delta"
        assert gate.rig.reached() == {"alpha": 0, "beta": 1, "gamma": 1, "delta": 1}


async def test_a_provider_gets_the_very_request_of_a_client_that_speaks_as_it_does() -> None:
    asked = chat_body("alpha", stream=False, logprobs=True, metadata={"a": [1, 2.50]}, odd="é")
    async with gateway(Line(alias="alpha", behaviour=SAYS_A)) as gate:
        await gate.client.post("/v1/chat/completions", json=asked)
        (received,) = gate.rig.servers["alpha"].requests
        assert json.loads(received.body) == {**asked, "model": "alpha-model"}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"n": 2}, id="a parameter"),
        pytest.param(
            {"messages": [{"role": "user", "content": [{"type": "input_audio", "x": 1}]}]},
            id="a part",
        ),
        pytest.param({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, id="a tool"),
    ],
)
@pytest.mark.parametrize("on_broken", ["stop", "continue"])
async def test_what_has_no_other_words_goes_to_who_speaks_as_the_client_does(
    more: dict[str, Any], on_broken: BrokenStream
) -> None:
    lines = (
        Line(alias="alpha", dialect="anthropic"),
        Line(alias="beta", behaviour=SAYS_A, quirks={}),
    )
    asked = chat_body("auto", stream=True, **more)
    async with gateway(*lines, on_broken=on_broken) as gate:
        response = await gate.client.post("/v1/chat/completions", json=asked)
        assert response.headers["x-vibe-model"] == "beta"
        (received,) = gate.rig.servers["beta"].requests
        sent = json.loads(received.body)
        assert {name: sent[name] for name in asked} == {**asked, "model": "beta-model"}
        assert gate.rig.reached() == {"alpha": 0, "beta": 1}


async def test_a_request_is_passed_on_although_its_answer_may_go_on_elsewhere() -> None:
    asked = chat_body("alpha", stream=True, logprobs=True, odd="é")
    many = says("One of many words. " * 60)
    lines = (
        Line(alias="alpha", behaviour=many, faults=play("reset_in_body")),
        Line(alias="beta", behaviour=many),
    )
    async with gateway(*lines, on_broken="continue") as gate:
        await gate.client.post("/v1/chat/completions", json={**asked, "model": "auto"})
        first = json.loads(gate.rig.servers["alpha"].requests[0].body)
        assert {name: first[name] for name in asked} == {**asked, "model": "alpha-model"}
        second = json.loads(gate.rig.servers["beta"].requests[0].body)
        assert "odd" not in second
        assert second["messages"] != asked["messages"]  # it is to go on


@pytest.mark.parametrize("dialect", ["generic", "anthropic"])
async def test_half_a_character_costs_no_more_than_itself(dialect: Backend) -> None:
    body = rb'{"messages": [{"role": "user", "content": "a\ud83d b \\ud83d \ud83d\ude00"}]}'
    headers = {"content-type": "application/json"}
    async with gateway(Line(alias="alpha", behaviour=SAYS_A, dialect=dialect)) as gate:
        response = await gate.client.post("/v1/chat/completions", content=body, headers=headers)
        assert response.status_code == 200
        (received,) = gate.rig.servers["alpha"].requests
        assert "a\ufffd b \\ud83d 😀" in str(json.loads(received.body)).replace("\\\\", "\\")


async def test_an_answer_that_may_begin_anew_is_never_the_bytes_of_two_providers() -> None:
    lines = (
        Line(alias="alpha", behaviour=SAYS_A, faults=play("reset_in_body")),
        Line(alias="beta", behaviour=SAYS_A),
    )
    async with gateway(*lines, on_broken="restart") as gate:
        _, events, is_done = await told(gate)
    assert (text_of(events), is_done) == ("I am alpha, and this is what I have to say.", True)
    assert len({event["id"] for event in events}) == 1


@pytest.mark.parametrize("dialect", ["generic", "anthropic"], ids=["passed on", "translated"])
async def test_an_answer_that_a_stop_of_the_gateway_cuts_ends_in_an_error(dialect: Backend) -> None:
    sent: list[bytes] = []
    has_begun = asyncio.Event()
    waiting = asyncio.Event()
    body = json.dumps(chat_body(stream=True)).encode()
    asked = [{"type": "http.request", "body": body}]

    async def receive() -> dict[str, Any]:
        if not asked:
            await waiting.wait()
        return asked.pop()

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message.get("body", b""))
        if b"data:" in sent[-1]:
            has_begun.set()

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "headers": [(b"content-type", b"application/json")],
        REQUEST_ID: "an-id",
    }
    stalls = Line(alias="alpha", behaviour=SAYS_A, faults=play("stall_in_body"), patience=LONG)
    async with gateway(replace(stalls, dialect=dialect)) as gate:
        answering = asyncio.ensure_future(gate.application(scope, receive, send))
        await has_begun.wait()
        answering.cancel()
        await asyncio.wait([answering])
        assert gate.rig.mux.at_rest
        assert [record.end for record in gate.records] == ["cut"]
    last = b"".join(sent).removesuffix(b"\n\n").rpartition(b"data: ")[2]
    assert json.loads(last)["error"]["message"] == (
        "the gateway stops before the answer ended; ask again"
    )
