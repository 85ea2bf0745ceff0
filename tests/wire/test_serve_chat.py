"""A request of OpenAI's chat completions, read into vibe's own, or refused with its place."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vibe.domain.message import (
    Assistant,
    CallId,
    Image,
    Message,
    Results,
    System,
    Text,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import ProviderName
from vibe.domain.request import JsonFormat, ModelRequest, OneTool, Tool
from vibe.domain.target import Target
from vibe.errors import UsageError
from vibe.wire.chat_request import encode_body
from vibe.wire.serve_chat import PARAMETERS, ChatRequest, read_chat_request

USER = {"role": "user", "content": "Hi"}
HELLO = User((Text("Hi"),))
CALLS: list[dict[str, Any]] = [
    {"id": f"c{n}", "type": "function", "function": {"name": f"tool{n}", "arguments": "{}"}}
    for n in (1, 2)
]
THOUGHT: dict[str, Any] = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
TOOL = {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}


def read(**body: Any) -> ChatRequest:
    return read_chat_request(msgspec.json.encode({"messages": [USER], **body}))


def image(url: object) -> list[dict[str, object]]:
    return [{"role": "user", "content": [{"type": "image_url", "image_url": url}]}]


def call(number: int) -> ToolCall:
    return ToolCall(id=CallId(f"c{number}"), name=f"tool{number}", arguments="{}")


def result(number: int, name: str, text: str) -> ToolResult:
    return ToolResult(call=CallId(f"c{number}"), name=name, parts=(Text(text),))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(
            [{"role": "system", "content": "S"}, {"role": "developer", "content": "D"}, USER],
            (System("S"), System("D"), HELLO),
            id="instructions",
        ),
        pytest.param(
            [{"role": "user", "content": [{"type": "text", "text": t} for t in "ab"]}],
            (User((Text("a"), Text("b"))),),
            id="parts of text",
        ),
        pytest.param(
            image({"url": "https://h/a.png", "detail": "low"}),
            (User((Image(url="https://h/a.png"),)),),
            id="an image by its address",
        ),
        pytest.param(
            image("data:image/png;base64,AAECAw=="),
            (User((Image(media_type="image/png", data=b"\0\1\2\3"),)),),
            id="an image as data",
        ),
        pytest.param(
            image({"url": "data:image/svg+xml;charset=utf-8;base64,AAA="}),
            (User((Image(media_type="image/svg+xml", data=b"\0\0"),)),),
            id="data with a parameter",
        ),
        pytest.param(
            [
                USER,
                {"role": "assistant", "content": "Look.", "tool_calls": CALLS, "refusal": None},
                {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "2"}]},
                {"role": "tool", "tool_call_id": "c1", "content": "1"},
                {"role": "assistant", "content": None},
                {"role": "tool", "tool_call_id": "c9", "content": "9"},
            ],
            (
                HELLO,
                Assistant(parts=(Text("Look."), call(1), call(2))),
                Results((result(2, "tool2", "2"), result(1, "tool1", "1"))),
                Assistant(parts=()),
                Results((result(9, "", "9"),)),
            ),
            id="calls and their results",
        ),
        pytest.param(
            [{"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}],
            (Assistant(parts=(Text("No."),)),),
            id="a refusal",
        ),
        pytest.param(
            [{"role": "assistant", "content": [THOUGHT]}],
            (Assistant(parts=()),),
            id="a thought of nobody knows whom",
        ),
    ],
)
def test_messages_of_every_kind_are_read(
    messages: list[object], expected: tuple[Message, ...]
) -> None:
    assert read(messages=messages).request.messages == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {}),
        (
            {"temperature": 1, "top_p": 0.5, "seed": 3},
            {"temperature": 1.0, "top_p": 0.5, "seed": 3},
        ),
        ({"max_tokens": 5}, {"max_output_tokens": 5}),
        ({"max_tokens": 5, "max_completion_tokens": 7}, {"max_output_tokens": 7}),
        ({"stop": "a"}, {"stop": ("a",)}),
        ({"stop": ["a", "b"]}, {"stop": ("a", "b")}),
        ({"stop": None, "tools": None, "seed": None, "stream": None}, {}),
        (
            {"tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False},
            {
                "tools": (Tool(name="read", description="", parameters='{"type":"object"}'),),
                "tool_choice": "required",
                "parallel_calls": False,
            },
        ),
        (
            {"tool_choice": {"type": "function", "function": {"name": "read"}}},
            {"tool_choice": OneTool("read")},
        ),
        ({"response_format": {"type": "text"}}, {}),
        ({"response_format": {"type": "json_object"}}, {"format": JsonFormat()}),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": {"b": 1, "a": 2}, "strict": True},
                }
            },
            {"format": JsonFormat(name="n", schema='{"b":1,"a":2}', strict=True)},
        ),
        (
            {"reasoning_effort": "low", "prompt_cache_key": "k", "n": 1},
            {"effort": "low", "cache_key": "k"},
        ),
    ],
)
def test_parameters_are_read(parameters: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read(**parameters).request == ModelRequest(messages=(HELLO,), **expected)


def test_what_is_not_for_the_model_stands_beside_its_request() -> None:
    read_ = read(model="gpu-1", stream=True, stream_options={"include_usage": True})
    expected = ChatRequest(
        request=ModelRequest(messages=(HELLO,)), model="gpu-1", is_streamed=True, tells_usage=True
    )
    assert (read_, read()) == (expected, ChatRequest(request=expected.request))


def test_what_vibe_itself_sends_is_read_as_what_it_was() -> None:
    request = ModelRequest(
        messages=(
            System("S"),
            User((Text("Look at this."), Image(media_type="image/png", data=b"\0\1\2"))),
            Assistant(parts=(Text("I call."), call(1), call(2))),
            Results((result(1, "tool1", "1"), result(2, "tool2", "2"))),
        ),
        tools=(Tool(name="tool1", description="D", parameters='{"type":"object"}', strict=True),),
        tool_choice=OneTool("tool1"),
        max_output_tokens=9,
        temperature=0.5,
        seed=1,
        stop=("x",),
        format=JsonFormat(name="n", schema='{"type":"object"}'),
    )
    target = Target(provider=ProviderName("p"), model="m", backend="generic")
    body = encode_body(request, target)
    assert read_chat_request(body) == ChatRequest(
        request=request, model="m", is_streamed=True, tells_usage=True
    )
    assert msgspec.json.decode(body).keys() <= PARAMETERS


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "the request is not JSON"),
        ("{", "the request is not JSON"),
        ('"\xff"', "the request is not JSON"),
        ('{"messages":[],"tools":[{"x":"\xff"}]}', "the request is not JSON"),
        ("[" * 10_000, "the request: expected object, got array"),
        ('{"messages":' + "[" * 10_000, "messages[0]: expected object, got array"),
        ("{}", "the request: object missing required field messages"),
        ('{"messages":[]}', "messages: expected array of length >= 1"),
        ('{"messages":[{}]}', "messages[0]: object missing required field role"),
        ('{"messages":[{"role":"robot"}]}', "messages[0].role: invalid value 'robot'"),
        ('{"messages":[{"role":"user"}]}', "messages[0]: object missing required field content"),
        (
            '{"messages":[{"role":"user","content":[{"type":"input_audio"}]}]}',
            "messages[0].content[0].type: invalid value 'input_audio'",
        ),
        (
            '{"messages":[{"role":"user","content":"Hi"}],"temperature":-1}',
            "temperature: expected float >= 0.0",
        ),
        (
            '{"messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"web_search"}]}',
            "tools[0].type: invalid value 'web_search'",
        ),
    ],
    ids=lambda value: value[:40],
)
def test_what_has_a_wrong_form_is_refused_with_its_place(body: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_chat_request(body.encode("latin-1"))
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "file:///etc/passwd",
            'image_url: "file:///etc/passwd" is no http(s) address and no data: URL in base64',
        ),
        (
            "data:image/png,%00",
            'image_url: "data:image/png,%00" is no http(s) address and no data: URL in base64',
        ),
        (
            "data:image/png;base64,",
            'image_url: "data:image/png;base64," is no http(s) address and no data: URL in base64',
        ),
        ("data:image/png;base64,AAA", "image_url: the data is not whole base64"),
        ("data:image/png;base64,äöü", "image_url: the data is not whole base64"),
    ],
)
def test_an_image_that_nobody_could_show_is_refused(url: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(messages=image({"url": url}))
    assert refused.value.message == message
