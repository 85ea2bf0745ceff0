"""What Mistral's SDK has to get of a gateway whose model answers as by_heart.py does."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, cast

from mistralai.client import Mistral
from mistralai.client.models import (
    AssistantMessage,
    BaseModelCard,
    ChatCompletionRequestMessage,
    FunctionCall,
    FunctionTypedDict,
    TextChunk,
    ThinkChunk,
    ToolMessage,
    ToolTypedDict,
    UserMessage,
)
from mistralai.client.utils import RetryConfig
from pydantic import BaseModel

from tests.gateway.by_heart import (
    CITIES,
    CONCLUDES,
    FORM,
    GREETING,
    LOOKS_UP,
    PARAMETERS,
    QUESTION,
    RIDDLE,
    SAYS,
    SAYS_TOKENS,
    THINKS,
    THOUGHT,
    TOOL,
    TOOL_SAYS,
)

Check: TypeAlias = Callable[[Mistral, str], Awaitable[None]]

FUNCTION: Final[FunctionTypedDict] = {
    "name": TOOL,
    "description": TOOL_SAYS,
    "parameters": PARAMETERS,
    "strict": True,
}
OFFERED: Final[ToolTypedDict] = {"type": "function", "function": FUNCTION}
TOOL_OF_RESPONSES: Final[Any] = {"type": "function", **FUNCTION}


class Place(BaseModel):
    city: str


def client_of(url: str, token: str, *, retries: RetryConfig | None = None) -> Mistral:
    return Mistral(server_url=url, api_key=token, retry_config=retries, timeout_ms=30_000)


def says(text: str) -> UserMessage:
    return UserMessage(content=text)


async def models_are_listed(client: Mistral, model: str) -> None:
    listed = await client.models.list_async()
    cards = [*(listed.data or []), await client.models.retrieve_async(model_id=model)]
    ids = [card.id for card in cards if isinstance(card, BaseModelCard)]
    assert {"auto", model} <= set(ids)
    assert ids[-1] == model


async def a_chat_is_answered(client: Mistral, model: str) -> None:
    got = await client.chat.complete_async(
        model=model, messages=[says(GREETING)], temperature=0, max_tokens=100, random_seed=7
    )
    (choice,) = got.choices
    assert choice.message
    told = choice.message.content, choice.finish_reason, got.usage.completion_tokens
    assert told == (SAYS, "stop", SAYS_TOKENS)


async def a_chat_is_streamed(client: Mistral, model: str) -> None:
    text, finish, usage = "", None, None
    async with await client.chat.stream_async(model=model, messages=[says(GREETING)]) as stream:
        async for event in stream:
            usage = event.data.usage or usage
            for choice in event.data.choices:
                text += str(choice.delta.content or "")
                finish = choice.finish_reason or finish
    assert usage, "Mistral tells it unasked"
    assert (text, finish, usage.completion_tokens) == (SAYS, "stop", SAYS_TOKENS)


async def calls_and_their_results_go_round(client: Mistral, model: str) -> None:
    got = await client.chat.complete_async(
        model=model, messages=[says(QUESTION)], tools=[OFFERED], parallel_tool_calls=True
    )
    called = got.choices[0].message
    assert got.choices[0].finish_reason == "tool_calls"
    assert called
    await conclude(client, model, called)


async def streamed_calls_and_their_results_go_round(client: Mistral, model: str) -> None:
    """The SDK leaves it to the program to put them together."""
    text = ""
    calls: dict[int, FunctionCall] = {}
    ids: dict[int, str] = {}
    async with await client.chat.stream_async(
        model=model, messages=[says(QUESTION)], tools=[OFFERED]
    ) as stream:
        async for event in stream:
            for choice in event.data.choices:
                text += str(choice.delta.content or "")
                for call in choice.delta.tool_calls or []:
                    index = call.index or 0
                    begun = calls.get(index, FunctionCall(name="", arguments=""))
                    calls[index] = FunctionCall(
                        name=begun.name + call.function.name,
                        arguments=f"{begun.arguments}{call.function.arguments}",
                    )
                    ids.setdefault(index, call.id or "")
    wanted: Any = [
        {"id": ids[index], "index": index, "function": call} for index, call in calls.items()
    ]
    await conclude(client, model, AssistantMessage(content=text, tool_calls=wanted))


async def conclude(client: Mistral, model: str, called: AssistantMessage) -> None:
    calls = called.tool_calls or []
    wanted = [(each.function.name, json.loads(str(each.function.arguments))) for each in calls]
    assert (called.content, wanted) == (LOOKS_UP, [(TOOL, {"city": city}) for city in CITIES])
    history: list[ChatCompletionRequestMessage] = [says(QUESTION), called]
    history += [
        ToolMessage(content="3 °C", name=each.function.name, tool_call_id=each.id) for each in calls
    ]
    got = await client.chat.complete_async(model=model, messages=history, tools=[OFFERED])
    assert got.choices[0].message
    assert got.choices[0].message.content == CONCLUDES


async def a_tool_can_be_forced(client: Mistral, model: str) -> None:
    got = await client.chat.complete_async(
        model=model, messages=[says(QUESTION)], tools=[OFFERED], tool_choice="any"
    )
    assert got.choices[0].finish_reason == "tool_calls"


async def a_chat_has_the_form_that_is_wanted(client: Mistral, model: str) -> None:
    chat = cast("Any", client.chat)  # which does not tell all types of this one
    got = await chat.parse_async(Place, model=model, messages=[says(FORM)])
    assert got.choices[0].message.parsed == Place(city="Oslo")


async def thought_is_told_and_goes_back(client: Mistral, model: str) -> None:
    got = await client.chat.complete_async(
        model=model, messages=[says(RIDDLE)], reasoning_effort="high"
    )
    answered = got.choices[0].message
    assert answered
    assert read(answered.content) == (THINKS, THOUGHT)
    last = await client.chat.complete_async(
        model=model, messages=[says(RIDDLE), answered, says(GREETING)]
    )
    assert last.choices[0].message
    assert read(last.choices[0].message.content) == ("", SAYS)


async def streamed_thought_is_told(client: Mistral, model: str) -> None:
    told: list[tuple[str, str]] = []
    async with await client.chat.stream_async(model=model, messages=[says(RIDDLE)]) as stream:
        async for event in stream:
            told += [read(choice.delta.content) for choice in event.data.choices]
    thought, text = ("".join(pieces) for pieces in zip(*told, strict=True))
    assert (thought, text) == (THINKS, THOUGHT)


def read(content: object) -> tuple[str, str]:
    """The thought and the text of a whole content, or of a piece of one."""
    if not isinstance(content, list):
        return "", str(content or "")
    thought = text = ""
    for chunk in cast("list[object]", content):
        match chunk:
            case ThinkChunk(thinking=parts):
                thought += "".join(part.text for part in parts if isinstance(part, TextChunk))
            case TextChunk(text=part):
                text += part
            case _:
                raise AssertionError(chunk)
    return thought, text


async def a_response_is_answered(client: Mistral, model: str) -> None:
    got = await client.responses.create_async(
        model=model, input=GREETING, instructions="Be brief.", max_output_tokens=100
    )
    (item,) = got.output
    assert item.type == "message"
    told = [part.text for part in item.content if part.type == "output_text"]
    assert (got.status, told) == ("completed", [SAYS])


async def a_response_is_streamed(client: Mistral, model: str) -> None:
    text, ends = "", list[str]()
    async with await client.responses.create_async(
        model=model, input=GREETING, stream=True
    ) as stream:
        async for event in stream:
            ends.append(event.data.type)
            text += event.data.delta if event.data.type == "response.output_text.delta" else ""
    assert (text, ends[-1]) == (SAYS, "response.completed")


async def texts_are_embedded(client: Mistral, model: str) -> None:
    got = await client.embeddings.create_async(model=model, inputs=["one", "two"])
    one, two = (each.embedding for each in got.data)
    assert one
    assert one != two


CHECKS: Final[tuple[Check, ...]] = (
    models_are_listed,
    a_chat_is_answered,
    a_chat_is_streamed,
    calls_and_their_results_go_round,
    streamed_calls_and_their_results_go_round,
    a_chat_has_the_form_that_is_wanted,
    thought_is_told_and_goes_back,
    streamed_thought_is_told,
    a_response_is_answered,
    a_response_is_streamed,
)
FORCES: Final[tuple[Check, ...]] = (a_tool_can_be_forced,)
EMBEDS: Final[tuple[Check, ...]] = (texts_are_embedded,)
