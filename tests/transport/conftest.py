"""Both ways to a provider: httpx's own transport, and the one that a gateway uses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.transport.asking import FOR_LOAD

TRANSPORTS = ("httpx", "aiohttp")


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Iterator[str]:
    before = FOR_LOAD.set(request.param == "aiohttp")
    yield request.param
    FOR_LOAD.reset(before)
