"""OpenAI's own SDK before a gateway, over entries of several dialects."""

from __future__ import annotations

import pytest

from tests.gateway.by_heart import by_heart
from tests.gateway.raw import TOKEN
from tests.gateway.rig import gateway
from tests.gateway.sdk_openai import CHECKS, Check, client_of
from tests.mux.pools import Line
from vibe.domain.model import Backend
from vibe.testing.dialects import DIALECTS


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_sdk_gets_what_it_asks_for(check: Check, dialect: Backend) -> None:
    async with (
        gateway(Line(alias="alpha", behaviour=by_heart, dialect=dialect)) as gate,
        client_of(gate.url, TOKEN) as client,
    ):
        await check(client, "alpha")
