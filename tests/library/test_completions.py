"""What is asked and what is answered, by the SDK's names: whole answers, chunks, calls, usage."""

from __future__ import annotations

import json
from math import nan
from typing import Any

import msgspec
import pytest

from tests.library.rig import HELLO, Line, pool, text_of
from vibe.errors import UsageError
from vibe.library.results import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionMessageToolCall,
    Choice,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChunkChoice,
    CompletionTokensDetails,
    CompletionUsage,
    Function,
    PromptTokensDetails,
)
from vibe.testing.exchange import Answer, Tokens, call
from vibe.testing.faults import play
from vibe.testing.script import Scripted, calls, otherwise, says, when_result

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather of a town.",
            "parameters": {"type": "object", "properties": {"town": {"type": "string"}}},
        },
    }
]
LISBON = call("weather", town="Lisbon")
PNG = "iVBORw0KGgo="


def answers(**parts: Any) -> Line:
    return Line(name="gpu-1", behaviour=lambda _asked: Answer(**parts))


async def test_a_whole_answer_reads_as_the_sdks_does() -> None:
    tokens = Tokens(input=7, output=3, cached=2, reasoning=1)
    async with pool(answers(text=HELLO, thinking="Hm.", tokens=tokens)) as rig:
        completion = await rig.ask()
        assert completion == ChatCompletion(
            id=completion.id,
            created=completion.created,
            model="smol",
            endpoint="gpu-1",
            choices=(
                Choice(
                    message=ChatCompletionMessage(content=HELLO, reasoning_content="Hm."),
                    finish_reason="stop",
                ),
            ),
            usage=CompletionUsage(
                prompt_tokens=7,
                completion_tokens=3,
                total_tokens=10,
                prompt_tokens_details=PromptTokensDetails(cached_tokens=2),
                completion_tokens_details=CompletionTokensDetails(reasoning_tokens=1),
            ),
        )
        assert completion.id != (await rig.ask()).id


async def test_calls_are_read_run_and_answered() -> None:
    """The message of an answer goes into the next call as it is."""
    tells = when_result("weather", says("It is sunny."), holds="sun")
    scripted = Scripted(tells, otherwise(calls(LISBON)))
    async with pool(Line(name="gpu-1", behaviour=scripted)) as rig:
        messages: list[Any] = [{"role": "user", "content": "How is Lisbon?"}]
        asked = await rig.ask(messages=messages, tools=TOOLS)
        [choice] = asked.choices
        assert choice.finish_reason == "tool_calls"
        assert choice.message.tool_calls is not None
        [wanted] = choice.message.tool_calls
        function = Function(name="weather", arguments='{"town":"Lisbon"}')
        assert wanted == ChatCompletionMessageToolCall(id=wanted.id, function=function)
        result = {"role": "tool", "tool_call_id": wanted.id, "content": "sun"}
        told = await rig.ask(messages=[*messages, choice.message, result], tools=TOOLS)
        assert told.choices[0].message.content == "It is sunny."


async def test_chunks_read_as_the_sdks_do() -> None:
    async with pool(answers(text="Hello to", thinking="Hm.")) as rig:
        chunks = await rig.stream()
        deltas = [
            ChoiceDelta(role="assistant", reasoning_content="Hm."),
            ChoiceDelta(content="Hello "),
            ChoiceDelta(content="to"),
        ]
        choices = [
            *(ChunkChoice(delta=delta) for delta in deltas),
            ChunkChoice(delta=ChoiceDelta(), finish_reason="stop"),
        ]
        assert chunks == [
            ChatCompletionChunk(
                id=chunks[0].id,
                created=chunks[0].created,
                model="smol",
                endpoint="gpu-1",
                choices=(choice,),
            )
            for choice in choices
        ]


async def test_calls_come_in_one_piece_before_the_end_of_the_stream() -> None:
    async with pool(Line(name="gpu-1", behaviour=calls(LISBON, LISBON, text="Let me see."))) as rig:
        chunks = await rig.stream(tools=TOOLS)
        assert text_of(chunks) == "Let me see."
        pieces = [piece for chunk in chunks for piece in chunk.choices[0].delta.tool_calls or ()]
        function = Function(name="weather", arguments='{"town":"Lisbon"}')
        assert pieces == [
            ChoiceDeltaToolCall(index=index, id=piece.id, function=function)
            for index, piece in enumerate(pieces)
        ]
        assert len(pieces) == 2
        assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_the_usage_of_a_stream_comes_where_it_was_asked_for() -> None:
    async with pool(answers(text=HELLO, tokens=Tokens(input=7, output=3))) as rig:
        *chunks, last = await rig.stream(stream_options={"include_usage": True})
        assert text_of(chunks) == HELLO
        assert last.choices == ()
        assert last.usage is not None
        assert last.usage.total_tokens == 10
        assert all(chunk.usage is None for chunk in [*chunks, *await rig.stream()])


async def test_a_usage_that_nobody_told_is_said_to_be_estimated() -> None:
    async with pool(answers(text=HELLO, tells_tokens=False)) as rig:
        assert (await rig.ask()).usage.is_estimated


async def test_what_is_asked_reaches_the_endpoint() -> None:
    asked: dict[str, Any] = {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
                    {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
                ],
            },
        ],
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 20,
        "seed": 7,
        "stop": ["."],
        "tools": TOOLS,
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "parallel_tool_calls": False,
        "response_format": {"type": "json_object"},
    }
    async with pool(Line(name="gpu-1", key="k3y-of-the-endpoint")) as rig:
        await rig.ask(**asked)
        [received] = rig.servers["gpu-1"].requests
        sent = json.loads(received.body)
        assert sent == {
            **asked,
            "model": "smol",
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        assert received.key is not None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"frequency_penalty": 1, "logprobs": True},
            "create() does not take frequency_penalty, logprobs",
        ),
        ({"temperature": "hot"}, "temperature: expected float | null, got str"),
        ({"n": 2}, "n: invalid enum value 2"),
        ({"messages": []}, "messages: expected array of length >= 1"),
        (
            {"messages": [{"role": "user", "content": 7}]},
            "messages[0].content: expected str | array, got int",
        ),
        ({"seed": object()}, "the request cannot be written as JSON: a object has no form there"),
        ({"messages": None}, "messages: has to be a list of messages"),
        ({"temperature": nan}, "temperature: has to be a finite number, not nan"),
        ({"timeout": "5"}, 'timeout: has to be a number of seconds, or None, not "5"'),
        ({"timeout": 0}, "timeout: give more than 0 seconds, or None"),
    ],
    ids=lambda value: value.partition(":")[0] if isinstance(value, str) else "",
)
async def test_what_cannot_be_asked_is_refused_in_one_sentence(
    parameters: dict[str, Any], message: str
) -> None:
    async with pool(Line(name="gpu-1")) as rig:
        with pytest.raises(UsageError) as refused:
            await rig.ask(**parameters)
        assert refused.value.message == message
        assert rig.reached() == {"gpu-1": 0}


async def test_no_whole_answer_is_taken_for_less_than_it_is() -> None:
    """The bound of the answer was reached in the middle of a call, which is dropped."""
    cut = Line(name="gpu-1", behaviour=calls(LISBON), faults=play("arguments_cut"))
    async with pool(cut) as rig:
        [choice] = (await rig.ask(tools=TOOLS)).choices
        assert (choice.finish_reason, choice.message.tool_calls) == ("length", None)


async def test_results_are_plain_values() -> None:
    async with pool(Line(name="gpu-1")) as rig:
        plain = msgspec.to_builtins(await rig.ask())
        assert plain["choices"][0]["message"]["content"] == HELLO
