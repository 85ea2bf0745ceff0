"""What is sent to OpenAI's Responses API, whole bodies and the parts of them."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest

from tests.wire.golden import cases, heard, load
from vibe.domain.message import (
    Assistant,
    CallId,
    Document,
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
from vibe.domain.model import ProviderName
from vibe.domain.quirks import Quirks
from vibe.domain.request import JsonFormat, ModelRequest, OneTool, Tool
from vibe.domain.stream import ThinkingSealed
from vibe.domain.target import Target
from vibe.wire.codec import HttpCall
from vibe.wire.responses import Responses

Json = dict[str, object]

TARGET = Target(provider=ProviderName("openai"), model="gpt-4.1", backend="responses")
THINKER = msgspec.structs.replace(TARGET, model="gpt-5.1", thinks=True)
PRODUCER = Producer(provider=ProviderName("openai"), model="gpt-5.1")
HI = (User((Text("Hi"),)),)
SEAL = '{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"x"}'
READ = Tool(name="read", description="Reads a file.", parameters='{"type":"object"}')
CALL = ToolCall(id=CallId("call_1"), name="read", arguments='{"path": "a"}')


def body_of(request: ModelRequest, target: Target = TARGET) -> Json:
    return msgspec.json.decode(Responses().encode(request, target).body, type=Json)


def input_of(*messages: Message) -> list[Json]:
    return cast("list[Json]", body_of(ModelRequest(messages=messages))["input"])


def thinking(seal: str) -> Thinking:
    return Thinking(text="Hm", producer=PRODUCER, seal=seal)


def said(role: str, content: object) -> Json:
    return {"type": "message", "role": role, "content": content}


def written(text: str) -> Json:
    return {"type": "input_text", "text": text}


def test_a_whole_request():
    request = ModelRequest(
        system="Be brief.",
        messages=(
            User((Text("Read a."),)),
            Assistant(parts=(thinking(SEAL), Text("I will."), CALL)),
            Results((ToolResult(call=CallId("call_1"), name="read", parts=(Text("1"),)),)),
        ),
        tools=(READ,),
        parallel_calls=True,
        max_output_tokens=1000,
        effort="high",
        cache_key="session-1",
    )
    assert Responses().encode(request, THINKER) == HttpCall(
        path="/responses",
        body=(
            b'{"model":"gpt-5.1","store":false,"stream":true,"prompt_cache_key":"session-1",'
            b'"instructions":"Be brief.","tools":[{"type":"function","name":"read",'
            b'"description":"Reads a file.","parameters":{"type":"object"},"strict":false}],'
            b'"tool_choice":"auto","parallel_tool_calls":true,"max_output_tokens":1000,'
            b'"reasoning":{"effort":"high","summary":"auto"},'
            b'"include":["reasoning.encrypted_content"],"input":['
            b'{"type":"message","role":"user","content":"Read a."},'
            b'{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"x"},'
            b'{"type":"message","role":"assistant","content":"I will."},'
            b'{"type":"function_call","call_id":"call_1","name":"read",'
            b'"arguments":"{\\"path\\": \\"a\\"}"},'
            b'{"type":"function_call_output","call_id":"call_1","output":"1"}]}'
        ),
    )


def test_a_request_that_asks_for_nothing_special():
    assert body_of(ModelRequest(messages=HI, stream=False)) == {
        "model": "gpt-4.1",
        "store": False,
        "stream": False,
        "input": [said("user", "Hi")],
    }


@pytest.mark.parametrize(
    ("asked", "target", "sent"),
    [
        pytest.param({"temperature": 0.5, "top_p": 0.9}, TARGET, None, id="sampling"),
        pytest.param(
            {"temperature": 0.5},
            msgspec.structs.replace(TARGET, quirks=Quirks(sampling=False)),
            {},
            id="no sampling",
        ),
        pytest.param({"max_output_tokens": 100}, TARGET, None, id="bound"),
        pytest.param(
            {"max_output_tokens": 1}, TARGET, {"max_output_tokens": 16}, id="the lowest bound"
        ),
        pytest.param(
            {},
            msgspec.structs.replace(
                TARGET, max_output_tokens=500, quirks=Quirks(max_tokens_required=True)
            ),
            {"max_output_tokens": 500},
            id="a bound that is required",
        ),
        pytest.param({"parallel_calls": False}, TARGET, {}, id="no tools"),
        pytest.param(
            {"format": JsonFormat()},
            TARGET,
            {"text": {"format": {"type": "json_object"}}},
            id="json",
        ),
        pytest.param(
            {"format": JsonFormat(name="answer", schema='{"type":"array"}', strict=True)},
            TARGET,
            {
                "text": {
                    "format": {
                        "type": "json_schema",
                        "name": "answer",
                        "schema": {"type": "array"},
                        "strict": True,
                    }
                }
            },
            id="json of a schema",
        ),
        pytest.param(
            {"format": JsonFormat(schema='{"type":"array"}')},
            msgspec.structs.replace(TARGET, quirks=Quirks(json_schema=False)),
            {"text": {"format": {"type": "json_object"}}},
            id="json where no schema is taken",
        ),
        pytest.param({"seed": 1, "stop": ("x",), "effort": "low"}, TARGET, {}, id="not known"),
        pytest.param(
            {"effort": "minimal", "temperature": 0.5, "top_p": 0.9},
            THINKER,
            {
                "reasoning": {"effort": "low", "summary": "auto"},
                "include": ["reasoning.encrypted_content"],
            },
            id="effort",
        ),
        pytest.param(
            {},
            THINKER,
            {"reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"]},
            id="thinking",
        ),
    ],
)
def test_parameters(asked: Json, target: Target, sent: Json | None):
    """Nothing in the place of what is sent: just what was asked for."""
    request = msgspec.convert({"messages": (), "stream": False} | asked, ModelRequest)
    always: Json = {"model": target.model, "store": False, "stream": False, "input": []}
    assert body_of(request, target) == always | (asked if sent is None else sent)


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        (OneTool("read"), {"type": "function", "name": "read"}),
    ],
)
def test_the_choice_of_tools(choice: object, sent: object):
    request = ModelRequest(messages=HI, tools=(READ,))
    request = msgspec.structs.replace(request, tool_choice=choice)
    assert body_of(request)["tool_choice"] == sent


def test_a_tool_without_parameters_takes_none():
    tool = Tool(name="now", description="", parameters="", strict=True)
    assert body_of(ModelRequest(messages=HI, tools=(tool,)))["tools"] == [
        {
            "type": "function",
            "name": "now",
            "description": "",
            "parameters": {"type": "object", "properties": {}},
            "strict": True,
        }
    ]


IMAGE = Image(media_type="image/png", data=b"\x89PNG")
SENT_IMAGE: Json = {
    "type": "input_image",
    "detail": "auto",
    "image_url": "data:image/png;base64,iVBORw==",
}


@pytest.mark.parametrize(
    ("message", "items"),
    [
        pytest.param(System("Now."), [said("system", "Now.")], id="system"),
        pytest.param(User(()), [], id="nothing"),
        pytest.param(
            User((Text("Look:"), IMAGE, Image(url="https://example.org/a.png"))),
            [
                said(
                    "user",
                    [
                        written("Look:"),
                        SENT_IMAGE,
                        SENT_IMAGE | {"image_url": "https://example.org/a.png"},
                    ],
                )
            ],
            id="images",
        ),
        pytest.param(
            User(
                (
                    Document(media_type="application/pdf", data=b"%PDF", name="a.pdf"),
                    Document(media_type="application/pdf", data=b"%PDF"),
                )
            ),
            [
                said(
                    "user",
                    [
                        {
                            "type": "input_file",
                            "filename": name,
                            "file_data": "data:application/pdf;base64,JVBERg==",
                        }
                        for name in ("a.pdf", "document.pdf")
                    ],
                )
            ],
            id="documents",
        ),
        pytest.param(
            Results(
                (
                    ToolResult(call=CallId("a"), name="read", parts=(Text("1"), Text("2"))),
                    ToolResult(call=CallId("b"), name="read", parts=(Text("1"), IMAGE)),
                    ToolResult(call=CallId("c"), name="read", parts=(), is_error=True),
                )
            ),
            [
                {"type": "function_call_output", "call_id": "a", "output": "1\n\n2"},
                {
                    "type": "function_call_output",
                    "call_id": "b",
                    "output": [written("1"), SENT_IMAGE],
                },
                {"type": "function_call_output", "call_id": "c", "output": ""},
            ],
            id="results",
        ),
        pytest.param(
            Assistant(parts=(Text("I"), Text(""), CALL, Text("II"))),
            [
                said("assistant", "I"),
                {
                    "type": "function_call",
                    "call_id": "call_1",
                    "name": "read",
                    "arguments": '{"path": "a"}',
                },
                said("assistant", "II"),
            ],
            id="parts in their order",
        ),
        pytest.param(
            Assistant(parts=(thinking(SEAL), Text("I"), thinking(SEAL), thinking(SEAL))),
            [msgspec.json.decode(SEAL), said("assistant", "I")],
            id="thought at the end",
        ),
        *(
            pytest.param(
                Assistant(parts=(thinking(seal), Text("I"))),
                [said("assistant", "I")],
                id=f"seal {seal[:8]!r}",
            )
            for seal in ("", "EqQBCgIYAhI", "[]", '{"type":"x"}', '{"a":' + "[" * 99)
        ),
    ],
)
def test_messages(message: Message, items: list[Json]):
    assert input_of(message) == items


SEALS = [
    event.seal
    for _, case in cases("responses")
    for event in load("responses", case).expected
    if isinstance(event, ThinkingSealed) and event.seal
]


@pytest.mark.parametrize("seal", SEALS)
def test_a_thought_goes_back_as_its_seal_says(seal: str):
    thought, _ = input_of(Assistant(parts=(thinking(seal), Text("I"))))
    assert msgspec.json.encode(thought).decode() == seal


def test_encrypted_thought_goes_back_as_it_came():
    sent = load("responses", "openai_thought_and_call").sent
    events = heard(Responses().decoder(THINKER, stream=True), sent)
    seal = next(event.seal for event in events if isinstance(event, ThinkingSealed))
    lines = [line for line in sent.splitlines() if b"output_item.done" in line]
    item = cast("Json", msgspec.json.decode(lines[0].removeprefix(b"data: "), type=Json)["item"])
    assert input_of(Assistant(parts=(thinking(seal), CALL)))[0] == item
