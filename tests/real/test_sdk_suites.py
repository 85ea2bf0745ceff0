"""The vendors' own SDKs through a `vibe serve` that has llama.cpp, in each dialect it speaks."""

from __future__ import annotations

from collections.abc import Iterator

import anthropic
import openai
import pytest
from mistralai.client.errors import SDKError
from mistralai.client.models import ImageURLChunk, UserMessage

from tests.cli.gateways import Served, served
from tests.gateway import sdk_anthropic, sdk_mistral, sdk_openai
from tests.gateway.by_heart import PICTURE

pytestmark = pytest.mark.real

ACTIVE = 'active_model = "generic"\n\n'
PROVIDER = """\
[[providers]]
name = "{backend}"
api_base = "{api_base}"
backend = "{backend}"

[[models]]
name = "tiny"
provider = "{backend}"
alias = "{backend}"

"""
DIALECTS = ("generic", "anthropic", "responses")


@pytest.fixture(scope="module")
def gateway(api_base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    file = home / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    providers = (PROVIDER.format(backend=each, api_base=api_base) for each in DIALECTS)
    file.write_text("".join((ACTIVE, *providers)))
    with served(home) as gateway:
        yield gateway


@pytest.mark.parametrize("model", DIALECTS)
@pytest.mark.parametrize("check", sdk_openai.CHECKS, ids=lambda check: check.__name__)
async def test_openai(check: sdk_openai.Check, model: str, gateway: Served) -> None:
    async with sdk_openai.client_of(gateway.url, gateway.token) as client:
        await check(client, model)


@pytest.mark.parametrize("model", DIALECTS)
@pytest.mark.parametrize("check", sdk_anthropic.CHECKS, ids=lambda check: check.__name__)
async def test_anthropic(check: sdk_anthropic.Check, model: str, gateway: Served) -> None:
    async with sdk_anthropic.client_of(gateway.url, gateway.token) as client:
        await check(client, model)


@pytest.mark.parametrize("model", DIALECTS)
@pytest.mark.parametrize("check", sdk_mistral.CHECKS, ids=lambda check: check.__name__)
async def test_mistral(check: sdk_mistral.Check, model: str, gateway: Served) -> None:
    async with sdk_mistral.client_of(gateway.url, gateway.token) as client:
        await check(client, model)


@pytest.mark.parametrize("model", ["generic", "responses"])
async def test_embeddings(model: str, gateway: Served) -> None:
    async with sdk_openai.client_of(gateway.url, gateway.token) as client:
        for check in sdk_openai.EMBEDS:
            await check(client, model)
    async with sdk_mistral.client_of(gateway.url, gateway.token) as client:
        for check in sdk_mistral.EMBEDS:
            await check(client, model)


@pytest.mark.parametrize("model", DIALECTS)
async def test_a_picture_for_a_model_without_eyes_is_a_mistake_of_the_request(
    model: str, gateway: Served
) -> None:
    url = f"data:image/png;base64,{PICTURE}"
    async with sdk_openai.client_of(gateway.url, gateway.token) as client:
        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(
                model=model,
                messages=[
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}
                ],
            )
    async with sdk_anthropic.client_of(gateway.url, gateway.token) as client:
        with pytest.raises(anthropic.BadRequestError):
            await client.messages.create(
                model=model,
                max_tokens=sdk_anthropic.MOST,
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
                            }
                        ],
                    }
                ],
            )
    async with sdk_mistral.client_of(gateway.url, gateway.token) as client:
        with pytest.raises(SDKError, match="Status 400"):
            await client.chat.complete_async(
                model=model, messages=[UserMessage(content=[ImageURLChunk(image_url=url)])]
            )
