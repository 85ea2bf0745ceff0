"""Requests in the form of chat completions: what is sent, and how quirks change it."""

from __future__ import annotations

from typing import Final, cast

import msgspec
import pytest
from msgspec import structs

from tests.wire.schema import Schema
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
from vibe.domain.target import Target
from vibe.wire.chat import Chat
from vibe.wire.codec import HttpCall
from vibe.wire.portability import fitted
from vibe.wire.presets import MISTRAL, OPENAI, PLAIN

SCHEMA: Final = '{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}'
READ: Final = Tool(name="read", description="Reads a file.", parameters=SCHEMA)
SELF: Final = Producer(provider=ProviderName("p"), model="m")
ASK: Final = User((Text("Hi"),))
CALL: Final = ToolCall(id=CallId("abcdefgh1"), name="read", arguments='{"path": "a"}')
RESULT: Final = ToolResult(call=CallId("abcdefgh1"), name="read", parts=(Text("42"),))
PIXEL: Final = Image(media_type="image/png", data=b"\x89PNG")


def target(quirks: Quirks = PLAIN) -> Target:
    return Target(provider=ProviderName("p"), model="m", backend="generic", quirks=quirks)


def encoded(request: ModelRequest, at: Target) -> dict[str, object]:
    return msgspec.json.decode(Chat().encode(request, at).body, type=dict[str, object])


def messages(*said: Message, quirks: Quirks = PLAIN) -> list[object]:
    body = encoded(ModelRequest(messages=said), target(quirks))
    return cast("list[object]", body["messages"])


def parameters(request: ModelRequest, at: Target) -> dict[str, object]:
    body = encoded(request, at)
    return {key: body[key] for key in body if key not in {"model", "messages", "stream", "tools"}}


def test_a_request_is_these_bytes() -> None:
    request = ModelRequest(
        system="Be brief.",
        messages=(
            ASK,
            Assistant(parts=(CALL,), producer=SELF),
            Results((RESULT,)),
            Assistant(parts=(Text("It is 42."),), producer=SELF),
            User((Text("Why?"), PIXEL)),
        ),
        tools=(READ,),
        max_output_tokens=100,
        temperature=0.5,
        stop=("END",),
    )
    assert Chat().encode(request, target()) == HttpCall(
        path="/chat/completions",
        body=(
            b'{"model":"m","messages":['
            b'{"role":"system","content":"Be brief."},'
            b'{"role":"user","content":"Hi"},'
            b'{"role":"assistant","content":null,"tool_calls":[{"type":"function",'
            b'"id":"abcdefgh1","function":{"name":"read","arguments":"{\\"path\\": \\"a\\"}"}}]},'
            b'{"role":"tool","content":"42","tool_call_id":"abcdefgh1"},'
            b'{"role":"assistant","content":"It is 42."},'
            b'{"role":"user","content":[{"type":"text","text":"Why?"},'
            b'{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw=="}}]}],'
            b'"stream":true,"stream_options":{"include_usage":true},'
            b'"tools":[{"type":"function","function":{"name":"read","parameters":'
            + SCHEMA.encode()
            + b',"description":"Reads a file."}}],'
            b'"max_tokens":100,"temperature":0.5,"stop":["END"]}'
        ),
    )


def test_a_longer_conversation_begins_with_the_bytes_of_the_shorter_one() -> None:
    said: tuple[Message, ...] = (ASK, Assistant(parts=(CALL,)), Results((RESULT,)))
    shorter = Chat().encode(ModelRequest(messages=said, system="S"), target()).body
    longer = Chat().encode(ModelRequest(messages=(*said, ASK), system="S"), target()).body
    assert longer.startswith(shorter[: shorter.index(b'],"stream"')])


def sent(label: str, quirks: Quirks, request: ModelRequest, **expected: object) -> object:
    return pytest.param(quirks, request, expected, id=label)


EMPTY: Final = ModelRequest(messages=(ASK,), stream=False)
TOOLS: Final = structs.replace(EMPTY, tools=(READ,))
FORM: Final = JsonFormat(name="answer", schema=SCHEMA, strict=True)
NO_SAMPLING: Final = Quirks(sampling=False)


@pytest.mark.parametrize(
    ("quirks", "request_", "expected"),
    [
        sent("nothing asked, nothing sent", Quirks(), EMPTY),
        sent("a stream tells its usage", Quirks(), structs.replace(EMPTY, stream=True),
             stream_options={"include_usage": True}),
        sent("unless it cannot", Quirks(stream_options=False),
             structs.replace(EMPTY, stream=True)),
        sent("a bound", Quirks(), structs.replace(EMPTY, max_output_tokens=5), max_tokens=5),
        sent("a bound by its other name", Quirks(max_tokens_key="max_completion_tokens"),
             structs.replace(EMPTY, max_output_tokens=5), max_completion_tokens=5),
        sent("a bound that nobody named", Quirks(max_tokens_required=True), EMPTY,
             max_tokens=8192),
        sent("sampling", Quirks(), structs.replace(EMPTY, temperature=0.2, top_p=0.9),
             temperature=0.2, top_p=0.9),
        sent("sampling refused", NO_SAMPLING, structs.replace(EMPTY, temperature=0.2, top_p=0.9)),
        sent("a seed", Quirks(), structs.replace(EMPTY, seed=7), seed=7),
        sent("a seed by its other name", Quirks(seed_key="random_seed"),
             structs.replace(EMPTY, seed=7), random_seed=7),
        sent("a seed refused", Quirks(seed_key=""), structs.replace(EMPTY, seed=7)),
        sent("an effort", Quirks(effort=True), structs.replace(EMPTY, effort="low"),
             reasoning_effort="low"),
        sent("an effort refused", Quirks(), structs.replace(EMPTY, effort="low")),
        sent("a cache key", Quirks(cache_key=True), structs.replace(EMPTY, cache_key="k"),
             prompt_cache_key="k"),
        sent("a cache key refused", Quirks(), structs.replace(EMPTY, cache_key="k")),
        sent("a form", Quirks(), structs.replace(EMPTY, format=FORM),
             response_format={"type": "json_schema", "json_schema": {
                 "name": "answer", "schema": msgspec.json.decode(SCHEMA), "strict": True}}),
        sent("a form without its schema", Quirks(json_schema=False),
             structs.replace(EMPTY, format=FORM), response_format={"type": "json_object"}),
        sent("any JSON", Quirks(), structs.replace(EMPTY, format=JsonFormat()),
             response_format={"type": "json_object"}),
        sent("some tool", Quirks(), structs.replace(TOOLS, tool_choice="required"),
             tool_choice="required"),
        sent("some tool, in Mistral's word", Quirks(required_word="any"),
             structs.replace(TOOLS, tool_choice="required"), tool_choice="any"),
        sent("no tool", Quirks(), structs.replace(TOOLS, tool_choice="none"), tool_choice="none"),
        sent("this tool", Quirks(), structs.replace(TOOLS, tool_choice=OneTool("read")),
             tool_choice={"type": "function", "function": {"name": "read"}}),
        sent("a choice without tools", Quirks(), structs.replace(EMPTY, tool_choice="required")),
        sent("one call at a time", Quirks(), structs.replace(TOOLS, parallel_calls=False),
             parallel_tool_calls=False),
        sent("one call at a time, which it does not know", Quirks(parallel_calls=False),
             structs.replace(TOOLS, parallel_calls=False)),
    ],
)  # fmt: skip
def test_a_parameter_is_sent_as_the_quirks_say(
    quirks: Quirks, request_: ModelRequest, expected: dict[str, object]
) -> None:
    assert parameters(request_, target(quirks)) == expected


def test_a_tool_without_parameters_takes_none() -> None:
    tool = Tool(name="now", description="", parameters="", strict=True)
    body = encoded(structs.replace(EMPTY, tools=(tool,)), target())
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "now",
                "parameters": {"type": "object", "properties": {}},
                "strict": True,
            },
        }
    ]


def test_a_tool_message_repeats_the_name_of_the_tool_where_it_has_to() -> None:
    assert messages(Results((RESULT,)), quirks=Quirks(tool_names=True)) == [
        {"role": "tool", "content": "42", "tool_call_id": "abcdefgh1", "name": "read"}
    ]


def test_a_system_message_in_the_middle_stays_where_it_is() -> None:
    assert messages(ASK, System("Now in French."), ASK) == [
        {"role": "user", "content": "Hi"},
        {"role": "system", "content": "Now in French."},
        {"role": "user", "content": "Hi"},
    ]


def test_parts_of_a_user_message_keep_their_form() -> None:
    parts = (
        Text("Look:"),
        Image(url="https://example.org/a.png"),
        Document(media_type="application/pdf", data=b"%PDF", name="a.pdf"),
    )
    assert messages(User(parts)) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look:"},
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
                {
                    "type": "file",
                    "file": {
                        "file_data": "data:application/pdf;base64,JVBERg==",
                        "filename": "a.pdf",
                    },
                },
            ],
        }
    ]


THOUGHT: Final = Thinking(
    text="Hm",
    producer=SELF,
    seal='[{"type":"reasoning.text","text":"Hm","signature":"s"}]',
)
ANSWERED: Final = Assistant(parts=(THOUGHT, Text("42")), producer=SELF)


@pytest.mark.parametrize(
    ("quirks", "expected"),
    [
        pytest.param(Quirks(), {"content": "42"}, id="not at all"),
        pytest.param(
            Quirks(thinking="reasoning_content"),
            {"content": "42", "reasoning_content": "Hm"},
            id="as DeepSeek",
        ),
        pytest.param(
            Quirks(thinking="reasoning"),
            {
                "content": "42",
                "reasoning": "Hm",
                "reasoning_details": [{"type": "reasoning.text", "text": "Hm", "signature": "s"}],
            },
            id="as OpenRouter",
        ),
        pytest.param(
            Quirks(thinking="chunks"),
            {
                "content": [
                    {
                        "type": "thinking",
                        "thinking": [{"type": "text", "text": "Hm"}],
                        "signature": THOUGHT.seal,
                    },
                    {"type": "text", "text": "42"},
                ]
            },
            id="as Mistral",
        ),
    ],
)
def test_own_thinking_goes_back_where_the_dialect_carries_it(
    quirks: Quirks, expected: dict[str, object]
) -> None:
    assert messages(ASK, ANSWERED, ASK, quirks=quirks)[1] == {"role": "assistant"} | expected


def test_a_seal_that_is_no_list_is_left_out() -> None:
    thought = structs.replace(THOUGHT, seal="Et0BCkgIChAC")
    sent = messages(ASK, Assistant(parts=(thought,)), quirks=Quirks(thinking="reasoning"))
    assert sent[1] == {"role": "assistant", "content": "", "reasoning": "Hm"}


def test_a_thought_signature_goes_back_with_its_call() -> None:
    seal = '{"google":{"thought_signature":"EjQK"}}'
    sealed = structs.replace(CALL, seal=seal, arguments="")
    assert messages(ASK, Assistant(parts=(sealed,)))[1] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "type": "function",
                "id": "abcdefgh1",
                "function": {"name": "read", "arguments": "{}"},
                "extra_content": {"google": {"thought_signature": "EjQK"}},
            }
        ],
    }


@pytest.mark.parametrize(
    "seal",
    [
        pytest.param("Et0BCkgIChAC", id="no JSON"),
        pytest.param('{"google":', id="half of it"),
        pytest.param('"EjQK"', id="no object"),
        pytest.param("{}}", id="more than one value"),
        pytest.param("caf\udce9", id="a lone surrogate"),
        pytest.param('{"a":' * 100_000, id="brackets without end"),
    ],
)
def test_the_seal_of_a_call_that_is_no_object_is_left_out(seal: str) -> None:
    sealed = structs.replace(CALL, seal=seal)
    assert messages(Assistant(parts=(sealed,))) == messages(Assistant(parts=(CALL,)))


@pytest.mark.parametrize(
    ("quirks", "expected"),
    [
        pytest.param(Quirks(prefix_flag=True),
                     {"role": "assistant", "content": "So", "prefix": True}, id="by a flag"),
        pytest.param(Quirks(prefill=True), {"role": "assistant", "content": "So"}, id="as it is"),
    ],
)  # fmt: skip
def test_an_answer_goes_on_from_the_end_of_the_last_message(
    quirks: Quirks, expected: dict[str, object]
) -> None:
    assert messages(ASK, Assistant(parts=(Text("So"),)), quirks=quirks)[1] == expected


EVERYTHING: Final = ModelRequest(
    system="Be brief.",
    messages=(
        User((Text("Look"), PIXEL)),
        ANSWERED,
        System("Now in French."),
        ASK,
        Assistant(parts=(structs.replace(THOUGHT, seal=""), Text("I read."), CALL)),
        Results((structs.replace(RESULT, parts=(Text("42"), PIXEL)),)),
        Assistant(parts=(CALL,)),
        Results((RESULT,)),
        ASK,
        Assistant(parts=(Text("So"),)),
    ),
    tools=(READ, Tool(name="now", description="", parameters="")),
    tool_choice="required",
    parallel_calls=True,
    max_output_tokens=10,
    temperature=1.9,
    top_p=1.0,
    seed=7,
    stop=("A", "B"),
    format=FORM,
    effort="high",
    cache_key="k",
)


@pytest.mark.parametrize(
    ("schema", "rule", "quirks"),
    [
        pytest.param("mistral_chat", "ChatCompletionRequest", MISTRAL, id="Mistral"),
        pytest.param("openai_chat", "CreateChatCompletionRequest", OPENAI, id="OpenAI"),
    ],
)
@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(EVERYTHING, id="everything"),
        pytest.param(EMPTY, id="nothing"),
        pytest.param(structs.replace(TOOLS, tool_choice=OneTool("read")), id="one tool"),
        pytest.param(structs.replace(TOOLS, tool_choice="none"), id="no tool"),
        pytest.param(structs.replace(EMPTY, format=JsonFormat()), id="any JSON"),
    ],
)
def test_a_request_keeps_to_the_published_schema(
    schema: str, rule: str, quirks: Quirks, request_: ModelRequest
) -> None:
    at = target(quirks)
    assert Schema(schema).faults(rule, Chat().encode(fitted(request_, at), at).body) == []


def test_a_published_schema_tells_a_request_that_breaks_it() -> None:
    body = b'{"model":"m","messages":[],"stream_options":{},"top_p":2,"stop":[1]}'
    assert Schema("mistral_chat").faults("ChatCompletionRequest", body) == [
        "$.stream_options is unknown",
        "$.top_p is out of bounds: 2",
        "$.stop[0] is no string: 1",
    ]
