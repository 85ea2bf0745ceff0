"""Requests to Anthropic's Messages API: the prompt, as it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import msgspec
import pytest

from tests.wire.messages_samples import (
    FULL,
    HELLO,
    NOW,
    OLDER,
    READ,
    SCHEMA,
    call,
    result,
    sent,
    thought,
)
from vibe.domain.message import Assistant, Document, Message, Results, System, Text, Thinking, User
from vibe.domain.request import ModelRequest, OneTool
from vibe.wire.codec import HttpCall
from vibe.wire.messages import Messages

MARK = {"cache_control": {"type": "ephemeral"}}


def messages(*history: Message) -> object:
    """What becomes of the conversation, but for the marks for the cache."""
    found = sent(ModelRequest(messages=history))["messages"]
    for message in cast("list[dict[str, list[dict[str, object]]]]", found):
        for block in message["content"]:
            block.pop("cache_control", None)
    return found


def text(text: str) -> dict[str, object]:
    return {"type": "text", "text": text}


def test_the_call_says_where_it_goes_and_by_what_version():
    request = ModelRequest(messages=(HELLO,))
    assert Messages().encode(request, OLDER) == HttpCall(
        path="/messages",
        auth="x-api-key",
        headers=(("anthropic-version", "2023-06-01"),),
        body=b'{"model":"claude-haiku-4-5","max_tokens":32000,"stream":true,"messages":'
        b'[{"role":"user","content":[{"type":"text","text":"Hello",'
        b'"cache_control":{"type":"ephemeral"}}]}]}',
    )


def test_a_version_of_the_configuration_is_said_instead():
    target = msgspec.structs.replace(OLDER, api_version="2026-10-21")
    call = Messages().encode(ModelRequest(messages=(HELLO,), stream=False), target)
    assert call.headers == (("anthropic-version", "2026-10-21"),)
    assert not call.stream


def test_everything_that_can_be_asked_has_its_place():
    target = msgspec.structs.replace(OLDER, thinks=True)
    image = {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}
    assert sent(FULL, target) == {
        "model": "claude-haiku-4-5",
        "max_tokens": 10_000,
        "stream": True,
        "system": [text("Be brief.") | MARK],
        "tools": [
            {
                "name": "read",
                "description": "Reads a file.",
                "input_schema": msgspec.json.decode(READ.parameters),
                "strict": True,
            },
            {"name": "now", "input_schema": {"type": "object"}} | MARK,
        ],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "messages": [
            {
                "role": "user",
                "content": [
                    text("What is on these?"),
                    {"type": "image", "source": image},
                    {
                        "type": "image",
                        "source": {"type": "url", "url": "https://example.org/cat.png"},
                    }
                    | MARK,
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Two.", "signature": "sealed"},
                    text("I look."),
                    {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "é"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "toolu_1",
                        "content": [text("a cat"), {"type": "image", "source": image}],
                    }
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "document",
                        "source": {
                            "type": "base64",
                            "media_type": "application/pdf",
                            "data": "JVBERg==",
                        },
                        "title": "cat.pdf",
                    }
                    | MARK,
                ],
            },
        ],
        "thinking": {"type": "enabled", "budget_tokens": 4_000},
        "output_config": {"format": {"type": "json_schema", "schema": msgspec.json.decode(SCHEMA)}},
        "stop_sequences": ["END"],
    }


def test_the_same_request_gives_the_same_bytes():
    again = msgspec.convert(msgspec.to_builtins(FULL), ModelRequest)
    assert Messages().encode(again, OLDER) == Messages().encode(FULL, OLDER)


def test_a_longer_conversation_begins_with_the_bytes_of_the_shorter_one():
    shorter, longer = (
        Messages().encode(ModelRequest(messages=(HELLO,) * 1 + more), OLDER).body
        for more in ((), (Assistant(parts=(Text("Hi"),)), HELLO))
    )
    assert longer.startswith(shorter.removesuffix(b"]}"))


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (
            (HELLO, System("Be brief."), User((Text("Well?"),))),
            [("user", "Hello"), ("system", "Be brief."), ("user", "Well?")],
        ),
        ((User((Text(""), Text("\n"))), Assistant(parts=(Text("Hi"),))), [("assistant", "Hi")]),
        (
            (HELLO, Assistant(parts=(Text(" Once \n"), Text(" ")))),
            [("user", "Hello"), ("assistant", " Once")],
        ),
        (
            (HELLO, Assistant(parts=(thought("Hm.", "sealed"), Text("Once ")))),
            [("user", "Hello"), ("assistant", "Once")],
        ),
    ],
    ids=[
        "a system message stays where it is",
        "an empty question is left out",
        "an answer to go on from has no white space at its end",
        "an answer to go on from has no thinking",
    ],
)
def test_each_message_is_a_turn_and_none_is_empty(
    history: tuple[Message, ...], expected: list[tuple[str, ...]]
):
    assert messages(*history) == [
        {"role": role, "content": [text(said) for said in texts]} for role, *texts in expected
    ]


def test_results_and_what_the_user_says_after_them_are_two_messages():
    found = messages(
        HELLO,
        Assistant(parts=(call(1), call(2), call(3))),
        Results((result(1, Text("one"), Text(" ")), result(2), result(3, is_error=True))),
        User((Text("Well?"),)),
    )
    assert cast("list[object]", found)[2:] == [
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [text("one")]},
                {"type": "tool_result", "tool_use_id": "toolu_2"},
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_3",
                    "content": [text("(no output)")],
                    "is_error": True,
                },
            ],
        },
        {"role": "user", "content": [text("Well?")]},
    ]


def test_a_text_file_is_sent_as_text():
    document = Document(media_type="text/markdown", data="# Ä".encode())
    source = {"type": "text", "media_type": "text/plain", "data": "# Ä"}
    assert messages(User((document,))) == [
        {"role": "user", "content": [{"type": "document", "source": source}]}
    ]


@pytest.mark.parametrize(
    ("arguments", "input_sent"),
    [
        ('{"b": 1.50, "a": [1, 2]}', b'"input":{"b": 1.50, "a": [1, 2]}'),
        ("", b'"input":{}'),
        ('{"path": "a', b'"input":{}'),
        ("[1]", b'"input":{}'),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, b'"input":{}'),
    ],
    ids=["an object", "nothing", "cut", "an array", "an abyss"],
)
def test_arguments_go_back_as_they_were_written(arguments: str, input_sent: bytes):
    history = (HELLO, Assistant(parts=(call(1, arguments),)), Results((result(1),)))
    assert input_sent in Messages().encode(ModelRequest(messages=history), OLDER).body


@pytest.mark.parametrize(
    ("parts", "blocks"),
    [
        (
            (thought("", "sealed"), Text("Hi")),
            [{"type": "thinking", "thinking": "", "signature": "sealed"}, text("Hi")],
        ),
        (
            (thought("", "redacted:abc"), Text("Hi")),
            [{"type": "redacted_thinking", "data": "abc"}, text("Hi")],
        ),
        ((thought("Hm.", ""), Text("Hi")), [text("Hi")]),
        ((Text("Hi"), thought("Hm.", "sealed")), [text("Hi")]),
    ],
    ids=["sealed", "redacted", "without a seal", "at the end"],
)
def test_thinking_goes_back_as_it_came(parts: tuple[Text | Thinking, ...], blocks: list[object]):
    found = messages(HELLO, Assistant(parts=parts), HELLO)
    assert cast("list[object]", found)[1] == {"role": "assistant", "content": blocks}


def marked(found: object) -> list[str]:
    """The paths of the blocks that are marked, in their order."""

    def paths(value: object, path: str) -> Iterator[str]:
        if isinstance(value, Mapping):
            fields = cast("Mapping[str, object]", value)
            if "cache_control" in fields:
                yield path
            for key, inner in fields.items():
                yield from paths(inner, f"{path}.{key}" if path else key)
        elif isinstance(value, list):
            for index, inner in enumerate(cast("list[object]", value)):
                yield from paths(inner, f"{path}.{index}")

    return list(paths(found, ""))


def test_the_prompt_and_the_two_last_messages_of_the_user_are_marked_for_the_cache():
    answer = Assistant(parts=(Text("Hi"),))
    request = ModelRequest(
        messages=(HELLO, answer, HELLO, answer, User((Text("a"), Text("b"))), answer),
        system="Be brief.",
        tools=(NOW, READ),
    )
    assert marked(sent(request)) == [
        "system.0",
        "tools.1",
        "messages.2.content.0",
        "messages.4.content.1",
    ]


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        ("auto", None, {"type": "auto"}),
        ("auto", True, {"type": "auto"}),
        ("auto", False, {"type": "auto", "disable_parallel_tool_use": True}),
        ("required", False, {"type": "any", "disable_parallel_tool_use": True}),
        (OneTool("now"), None, {"type": "tool", "name": "now"}),
        ("none", False, {"type": "none"}),
    ],
    ids=["auto", "parallel", "one at a time", "required", "one tool", "none"],
)
def test_the_choice_of_tools_in_the_words_of_the_dialect(
    choice: OneTool, parallel: bool | None, expected: object
):
    request = ModelRequest(
        messages=(HELLO,), tools=(NOW,), tool_choice=choice, parallel_calls=parallel
    )
    assert sent(request)["tool_choice"] == expected


def test_without_tools_there_is_no_choice_of_them():
    request = ModelRequest(messages=(HELLO,), tool_choice="required", parallel_calls=False)
    assert "tool_choice" not in sent(request)
