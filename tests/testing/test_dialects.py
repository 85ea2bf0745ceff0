"""Each dialect by its vendor's grammar: answers, streamed and whole, and requests."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import msgspec
import pytest

from tests.testing.client import PATHS, Event, ask, ask_model, chunks_of, events
from tests.testing.told import Told, told
from vibe.domain.message import (
    Assistant,
    CallId,
    Image,
    Message,
    Producer,
    Results,
    System,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import Backend
from vibe.domain.request import Tool
from vibe.testing.dialects import DIALECTS, read, stream_of, whole_of
from vibe.testing.exchange import CLIENT, Answer, Asked, Tokens, call
from vibe.testing.fault_server import FaultServer
from vibe.testing.http1 import HttpRequest
from vibe.testing.script import says

FULL = Answer(
    thinking="Let me see.",
    seal="c2VhbA==",
    text="Grüße, Welt.",
    calls=(call("read", path="a.txt"), call("read", path="b.txt")),
    tokens=Tokens(input=20, output=9, cached=4, reasoning=3),
)
READ = Tool(name="read", description="Reads.", parameters='{"type":"object"}')
PRODUCER = Producer(provider=CLIENT, model="m")
CALLS = [("read", '{"path":"a.txt"}'), ("read", '{"path":"b.txt"}')]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_answer_arrives_as_it_was_given(dialect: Backend, stream: bool) -> None:
    async def run() -> Told:
        async with FaultServer(lambda _: FULL, dialect=dialect) as server:
            got = await ask_model(server.api_base, dialect, stream=stream)
        kind = "text/event-stream; charset=utf-8" if stream else "application/json"
        assert (got.status, got.headers["content-type"], got.end) == (200, kind, "whole")
        return told(dialect, got.body, stream=stream)

    finishes: dict[Backend, str] = {"anthropic": "tool_use", "responses": "completed"}
    seals = {"anthropic", "responses"}
    assert asyncio.run(run()) == Told(
        thinking="Let me see.",
        seal="c2VhbA==" if dialect in seals else "",
        text="Grüße, Welt.",
        calls=CALLS,
        finish=finishes.get(dialect, "tool_calls"),
        # Anthropic alone counts what it has read from its cache beside the input.
        tokens=(16 if dialect == "anthropic" else 20, 9),
    )


def outline(dialect: Backend) -> list[str]:
    """The events of an answer in short, each with what it is about."""
    asked = Asked(dialect=dialect, model="m", stream=True)
    answer = Answer(thinking="Let me.", text="A b.", calls=FULL.calls[:1], seal="c2VhbA==")
    stream = stream_of(asked, answer)
    found = events(b"".join(stream.events))
    assert [len(events(event)) for event in stream.events] == [1] * len(found)
    return [_short(event) for event in found]


def _short(event: Event) -> str:
    if event.data == "[DONE]":
        return event.data
    data: dict[str, Any] = msgspec.json.decode(event.data)
    assert event.name == data.get("type", "")
    return _chunk(data) if "choices" in data else _event(data)


def _chunk(chunk: dict[str, Any]) -> str:
    if not chunk["choices"]:
        return "usage" if chunk.get("usage") else "prompt_filter_results"
    choice = chunk["choices"][0]
    return " ".join((*choice["delta"], choice["finish_reason"] or "", *_usage(chunk))).strip()


def _usage(chunk: dict[str, Any]) -> tuple[str, ...]:
    return ("usage",) if chunk.get("usage") else ()


def _event(event: dict[str, Any]) -> str:
    parts = {"content_block_start": "content_block", "content_block_delta": "delta"}
    part = parts.get(event["type"])
    place = event.get("index", event.get("output_index", ""))
    return f"{event['type']} {place} {event[part]['type'] if part else ''}".strip()


CHAT = [
    "role content",
    *["reasoning_content"] * 2,
    *["content"] * 2,
    *["tool_calls"] * 3,
    "tool_calls",
    "usage",
    "[DONE]",
]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        pytest.param("generic", CHAT, id="generic"),
        pytest.param("azure", ["prompt_filter_results", *CHAT], id="azure"),
        pytest.param(
            "mistral",
            [
                "role content",
                *["content"] * 4,
                "content tool_calls tool_calls usage",
                "[DONE]",
            ],
            id="mistral",
        ),
        pytest.param(
            "anthropic",
            [
                "message_start",
                "content_block_start 0 thinking",
                "ping",
                *["content_block_delta 0 thinking_delta"] * 2,
                "content_block_delta 0 signature_delta",
                "content_block_stop 0",
                "content_block_start 1 text",
                *["content_block_delta 1 text_delta"] * 2,
                "content_block_stop 1",
                "content_block_start 2 tool_use",
                *["content_block_delta 2 input_json_delta"] * 3,
                "content_block_stop 2",
                "message_delta",
                "message_stop",
            ],
            id="anthropic",
        ),
        pytest.param(
            "responses",
            [
                "response.created",
                "response.in_progress",
                "response.output_item.added 0",
                "response.reasoning_summary_part.added 0",
                *["response.reasoning_summary_text.delta 0"] * 2,
                "response.reasoning_summary_text.done 0",
                "response.reasoning_summary_part.done 0",
                "response.output_item.done 0",
                "response.output_item.added 1",
                "response.content_part.added 1",
                *["response.output_text.delta 1"] * 2,
                "response.output_text.done 1",
                "response.content_part.done 1",
                "response.output_item.done 1",
                "response.output_item.added 2",
                *["response.function_call_arguments.delta 2"] * 2,
                "response.function_call_arguments.done 2",
                "response.output_item.done 2",
                "response.completed",
            ],
            id="responses",
        ),
    ],
)
def test_a_stream_keeps_the_order_of_its_vendor(dialect: Backend, expected: list[str]) -> None:
    assert outline(dialect) == expected


def test_the_events_of_a_response_are_numbered() -> None:
    stream = stream_of(Asked(dialect="responses", stream=True), FULL)
    numbers = [event["sequence_number"] for event in chunks_of(b"".join(stream.events))]
    assert numbers == list(range(len(stream.events)))


@pytest.mark.parametrize(
    ("dialect", "form"),
    [
        pytest.param("generic", r"call_[0-9a-f]{24}", id="generic"),
        pytest.param("azure", r"call_[0-9a-f]{24}", id="azure"),
        pytest.param("mistral", r"[0-9a-f]{9}", id="mistral"),
        pytest.param("anthropic", r"toolu_01[0-9a-f]{22}", id="anthropic"),
        pytest.param("responses", r"call_[0-9a-f]{24}", id="responses"),
    ],
)
def test_every_call_of_a_conversation_has_an_id_of_its_own(dialect: Backend, form: str) -> None:
    """The same call twice in one answer, and again in the next."""
    answer = Answer(calls=(call("read", path="a"), call("read", path="a")))
    ids: list[str] = []
    for messages in ((User((Text("go"),)),), (User((Text("go"),)), User((Text("on"),)))):
        asked = Asked(dialect=dialect, messages=messages)
        key = "call_id" if dialect == "responses" else "id"
        ids += re.findall(rf'"{key}":"({form})"', whole_of(asked, answer).decode())
    assert len(set(ids)) == 4


def test_an_answer_without_stream_options_does_not_tell_its_usage() -> None:
    asked = Asked(dialect="generic", stream=True, wants_usage=False)
    body = b"".join(stream_of(asked, FULL).events)
    assert told("generic", body, stream=True).tokens is None


ASKED: dict[Backend, dict[str, object]] = {
    "generic": {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [
            {"role": "developer", "content": "Be kind."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look"},
                    {"type": "image_url", "image_url": {"url": "https://i.example/a.png"}},
                ],
            },
            {
                "role": "assistant",
                "content": "I read.",
                "reasoning_content": "Hm.",
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "read", "arguments": '{"path":"a"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "alpha"},
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "And now?"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "read",
                    "description": "Reads.",
                    "parameters": {"type": "object"},
                },
            }
        ],
        "seed": 1,
    },
    "anthropic": {
        "model": "m",
        "max_tokens": 10,
        "stream": True,
        "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look"},
                    {
                        "type": "image",
                        "source": {"type": "url", "url": "https://i.example/a.png"},
                    },
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "c2VhbA=="},
                    {"type": "text", "text": "I read."},
                    {"type": "tool_use", "id": "c1", "name": "read", "input": {"path": "a"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "c1",
                        "content": [{"type": "text", "text": "alpha"}],
                        "is_error": True,
                    },
                    {"type": "text", "text": "And now?"},
                ],
            },
        ],
        "tools": [
            {"name": "read", "description": "Reads.", "input_schema": {"type": "object"}},
        ],
    },
    "responses": {
        "model": "m",
        "stream": True,
        "instructions": "Be kind.",
        "store": False,
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Look"},
                    {"type": "input_image", "image_url": "https://i.example/a.png"},
                ],
            },
            {
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": "Hm."}],
                "encrypted_content": "c2VhbA==",
            },
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "I read."}],
            },
            {
                "type": "function_call",
                "call_id": "c1",
                "name": "read",
                "arguments": '{"path":"a"}',
            },
            {"type": "function_call_output", "call_id": "c1", "output": "alpha"},
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": "And now?"},
        ],
        "tools": [
            {
                "type": "namespace",
                "name": "files",
                "tools": [
                    {
                        "type": "function",
                        "name": "read",
                        "description": "Reads.",
                        "parameters": {"type": "object"},
                    }
                ],
            },
            {"type": "web_search"},
        ],
    },
}


@pytest.mark.parametrize("dialect", ASKED)
def test_a_request_is_read_for_what_it_asks(dialect: Backend) -> None:
    path = PATHS[dialect]
    request = HttpRequest(
        method="POST",
        path=path,
        headers=(("anthropic-version", "2023-06-01"),),
        body=msgspec.json.encode(ASKED[dialect]),
    )
    is_error = dialect == "anthropic"  # the others have no word for it
    result = ToolResult(call=CallId("c1"), name="read", parts=(Text("alpha"),), is_error=is_error)
    seal = "" if dialect == "generic" else "c2VhbA=="
    between: tuple[Message, ...] = () if dialect == "anthropic" else (System("Be brief."),)
    assert read(dialect, request) == Asked(
        dialect=dialect,
        model="m",
        stream=True,
        system="Be kind.",
        messages=(
            User((Text("Look"), Image(url="https://i.example/a.png"))),
            Assistant(
                parts=(
                    Thinking(text="Hm.", producer=PRODUCER, seal=seal),
                    Text("I read."),
                    ToolCall(id=CallId("c1"), name="read", arguments='{"path":"a"}'),
                ),
                producer=PRODUCER,
            ),
            Results((result,)),
            *between,
            User((Text("And now?"),)),
        ),
        tools=(READ,),
    )


CALLING = {"type": "tool_use", "id": "c1", "name": "t", "input": dict[str, str]()}
LATE = [{"type": "text", "text": "Here:"}, {"type": "tool_result", "tool_use_id": "c1"}]
LATE_RESULT: dict[str, object] = {
    "model": "m",
    "max_tokens": 9,
    "messages": [
        {"role": "assistant", "content": [CALLING]},
        {"role": "user", "content": LATE},
    ],
}


@pytest.mark.parametrize(
    ("dialect", "path", "body", "expected"),
    [
        pytest.param("generic", "/v1/messages", {}, 404, id="another dialect's address"),
        pytest.param("azure", "/openai/deployments/m/chat/completions", {}, 404, id="no version"),
        pytest.param("anthropic", "/v1/messages", {"model": "m", "messages": []}, 400, id="bound"),
        pytest.param("generic", "/v1/chat/completions", b"{", 400, id="no JSON"),
        pytest.param("generic", "/v1/chat/completions", b"[" * 100_000, 400, id="deep JSON"),
        pytest.param("generic", "/v1/chat/completions", {"model": 1}, 400, id="another type"),
        pytest.param(
            "mistral",
            "/v1/chat/completions",
            {"model": "m", "messages": [], "stream_options": {"include_usage": True}},
            422,
            id="a field that Mistral does not know",
        ),
        pytest.param(
            "mistral",
            "/v1/chat/completions",
            {"model": "m", "messages": [{"role": "user", "content": "Hi", "refusal": None}]},
            422,
            id="such a field in a message",
        ),
        pytest.param(
            "anthropic",
            "/v1/messages",
            {"model": "m", "max_tokens": 1, "messages": [{"role": "system", "content": "Hi"}]},
            400,
            id="a system message without its beta",
        ),
        pytest.param(
            "anthropic",
            "/v1/messages",
            LATE_RESULT,
            400,
            id="a result that comes after other words",
        ),
    ],
)
def test_what_the_vendor_would_not_take_is_refused(
    dialect: Backend, path: str, body: object, expected: int
) -> None:
    async def run() -> tuple[int, str]:
        async with FaultServer(says("hi"), dialect=dialect) as server:
            origin = server.api_base.removesuffix("/v1")
            got = await ask(origin, path, body, anthropic_version="2023-06-01")
        assert msgspec.json.decode(got.body, type=dict[str, object])
        return got.status, got.end

    assert asyncio.run(run()) == (expected, "whole")
