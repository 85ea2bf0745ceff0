"""Anthropic's own SDK before a gateway, over entries of every dialect."""

from __future__ import annotations

import anthropic
import pytest
from anthropic import AsyncAnthropic
from msgspec.structs import replace

from tests.gateway.by_heart import GREETING, PICTURE, SAYS, SEES, by_heart
from tests.gateway.raw import TOKEN
from tests.gateway.rig import gateway
from tests.gateway.sdk_anthropic import CHECKS, MOST, Check, client_of, says, told
from tests.mux.pools import Line
from vibe.domain.model import Backend
from vibe.mux.entry import Rules
from vibe.testing.dialects import DIALECTS
from vibe.testing.faults import at, play

pytestmark = pytest.mark.sdks


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_sdk_gets_what_it_asks_for(check: Check, dialect: Backend) -> None:
    async with (
        gateway(Line(alias="alpha", behaviour=by_heart, dialect=dialect)) as gate,
        client_of(gate.url, TOKEN) as client,
    ):
        await check(client, "alpha")


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_picture_arrives(dialect: Backend) -> None:
    line = Line(alias="alpha", behaviour=by_heart, dialect=dialect, sees=True)
    async with gateway(line) as gate, client_of(gate.url, TOKEN) as client:
        got = await client.messages.create(
            model="auto",
            max_tokens=MOST,
            messages=[
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "image",
                            "source": {
                                "type": "base64",
                                "media_type": "image/png",
                                "data": PICTURE,
                            },
                        },
                        {"type": "text", "text": "What is this?"},
                    ],
                }
            ],
        )
        (received,) = gate.rig.servers["alpha"].requests
    assert PICTURE.encode() in received.body
    assert told(got) == [SEES]


# Where something fails.


async def ask(client: AsyncAnthropic) -> list[object]:
    messages = [says(GREETING)]
    return told(await client.messages.create(model="auto", max_tokens=MOST, messages=messages))


async def read(client: AsyncAnthropic, pieces: list[str]) -> None:
    async with client.messages.stream(
        model="auto", max_tokens=MOST, messages=[says(GREETING)]
    ) as stream:
        async for piece in stream.text_stream:
            pieces.append(piece)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("bad_parameter", (anthropic.BadRequestError, "invalid_request_error", None)),
        ("context", (anthropic.BadRequestError, "invalid_request_error", None)),
        ("not_found", (anthropic.NotFoundError, "not_found_error", None)),
        ("rate_limit_long", (anthropic.RateLimitError, "rate_limit_error", "7200")),
        ("unavailable", (anthropic.ServiceUnavailableError, "overloaded_error", "60")),
    ],
)
async def test_an_error_is_of_its_class(fault: str, expected: tuple[type, str, str | None]) -> None:
    line = Line(alias="alpha", faults=play(fault))
    rules = Rules(error_s=60.0, max_wait_s=0.0)
    async with gateway(line, rules=rules) as gate, client_of(gate.url, TOKEN) as client:
        with pytest.raises(anthropic.APIStatusError) as caught:
            await ask(client)
        error = caught.value
        after = error.response.headers.get("retry-after")
        assert (type(error), error.type, after) == expected
        assert gate.records[0].id in error.message


async def test_what_the_gateway_itself_refuses_is_of_its_class() -> None:
    async with gateway(Line(alias="alpha")) as gate:
        application = gate.application
        application.offer = replace(application.offer, max_body_bytes=1_000)
        async with client_of(gate.url, TOKEN) as client, client_of(gate.url, "wrong") as stranger:
            with pytest.raises(anthropic.AuthenticationError):
                await ask(stranger)
            with pytest.raises(anthropic.NotFoundError):
                await client.models.retrieve("none-of-them")
            with pytest.raises(anthropic.BadRequestError):
                await client.messages.create(model="auto", max_tokens=MOST, messages=[])
            long = [says(GREETING * 1_000)]
            with pytest.raises(anthropic.RequestTooLargeError):
                await client.messages.create(model="auto", max_tokens=MOST, messages=long)
            with pytest.raises(anthropic.RequestTooLargeError):
                await client.messages.count_tokens(model="auto", messages=long)
        assert gate.rig.reached() == {"alpha": 0}


@pytest.mark.parametrize("fault", ["rate_limit", "server_error", "reset_before_headers"])
async def test_a_failover_before_the_first_word_is_unseen(fault: str) -> None:
    lines = (
        Line(alias="alpha", dialect="anthropic", faults=play(fault)),
        Line(alias="beta", behaviour=by_heart),
    )
    async with gateway(*lines) as gate, client_of(gate.url, TOKEN) as client:
        pieces: list[str] = []
        await read(client, pieces)
        assert "".join(pieces) == SAYS
        assert gate.rig.reached() == {"alpha": 1, "beta": 1}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", ["reset_in_body", "no_terminator", "in_band_overloaded"])
async def test_an_answer_that_is_cut_raises(dialect: Backend, fault: str) -> None:
    line = Line(alias="alpha", behaviour=by_heart, dialect=dialect, faults=play(fault))
    async with gateway(line) as gate, client_of(gate.url, TOKEN) as client:
        pieces: list[str] = []
        with pytest.raises(anthropic.APIStatusError, match="alpha"):
            await read(client, pieces)
        assert SAYS.startswith("".join(pieces))
        assert pieces


async def test_the_sdk_comes_again_when_it_was_told_to() -> None:
    line = Line(alias="alpha", behaviour=by_heart, faults=at({1: play("rate_limit_short")}))
    rules = Rules(max_wait_s=0.0)
    async with (
        gateway(line, rules=rules) as gate,
        client_of(gate.url, TOKEN, max_retries=1) as client,
    ):
        assert await ask(client) == [SAYS]
        assert [record.status for record in gate.records] == [429, 200]
