"""Mistral's own SDK before a gateway, over entries of every dialect."""

from __future__ import annotations

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import MistralError, ResponseValidationError, SDKError
from mistralai.client.models import ImageURLChunk, TextChunk, UserMessage
from mistralai.client.utils import BackoffStrategy, RetryConfig
from msgspec.structs import replace

from tests.gateway.by_heart import GREETING, PICTURE, SAYS, SEES, by_heart
from tests.gateway.raw import TOKEN
from tests.gateway.rig import gateway
from tests.gateway.sdk_mistral import CHECKS, EMBEDS, FORCES, Check, client_of, says
from tests.mux.pools import Line
from vibe.domain.model import Backend
from vibe.mux.entry import Rules
from vibe.testing.dialects import DIALECTS
from vibe.testing.faults import at, play

pytestmark = pytest.mark.sdks


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("check", CHECKS + FORCES, ids=lambda check: check.__name__)
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
    shown = ImageURLChunk(image_url=f"data:image/png;base64,{PICTURE}")
    message = UserMessage(content=[TextChunk(text="What is this?"), shown])
    async with gateway(line) as gate, client_of(gate.url, TOKEN) as client:
        got = await client.chat.complete_async(model="auto", messages=[message])
        (received,) = gate.rig.servers["alpha"].requests
    assert PICTURE.encode() in received.body
    assert got.choices[0].message
    assert got.choices[0].message.content == SEES


# Where something fails.


async def ask(client: Mistral) -> object:
    got = await client.chat.complete_async(model="auto", messages=[says(GREETING)])
    assert got.choices[0].message
    return got.choices[0].message.content


async def read(client: Mistral, pieces: list[str]) -> None:
    async with await client.chat.stream_async(model="auto", messages=[says(GREETING)]) as stream:
        async for event in stream:
            pieces += [str(choice.delta.content or "") for choice in event.data.choices]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("bad_parameter", (400, None)),
        ("context", (400, None)),
        ("not_found", (404, None)),
        ("rate_limit_long", (429, "7200")),
        ("unavailable", (503, "60")),
    ],
)
async def test_an_error_tells_its_status(fault: str, expected: tuple[int, str | None]) -> None:
    """This SDK has one class for all."""
    line = Line(alias="alpha", faults=play(fault))
    rules = Rules(error_s=60.0, max_wait_s=0.0)
    async with gateway(line, rules=rules) as gate, client_of(gate.url, TOKEN) as client:
        with pytest.raises(SDKError) as caught:
            await ask(client)
        error = caught.value
        assert (error.status_code, error.headers.get("retry-after")) == expected
        assert gate.records[0].id in error.body


async def test_what_the_gateway_itself_refuses_tells_its_status() -> None:
    async with gateway(Line(alias="alpha")) as gate:
        application = gate.application
        application.offer = replace(application.offer, max_body_bytes=1_000)
        async with client_of(gate.url, TOKEN) as client, client_of(gate.url, "wrong") as stranger:
            with pytest.raises(SDKError, match="Status 401"):
                await ask(stranger)
            with pytest.raises(SDKError, match="Status 404"):
                await client.models.retrieve_async(model_id="none-of-them")
            with pytest.raises(SDKError, match="Status 400"):
                await client.chat.complete_async(model="auto", messages=[])
            with pytest.raises(SDKError, match="Status 413"):
                await client.embeddings.create_async(model="auto", inputs=GREETING * 1_000)
        assert gate.rig.reached() == {"alpha": 0}


@pytest.mark.parametrize("fault", ["rate_limit", "server_error", "reset_before_headers"])
async def test_a_failover_before_the_first_word_is_unseen(fault: str) -> None:
    lines = (
        Line(alias="alpha", dialect="mistral", faults=play(fault)),
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
    """The SDK knows no errors within a stream: what is no chunk is none of its answers."""
    line = Line(alias="alpha", behaviour=by_heart, dialect=dialect, faults=play(fault))
    async with gateway(line) as gate, client_of(gate.url, TOKEN) as client:
        pieces: list[str] = []
        with pytest.raises(ResponseValidationError) as caught:
            await read(client, pieces)
        assert isinstance(caught.value, MistralError)
        assert "alpha" in caught.value.body
        assert SAYS.startswith("".join(pieces))
        assert "".join(pieces)


async def test_the_sdk_comes_again_when_it_was_told_to() -> None:
    line = Line(alias="alpha", behaviour=by_heart, faults=at({1: play("rate_limit_short")}))
    backoff = BackoffStrategy(500, 60_000, 1.5, 60_000)
    retries = RetryConfig("backoff", backoff, retry_connection_errors=False)
    async with (
        gateway(line, rules=Rules(max_wait_s=0.0)) as gate,
        client_of(gate.url, TOKEN, retries=retries) as client,
    ):
        assert await ask(client) == SAYS
        assert [record.status for record in gate.records] == [429, 200]
