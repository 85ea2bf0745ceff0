"""What OpenAI's SDK has to get of a gateway whose model answers as by_heart.py does."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from openai import AsyncOpenAI
from openai.types.chat import (
    ChatCompletionFunctionToolParam,
    ChatCompletionMessage,
    ChatCompletionMessageParam,
)
from openai.types.responses import FunctionToolParam
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

Check: TypeAlias = Callable[[AsyncOpenAI, str], Awaitable[None]]

CHAT_TOOL: Final[ChatCompletionFunctionToolParam] = {
    "type": "function",
    "function": {
        "name": TOOL, "description": TOOL_SAYS, "parameters": PARAMETERS, "strict": True,
    },
}  # fmt: skip
TOOL_OF_RESPONSES: Final[FunctionToolParam] = {
    "type": "function",
    "name": TOOL,
    "description": TOOL_SAYS,
    "parameters": PARAMETERS,
    "strict": True,
}


class Place(BaseModel):
    city: str


def client_of(url: str, token: str, *, max_retries: int = 0) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{url}/v1", api_key=token, max_retries=max_retries, timeout=30)


def says(text: str) -> ChatCompletionMessageParam:
    return {"role": "user", "content": text}


async def models_are_listed(client: AsyncOpenAI, model: str) -> None:
    listed = [each.id async for each in client.models.list()]
    assert {"auto", model} <= set(listed)
    assert (await client.models.retrieve(model)).id == model


# Chat completions.


async def a_chat_is_answered(client: AsyncOpenAI, model: str) -> None:
    got = await client.chat.completions.create(
        model=model,
        messages=[{"role": "system", "content": "Be brief."}, says(GREETING)],
        temperature=0,
        max_tokens=100,
        seed=7,
    )
    (choice,) = got.choices
    assert got.usage
    told = choice.message.content, choice.finish_reason, got.usage.completion_tokens
    assert told == (SAYS, "stop", SAYS_TOKENS)


async def a_chat_is_streamed(client: AsyncOpenAI, model: str) -> None:
    text = ""
    async with client.chat.completions.stream(
        model=model, messages=[says(GREETING)], stream_options={"include_usage": True}
    ) as stream:
        async for event in stream:
            text += event.delta if event.type == "content.delta" else ""
        got = await stream.get_final_completion()
    (choice,) = got.choices
    assert got.usage
    told = text, choice.message.content, choice.finish_reason, got.usage.completion_tokens
    assert told == (SAYS, SAYS, "stop", SAYS_TOKENS)


async def calls_of_a_chat_and_their_results_go_round(client: AsyncOpenAI, model: str) -> None:
    got = await client.chat.completions.create(
        model=model, messages=[says(QUESTION)], tools=[CHAT_TOOL], parallel_tool_calls=True
    )
    assert got.choices[0].finish_reason == "tool_calls"
    await conclude(client, model, got.choices[0].message)


async def streamed_calls_of_a_chat_and_their_results_go_round(
    client: AsyncOpenAI, model: str
) -> None:
    async with client.chat.completions.stream(
        model=model, messages=[says(QUESTION)], tools=[CHAT_TOOL], parallel_tool_calls=True
    ) as stream:
        got = await stream.get_final_completion()
    assert got.choices[0].finish_reason == "tool_calls"
    await conclude(client, model, got.choices[0].message)


async def conclude(client: AsyncOpenAI, model: str, called: ChatCompletionMessage) -> None:
    calls = called.tool_calls or []
    functions = [each.function for each in calls if each.type == "function"]
    wanted = [(each.name, json.loads(each.arguments)) for each in functions]
    assert (called.content, wanted) == (LOOKS_UP, [(TOOL, {"city": city}) for city in CITIES])
    history: list[Any] = [says(QUESTION), called.model_dump(exclude_none=True)]
    history += [{"role": "tool", "tool_call_id": each.id, "content": "3 °C"} for each in calls]
    got = await client.chat.completions.create(model=model, messages=history, tools=[CHAT_TOOL])
    assert got.choices[0].message.content == CONCLUDES


async def a_chat_has_the_form_that_is_wanted(client: AsyncOpenAI, model: str) -> None:
    got = await client.chat.completions.parse(
        model=model, messages=[says(FORM)], response_format=Place
    )
    assert got.choices[0].message.parsed == Place(city="Oslo")


async def thought_of_a_chat_is_told(client: AsyncOpenAI, model: str) -> None:
    """The SDK has no field of its own for it, and keeps whatever it does not know."""
    got = await client.chat.completions.create(
        model=model, messages=[says(RIDDLE)], reasoning_effort="low"
    )
    message = got.choices[0].message
    assert message.model_extra
    assert (message.model_extra["reasoning_content"], message.content) == (THINKS, THOUGHT)


async def streamed_thought_of_a_chat_is_told(client: AsyncOpenAI, model: str) -> None:
    thought = text = ""
    async for chunk in await client.chat.completions.create(
        model=model, messages=[says(RIDDLE)], stream=True
    ):
        for choice in chunk.choices:
            thought += (choice.delta.model_extra or {}).get("reasoning_content") or ""
            text += choice.delta.content or ""
    assert (thought, text) == (THINKS, THOUGHT)


# Responses.


async def a_response_is_answered(client: AsyncOpenAI, model: str) -> None:
    got = await client.responses.create(
        model=model, input=GREETING, instructions="Be brief.", temperature=0, max_output_tokens=100
    )
    assert got.usage
    told = got.status, got.output_text, got.usage.output_tokens
    assert told == ("completed", SAYS, SAYS_TOKENS)


async def a_response_is_streamed(client: AsyncOpenAI, model: str) -> None:
    text = ""
    async with client.responses.stream(model=model, input=GREETING) as stream:
        async for event in stream:
            text += event.delta if event.type == "response.output_text.delta" else ""
        got = await stream.get_final_response()
    assert (got.status, text, got.output_text) == ("completed", SAYS, SAYS)


async def calls_of_a_response_and_their_results_go_round(client: AsyncOpenAI, model: str) -> None:
    history: list[Any] = [{"role": "user", "content": QUESTION}]
    async with client.responses.stream(
        model=model, input=history, tools=[TOOL_OF_RESPONSES]
    ) as stream:
        streamed = await stream.get_final_response()
    got = await client.responses.create(model=model, input=history, tools=[TOOL_OF_RESPONSES])
    for each in (streamed, got):
        calls = [item for item in each.output if item.type == "function_call"]
        wanted = [(call.name, json.loads(call.arguments)) for call in calls]
        assert each.output_text == LOOKS_UP
        assert wanted == [(TOOL, {"city": city}) for city in CITIES]
    history += [item.model_dump(exclude_none=True) for item in got.output]
    history += [
        {"type": "function_call_output", "call_id": item.call_id, "output": "3 °C"}
        for item in got.output
        if item.type == "function_call"
    ]
    last = await client.responses.create(model=model, input=history, tools=[TOOL_OF_RESPONSES])
    assert last.output_text == CONCLUDES


async def a_response_has_the_form_that_is_wanted(client: AsyncOpenAI, model: str) -> None:
    got = await client.responses.parse(model=model, input=FORM, text_format=Place)
    assert got.output_parsed == Place(city="Oslo")


async def thought_of_a_response_is_told_and_goes_back(client: AsyncOpenAI, model: str) -> None:
    got = await client.responses.create(
        model=model, input=RIDDLE, reasoning={"effort": "low"},
        include=["reasoning.encrypted_content"],
    )  # fmt: skip
    thoughts = [item for item in got.output if item.type == "reasoning"]
    told = [part.text for item in thoughts for part in item.summary + (item.content or [])]
    assert (told, got.output_text) == ([THINKS], THOUGHT)
    history: list[Any] = [
        {"role": "user", "content": RIDDLE},
        *(item.model_dump(exclude_none=True) for item in got.output),
        {"role": "user", "content": GREETING},
    ]
    again = await client.responses.create(model=model, input=history)
    assert again.output_text == SAYS


# Embeddings.


async def texts_are_embedded(client: AsyncOpenAI, model: str) -> None:
    got = await client.embeddings.create(model=model, input=["one", "two"])
    plain = await client.embeddings.create(model=model, input="one", encoding_format="float")
    one, two = (each.embedding for each in got.data)
    assert one != two
    assert [round(each, 5) for each in one] == [round(e, 5) for e in plain.data[0].embedding]
    assert plain.usage.prompt_tokens > 0


CHECKS: Final[tuple[Check, ...]] = (
    models_are_listed,
    a_chat_is_answered,
    a_chat_is_streamed,
    calls_of_a_chat_and_their_results_go_round,
    streamed_calls_of_a_chat_and_their_results_go_round,
    a_chat_has_the_form_that_is_wanted,
    thought_of_a_chat_is_told,
    streamed_thought_of_a_chat_is_told,
    a_response_is_answered,
    a_response_is_streamed,
    calls_of_a_response_and_their_results_go_round,
    a_response_has_the_form_that_is_wanted,
    thought_of_a_response_is_told_and_goes_back,
)
EMBEDS: Final[tuple[Check, ...]] = (texts_are_embedded,)
