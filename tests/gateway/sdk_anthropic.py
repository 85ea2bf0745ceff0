"""What Anthropic's SDK has to get of a gateway whose model answers as by_heart.py does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from anthropic import AsyncAnthropic
from anthropic.types import (
    Message,
    MessageParam,
    TextBlock,
    ThinkingBlock,
    ToolParam,
    ToolResultBlockParam,
    ToolUseBlock,
)
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
    assert (told(got), got.stop_reason) == ([SAYS], "end_turn")
    assert got.usage.output_tokens == SAYS_TOKENS
    assert got.usage.input_tokens > 0


async def a_message_is_streamed(client: AsyncAnthropic, model: str) -> None:
    async with client.messages.stream(
        model=model, max_tokens=MOST, messages=[says(GREETING)]
    ) as stream:
        text = "".join([piece async for piece in stream.text_stream])
        got = await stream.get_final_message()
    assert (text, told(got), got.stop_reason) == (SAYS, [SAYS], "end_turn")
    assert got.usage.output_tokens == SAYS_TOKENS


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
    wanted = [(TOOL, {"city": city}) for city in CITIES]
    assert (told(got), got.stop_reason) == ([LOOKS_UP, *wanted], "tool_use")
    results: list[ToolResultBlockParam] = [
        {"type": "tool_result", "tool_use_id": block.id, "content": "3 °C"}
        for block in got.content
        if block.type == "tool_use"
    ]
    history: list[MessageParam] = [
        says(QUESTION), went_on(got), {"role": "user", "content": results}
    ]  # fmt: skip
    last = await client.messages.create(
        model=model, max_tokens=MOST, messages=history, tools=[OFFERED]
    )
    assert told(last) == [CONCLUDES]


def told(message: Message) -> list[object]:
    """Of each block what there is to it."""
    found: list[object] = []
    for block in message.content:
        match block:
            case TextBlock(text=text):
                found.append(text)
            case ThinkingBlock(thinking=thought):
                found.append(("thought", thought))
            case ToolUseBlock(name=name, input=arguments):
                found.append((name, arguments))
            case _:
                found.append(block)
    return found


def went_on(message: Message) -> MessageParam:
    """The answer as a program sends it back."""
    return {"role": "assistant", "content": message.model_dump(exclude_none=True)["content"]}


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
    assert told(got) == [("thought", THINKS), THOUGHT]
    last = await client.messages.create(
        model=model,
        max_tokens=MOST,
        messages=[says(RIDDLE), went_on(got), says(GREETING)],
    )
    assert told(last) == [SAYS]


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
