"""The file that `vibe config init` writes, for each provider and local server that vibe knows."""

from __future__ import annotations

import re

import pytest

from vibe.config.known import LLAMACPP, LOCAL_SERVERS, OLLAMA, PROVIDERS, KnownProvider, LocalServer
from vibe.config.load import Loaded, load_text
from vibe.config.schema import Model, Multiplexer, PoolEntry, Provider, Settings
from vibe.config.starter import starter
from vibe.config.variables import Variables

EVERY_ONE = pytest.mark.parametrize(
    "provider", [pytest.param(each, id=each.name) for each in (*PROVIDERS, *LOCAL_SERVERS)]
)


def loaded(text: str, provider: KnownProvider | LocalServer) -> Loaded:
    keys = {provider.variable: "k-5Rw8canary0Qz"} if provider.variable else {}
    return load_text(text, name="config.toml", variables=Variables(environment=keys))


def switched_on(text: str) -> str:
    return re.sub(r"(?m)^#(?=[a-z\[])", "", text)


def account(of: KnownProvider | LocalServer) -> Provider:
    return Provider(
        name=of.name, api_base=of.api_base, api_key_env_var=of.variable, backend=of.backend
    )


def model(of: KnownProvider | LocalServer) -> Model:
    return Model(
        name=of.model,
        provider=of.name,
        alias=of.alias,
        input_price=of.input_price,
        output_price=of.output_price,
    )


@EVERY_ONE
def test_the_starter_works_as_it_is(provider: KnownProvider | LocalServer) -> None:
    found = loaded(starter(provider), provider)
    assert found.problems == ()
    assert found.settings == Settings(
        active_model=provider.alias, providers=(account(provider),), models=(model(provider),)
    )


@EVERY_ONE
def test_the_pool_in_its_comments_works_when_switched_on(
    provider: KnownProvider | LocalServer,
) -> None:
    second = LLAMACPP if provider is OLLAMA else OLLAMA
    found = loaded(switched_on(starter(provider)), provider)
    assert found.problems == ()
    assert found.settings == Settings(
        active_model=provider.alias,
        providers=(account(provider), account(second)),
        models=(model(provider), model(second)),
        multiplexer=Multiplexer(
            enabled=True,
            mode="failover",
            pool=(
                PoolEntry(model=provider.alias, max_concurrent=3),
                PoolEntry(model=second.alias, is_fallback=True),
            ),
        ),
    )


@EVERY_ONE
def test_the_starter_is_short_and_tells_editors_of_the_schema(
    provider: KnownProvider | LocalServer,
) -> None:
    lines = starter(provider).splitlines()
    assert lines[0] == "#:schema config.schema.json"
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 100
