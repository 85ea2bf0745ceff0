"""OpenAI's own SDK before a gateway, over entries of every dialect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import openai
import pytest
from msgspec.structs import replace
from openai import AsyncOpenAI

from tests.gateway.by_heart import GREETING, PICTURE, SAYS, SEES, by_heart
from tests.gateway.raw import TOKEN
from tests.gateway.rig import gateway
from tests.gateway.sdk_openai import CHECKS, EMBEDS, Check, client_of, says
from tests.mux.pools import Line
from vibe.domain.model import Backend
from vibe.mux.entry import Rules
from vibe.testing.dialects import DIALECTS
from vibe.testing.faults import at, play

pytestmark = pytest.mark.sdks

Ask: TypeAlias = Callable[[AsyncOpenAI], Awaitable[str | None]]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_sdk_gets_what_it_asks_for(check: Check, dialect: Backend) -> None:
    async with (
        gateway(Line(alias="alpha", behaviour=by_heart, dialect=dialect)) as gate,
        client_of(gate.url, TOKEN) as client,
    ):
        await check(client, "alpha")


@pytest.mark.parametrize("dialect", [each for each in DIALECTS if each != "anthropic"])
@pytest.mark.parametrize("check", EMBEDS, ids=lambda check: check.__name__)
async def test_the_sdk_gets_embeddings(check: Check, dialect: Backend) -> None:
    line = Line(alias="alpha", dialect=dialect)
    async with gateway(line) as gate, client_of(gate.url, TOKEN) as client:
        await check(client, "alpha")


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_picture_arrives(dialect: Backend) -> None:
    line = Line(alias="alpha", behaviour=by_heart, dialect=dialect, sees=True)
    url = f"data:image/png;base64,{PICTURE}"
    async with gateway(line) as gate, client_of(gate.url, TOKEN) as client:
        chat = await client.chat.completions.create(
            model="auto",
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is this?"},
                        {"type": "image_url", "image_url": {"url": url}},
                    ],
                }
            ],
        )
        response = await client.responses.create(
            model="auto",
            input=[
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "What is this?"},
                        {"type": "input_image", "image_url": url, "detail": "auto"},
                    ],
                }
            ],
        )
        received = gate.rig.servers["alpha"].requests
        assert [PICTURE.encode() in each.body for each in received] == [True, True]
    assert (chat.choices[0].message.content, response.output_text) == (SEES, SEES)


# Where something fails.


async def chat(client: AsyncOpenAI) -> str | None:
    got = await client.chat.completions.create(model="auto", messages=[says(GREETING)])
    return got.choices[0].message.content


async def respond(client: AsyncOpenAI) -> str | None:
    return (await client.responses.create(model="auto", input=GREETING)).output_text


async def read_chat(client: AsyncOpenAI, told: list[str]) -> None:
    async for chunk in await client.chat.completions.create(
        model="auto", messages=[says(GREETING)], stream=True
    ):
        told += [choice.delta.content or "" for choice in chunk.choices]


async def read_response(client: AsyncOpenAI, told: list[str]) -> None:
    async with client.responses.stream(model="auto", input=GREETING) as stream:
        async for event in stream:
            told.append(event.delta if event.type == "response.output_text.delta" else "")
        await stream.get_final_response()


Read: TypeAlias = Callable[[AsyncOpenAI, list[str]], Awaitable[None]]


@pytest.mark.parametrize("ask", [chat, respond])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("bad_parameter", (openai.BadRequestError, None)),
        ("context", (openai.BadRequestError, None)),
        ("not_found", (openai.NotFoundError, None)),
        ("rate_limit_long", (openai.RateLimitError, "7200")),
        ("unavailable", (openai.InternalServerError, "60")),
    ],
)
async def test_an_error_is_of_its_class(
    ask: Ask, fault: str, expected: tuple[type, str | None]
) -> None:
    line = Line(alias="alpha", faults=play(fault))
    rules = Rules(error_s=60.0, max_wait_s=0.0)
    async with gateway(line, rules=rules) as gate, client_of(gate.url, TOKEN) as client:
        with pytest.raises(openai.APIStatusError) as caught:
            await ask(client)
        error = caught.value
        assert (type(error), error.response.headers.get("retry-after")) == expected
        assert error.request_id == gate.records[0].id


async def test_what_the_gateway_itself_refuses_is_of_its_class() -> None:
    async with gateway(Line(alias="alpha", dialect="anthropic")) as gate:
        application = gate.application
        application.offer = replace(application.offer, max_body_bytes=1_000)
        async with client_of(gate.url, TOKEN) as client, client_of(gate.url, "wrong") as stranger:
            with pytest.raises(openai.AuthenticationError):
                await chat(stranger)
            with pytest.raises(openai.NotFoundError):
                await client.models.retrieve("none-of-them")
            with pytest.raises(openai.BadRequestError):
                await client.chat.completions.create(model="auto", messages=[])
            with pytest.raises(openai.APIStatusError, match="413"):
                await client.responses.create(model="auto", input=GREETING * 1_000)
        assert gate.rig.reached() == {"alpha": 0}


@pytest.mark.parametrize("fault", ["rate_limit", "server_error", "reset_before_headers"])
@pytest.mark.parametrize("read", [read_chat, read_response])
async def test_a_failover_before_the_first_word_is_unseen(read: Read, fault: str) -> None:
    lines = (
        Line(alias="alpha", faults=play(fault)),
        Line(alias="beta", behaviour=by_heart, dialect="anthropic"),
    )
    async with gateway(*lines) as gate, client_of(gate.url, TOKEN) as client:
        told: list[str] = []
        await read(client, told)
        assert "".join(told) == SAYS
        assert gate.rig.reached() == {"alpha": 1, "beta": 1}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", ["reset_in_body", "no_terminator", "in_band_overloaded"])
async def test_a_chat_that_is_cut_raises(dialect: Backend, fault: str) -> None:
    line = Line(alias="alpha", behaviour=by_heart, dialect=dialect, faults=play(fault))
    async with gateway(line) as gate, client_of(gate.url, TOKEN) as client:
        told: list[str] = []
        with pytest.raises(openai.APIError):
            await read_chat(client, told)
        assert SAYS.startswith("".join(told))
        assert "".join(told)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", ["reset_in_body", "no_terminator", "in_band_overloaded"])
async def test_a_response_that_is_cut_has_no_end(dialect: Backend, fault: str) -> None:
    """The SDK tells of it by an event, as OpenAI does, and raises for whoever wants the whole."""
    line = Line(alias="alpha", behaviour=by_heart, dialect=dialect, faults=play(fault))
    async with gateway(line) as gate, client_of(gate.url, TOKEN) as client:
        told: list[str] = []
        with pytest.raises(RuntimeError):
            await read_response(client, told)
        assert SAYS.startswith("".join(told))
        assert "".join(told)


@pytest.mark.parametrize("ask", [chat, respond])
async def test_the_sdk_comes_again_when_it_was_told_to(ask: Ask) -> None:
    line = Line(alias="alpha", behaviour=by_heart, faults=at({1: play("rate_limit_short")}))
    rules = Rules(max_wait_s=0.0)
    async with (
        gateway(line, rules=rules) as gate,
        client_of(gate.url, TOKEN, max_retries=1) as client,
    ):
        assert await ask(client) == SAYS
        assert [record.status for record in gate.records] == [429, 200]
