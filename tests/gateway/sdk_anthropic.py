"""What Anthropic's SDK has to get of a gateway whose model answers as by_heart.py does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeAlias

from anthropic import AsyncAnthropic
from anthropic.types import Message, MessageParam, ToolParam
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

Check: TypeAlias = Callable[[AsyncAnthropic, str], Awaitable[None]]

MOST: Final = 1500
OFFERED: Final[ToolParam] = {
    "name": TOOL,
    "description": TOOL_SAYS,
    "input_schema": PARAMETERS,
}


class Place(BaseModel):
    city: str


def client_of(url: str, token: str, *, max_retries: int = 0) -> AsyncAnthropic:
    return AsyncAnthropic(base_url=url, api_key=token, max_retries=max_retries, timeout=30)


def says(text: str) -> MessageParam:
    return {"role": "user", "content": text}


async def models_are_listed(client: AsyncAnthropic, model: str) -> None:
    listed = [each.id async for each in client.models.list()]
    assert {"auto", model} <= set(listed)
    assert (await client.models.retrieve(model)).id == model


async def a_message_is_answered(client: AsyncAnthropic, model: str) -> None:
    got = await client.messages.create(
        model=model, max_tokens=100, system="Be brief.", messages=[says(GREETING)]
    )
    (block,) = got.content
    assert block.type == "text"
    assert (block.text, got.stop_reason, got.usage.output_tokens) == (SAYS, "end_turn", SAYS_TOKENS)
    assert got.usage.input_tokens > 0


async def a_message_is_streamed(client: AsyncAnthropic, model: str) -> None:
    async with client.messages.stream(
        model=model, max_tokens=MOST, messages=[says(GREETING)]
    ) as stream:
        text = "".join([piece async for piece in stream.text_stream])
        got = await stream.get_final_message()
    (block,) = got.content
    assert block.type == "text"
    told = text, block.text, got.stop_reason, got.usage.output_tokens
    assert told == (SAYS, SAYS, "end_turn", SAYS_TOKENS)


async def calls_and_their_results_go_round(client: AsyncAnthropic, model: str) -> None:
    got = await client.messages.create(
        model=model, max_tokens=MOST, messages=[says(QUESTION)], tools=[OFFERED]
    )
    await conclude(client, model, got)


async def streamed_calls_and_their_results_go_round(client: AsyncAnthropic, model: str) -> None:
    async with client.messages.stream(
        model=model, max_tokens=MOST, messages=[says(QUESTION)], tools=[OFFERED]
    ) as stream:
        got = await stream.get_final_message()
    await conclude(client, model, got)


async def conclude(client: AsyncAnthropic, model: str, got: Message) -> None:
    text, *calls = got.content
    assert (got.stop_reason, text.type) == ("tool_use", "text")
    assert text.text == LOOKS_UP
    assert [call.type for call in calls] == ["tool_use"] * 2
    assert [(call.name, call.input) for call in calls] == [(TOOL, {"city": c}) for c in CITIES]
    results: Iterable[Any] = [
        {"type": "tool_result", "tool_use_id": call.id, "content": "3 °C"} for call in calls
    ]
    said = got.model_dump(exclude_none=True)["content"]
    history: list[MessageParam] = [
        says(QUESTION),
        {"role": "assistant", "content": said},
        {"role": "user", "content": results},
    ]
    last = await client.messages.create(
        model=model, max_tokens=MOST, messages=history, tools=[OFFERED]
    )
    assert text_of(last) == CONCLUDES


def text_of(message: Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


async def an_answer_has_the_form_that_is_wanted(client: AsyncAnthropic, model: str) -> None:
    got = await client.messages.parse(
        model=model, max_tokens=MOST, messages=[says(FORM)], output_format=Place
    )
    assert got.parsed_output == Place(city="Oslo")


async def thought_is_told_and_goes_back(client: AsyncAnthropic, model: str) -> None:
    got = await client.messages.create(
        model=model,
        max_tokens=MOST,
        messages=[says(RIDDLE)],
        thinking={"type": "enabled", "budget_tokens": 1024},
    )
    await go_on(client, model, got)


async def streamed_thought_is_told_and_goes_back(client: AsyncAnthropic, model: str) -> None:
    async with client.messages.stream(
        model=model,
        max_tokens=MOST,
        messages=[says(RIDDLE)],
        thinking={"type": "enabled", "budget_tokens": 1024},
    ) as stream:
        got = await stream.get_final_message()
    await go_on(client, model, got)


async def go_on(client: AsyncAnthropic, model: str, got: Message) -> None:
    thought, text = got.content
    assert (thought.type, text.type) == ("thinking", "text")
    assert (thought.thinking, text.text) == (THINKS, THOUGHT)
    said = got.model_dump(exclude_none=True)["content"]
    last = await client.messages.create(
        model=model,
        max_tokens=MOST,
        messages=[says(RIDDLE), {"role": "assistant", "content": said}, says(GREETING)],
    )
    assert text_of(last) == SAYS


async def tokens_are_counted(client: AsyncAnthropic, model: str) -> None:
    few = await client.messages.count_tokens(model=model, messages=[says(GREETING)])
    more = await client.messages.count_tokens(
        model=model, messages=[says(GREETING * 50)], system="Be brief.", tools=[OFFERED]
    )
    assert 0 < few.input_tokens < more.input_tokens


CHECKS: Final[tuple[Check, ...]] = (
    models_are_listed,
    a_message_is_answered,
    a_message_is_streamed,
    calls_and_their_results_go_round,
    streamed_calls_and_their_results_go_round,
    an_answer_has_the_form_that_is_wanted,
    thought_is_told_and_goes_back,
    streamed_thought_is_told_and_goes_back,
    tokens_are_counted,
)
