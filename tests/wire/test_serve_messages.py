"""A request of Anthropic's Messages, read into vibe's own, or refused with its place."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from tests.wire.messages_samples import FULL, OLDER
from tests.wire.portability.test_any_history import histories
from vibe.domain.message import Assistant, Message, System, Text, Thinking, ToolCall, User
from vibe.domain.quirks import Quirks
from vibe.domain.request import ModelRequest, OneTool, Tool
from vibe.errors import UsageError
from vibe.wire.messages import Messages
from vibe.wire.portability import fitted
from vibe.wire.seals import sealed
from vibe.wire.serve_messages_answer import ServedMessages
from vibe.wire.serving import Wanted

HERE = Path(__file__).parent / "serve_messages"
CASES = sorted(path.name.partition(".")[0] for path in HERE.glob("*.request.json"))
SERVED = ServedMessages()
PRODUCER = OLDER.producer
TARGET = replace(OLDER, quirks=Quirks(documents=True, prefill=True), sees_images=True)
USER = {"role": "user", "content": "Hi"}
HELLO = User((Text("Hi"),))
TOOL = {"name": "read", "input_schema": {"type": "object"}}
READ = Tool(name="read", description="", parameters='{"type":"object"}')
SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def read(**body: Any) -> ModelRequest:
    whole = {"model": "m", "max_tokens": 9, "messages": [USER], **body}
    return SERVED.read(msgspec.json.encode(whole)).request


def asked(*messages: Message, **parameters: Any) -> ModelRequest:
    return ModelRequest(messages=messages or (HELLO,), max_output_tokens=9, **parameters)


def answered(*blocks: Mapping[str, object]) -> Message:
    return read(messages=[USER, {"role": "assistant", "content": list(blocks)}]).messages[-1]


@pytest.mark.parametrize("case", CASES)
def test_a_request_means_what_it_was_found_to(case: str) -> None:
    body = (HERE / f"{case}.request.json").read_bytes()
    expected = msgspec.json.decode((HERE / f"{case}.read.json").read_bytes(), type=Wanted)
    assert SERVED.read(body) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {}),
        ({"system": None, "tools": None, "thinking": None, "metadata": None}, {}),
        ({"thinking": {"type": "adaptive"}}, {}),
        ({"thinking": {"type": "disabled"}}, {"effort": "minimal"}),
        ({"thinking": {"type": "enabled", "budget_tokens": 1}}, {"effort": "minimal"}),
        ({"thinking": {"type": "enabled", "budget_tokens": 4000}}, {"effort": "low"}),
        ({"thinking": {"type": "enabled", "budget_tokens": 31999}}, {"effort": "high"}),
        (
            {"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}},
            {"effort": "high"},
        ),
        ({"output_config": {"effort": "whatever"}}, {}),
        ({"tools": [TOOL]}, {"tools": (READ,)}),
        ({"tools": [TOOL, SEARCH]}, {"tools": (READ,)}),
        (
            {"tools": [TOOL], "tool_choice": {"type": "any"}},
            {"tools": (READ,), "tool_choice": "required"},
        ),
        (
            {"tools": [TOOL], "tool_choice": {"type": "none"}},
            {"tools": (READ,), "tool_choice": "none"},
        ),
        (
            {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "read"}},
            {"tools": (READ,), "tool_choice": OneTool("read")},
        ),
        (
            {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
            {"parallel_calls": False},
        ),
        ({"tool_choice": {"type": "auto", "disable_parallel_tool_use": False}}, {}),
        ({"system": [{"type": "text", "text": t} for t in ("A", "", "B")]}, {"system": "A\n\nB"}),
        ({"system": "x-anthropic-billing-header: cch=1;"}, {}),
    ],
    ids=str,
)
def test_parameters_are_read(parameters: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read(**parameters) == asked(**expected)


def test_an_instruction_in_the_middle_stays_there() -> None:
    instruction = {"role": "system", "content": [{"type": "text", "text": "S"}]}
    assert read(messages=[USER, instruction, USER]) == asked(HELLO, System("S"), HELLO)


@pytest.mark.parametrize(
    ("user", "session"),
    [
        ('{"session_id":"s-1"}', "s-1"),
        ("user_a_account_b_session_s-1", "s-1"),
        ("user_a", ""),
        ("", ""),
        ("{", ""),
        ("[]", ""),
        ('{"session_id":1}', ""),
        ("{" * 5_000, ""),
        ("a_session_" + "s" * 200, ""),
        (None, ""),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_session_is_told_by_the_client_in_the_id_of_its_user(
    user: str | None, session: str
) -> None:
    assert read(metadata={"user_id": user}) == asked(cache_key=session)


@pytest.mark.parametrize("seal", ["", "sealed", "redacted:é"])
def test_thinking_that_vibe_signed_is_its_producers_again(seal: str) -> None:
    thought = Thinking(text="Hm", producer=PRODUCER, seal=seal)
    block = {"type": "thinking", "thinking": "Hm", "signature": sealed(thought)}
    assert answered(block) == Assistant(parts=(thought,))


def b64(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "foreign",
    [
        None,
        "",
        "EvMCCkYICxgCKkCHP2cS",
        "vibe1.",
        "vibe1.!",
        "vibe1.é",
        "vibe1." + b64("[]"),
        "vibe1." + b64('{"provider":"p","model":1,"seal":""}'),
        "vibe1." + b64('{"provider":"p","model":"m"}'),
        "vibe1." + b64('{"provider":"p","model":"m","seal":"') + "a",
        "vibe1." + b64("[" * 5_000),
        "vibe1." + urlsafe_b64encode(b'{"provider":"\xff","model":"m","seal":""}').decode(),
        "vibe2." + b64('{"provider":"p","model":"m","seal":""}'),
    ],
)
def test_thinking_that_nobody_is_known_to_have_signed_is_passed_over(foreign: str | None) -> None:
    block = {"type": "thinking", "thinking": "Hm", "signature": foreign}
    assert answered(block, {"type": "text", "text": "Hi"}) == Assistant(parts=(Text("Hi"),))


def test_thinking_that_another_signed_unseen_is_passed_over() -> None:
    unseen = {"type": "redacted_thinking", "data": "Eq"}
    assert answered(unseen, {"type": "text", "text": "Hi"}) == Assistant(parts=(Text("Hi"),))


def test_tokens_are_counted_of_a_request_that_bounds_none() -> None:
    body = msgspec.json.encode({"model": "m", "messages": [USER], "system": "S" * 400})
    wanted = SERVED.read_count(body)
    assert wanted == Wanted(model="m", request=ModelRequest(messages=(HELLO,), system="S" * 400))
    assert SERVED.count(wanted) == b'{"input_tokens":102}'


def test_no_request_has_no_tokens() -> None:
    body = msgspec.json.encode(
        {"model": "m", "messages": [{"role": "assistant", "content": [{"type": "thinking"}]}]}
    )
    assert SERVED.count(SERVED.read_count(body)) == b'{"input_tokens":1}'


# What vibe itself sends is read as what it was.


def returned(request: ModelRequest) -> tuple[Message, ...]:
    """What a request is after its way over the wire."""
    body = Messages().encode(request, TARGET).body
    return SERVED.read(body).request.messages


@settings(deadline=None)
@given(histories)
def test_a_conversation_that_was_sent_is_read_as_it_was(history: tuple[Message, ...]) -> None:
    request = fitted(ModelRequest(messages=history), TARGET)
    assert said(returned(request)) == said(request.messages)
    again = fitted(replace(request, messages=returned(request)), TARGET)
    assert said(again.messages) == said(request.messages)


def said(messages: tuple[Message, ...]) -> list[Message]:
    """Without who wrote an answer, thoughts that vibe did not seal, and spaces in arguments."""
    return [
        unsigned(message) if isinstance(message, Assistant) else message for message in messages
    ]


def unsigned(answer: Assistant) -> Assistant:
    parts = (
        replace(part, arguments=msgspec.json.format(part.arguments, indent=-1))
        if isinstance(part, ToolCall)
        else part
        for part in answer.parts
        if not isinstance(part, Thinking)
    )
    return Assistant(parts=tuple(parts))


def test_all_that_can_be_asked_is_read_as_it_was() -> None:
    request = fitted(FULL, TARGET)
    found = SERVED.read(Messages().encode(request, TARGET).body).request
    read, now = request.tools
    lost = {"seed": None, "cache_key": "", "effort": None, "stop": ("END",)}
    tools = (read, replace(now, parameters='{"type":"object"}'))
    expected = replace(request, messages=found.messages, tools=tools, **lost)
    assert (found, said(found.messages)) == (expected, said(request.messages))


# What is refused.


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "the request is not JSON"),
        ("[" * 10_000, "the request: expected object, got array"),
        ('{"messages":' + "[" * 10_000, "messages[0]: expected object, got array"),
        ("{}", "the request: object missing required field model"),
        ('{"model":"m","messages":[]}', "messages: expected array of length >= 1"),
        ('{"model":"m","messages":[{"role":"user","content":"Hi"}]}', "max_tokens: Field required"),
    ],
    ids=lambda value: value[:40],
)
def test_what_is_no_request_is_refused(body: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        SERVED.read(body.encode())
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ({"max_tokens": 0}, "max_tokens: expected int >= 1"),
        ({"temperature": "hot"}, "temperature: expected float | null, got str"),
        ({"tool_choice": {"type": "some"}}, "tool_choice.type: invalid enum value 'some'"),
        (
            {"tools": [SEARCH]},
            'tools: only Anthropic has "web_search_20250305"; offer tools of your own as well',
        ),
        ({"tools": [{"description": "D"}]}, "tools[0].name: Field required"),
        (
            {"tools": [{"name": "a", "input_schema": "{}"}]},
            "tools[0].input_schema: expected object | null, got str",
        ),
        (
            {"tools": [TOOL, SEARCH], "tool_choice": {"type": "tool", "name": "web_search"}},
            'tool_choice: no tool "web_search" is offered',
        ),
        ({"thinking": {"type": "some"}}, "thinking.type: invalid enum value 'some'"),
        (
            {"output_config": {"format": {"type": "xml"}}},
            "output_config.format.type: invalid value 'xml'",
        ),
    ],
    ids=str,
)
def test_a_wrong_member_is_refused_by_its_name(member: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(**member)
    assert refused.value.message == message


def image(**source: str) -> dict[str, object]:
    return {"type": "image", "source": source}


@pytest.mark.parametrize(
    ("role", "block", "message"),
    [
        ("robot", {}, "messages[0].role: invalid value 'robot'"),
        ("user", {"type": "song"}, "messages[0].content[0].type: invalid value 'song'"),
        ("user", {"type": "text"}, "messages[0].content[0]: object missing required field text"),
        (
            "user",
            {"type": "tool_result"},
            "messages[0].content[0]: object missing required field tool_use_id",
        ),
        (
            "user",
            image(type="file", file_id="f"),
            "messages[0].content[0].source.type: invalid value 'file'",
        ),
        ("user", image(type="url", url="file:///a"), 'image: "file:///a" is no http(s) address'),
        (
            "user",
            image(type="base64", media_type="image/png", data="AAA"),
            "image: the data is not whole base64",
        ),
        (
            "user",
            image(type="base64", media_type="image/png", data="AA AA"),
            "image: the data is not whole base64",
        ),
        (
            "user",
            image(type="base64", media_type="image/png", data=""),
            "image: there is no data",
        ),
        (
            "user",
            {"type": "document", "source": {"type": "base64", "media_type": "a/b", "data": "é"}},
            "document: the data is not whole base64",
        ),
        ("assistant", {}, "messages[0].content[0]: object missing required field type"),
        (
            "assistant",
            {"type": "tool_use", "id": "a", "name": "b"},
            "messages[0].content[0]: a tool_use needs id, name and input",
        ),
        (
            "assistant",
            {"type": "tool_use", "id": "a", "name": "b", "input": "{}"},
            "messages[0].content[0].input: expected object | null, got str",
        ),
        (
            "system",
            image(type="url", url="a"),
            "messages[0].content[0].type: invalid value 'image'",
        ),
    ],
)
def test_a_wrong_block_is_refused_with_its_place(
    role: str, block: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read(messages=[{"role": role, "content": [block]}])
    assert refused.value.message == message
