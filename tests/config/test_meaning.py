"""The documents' configurations mean what the documents say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.seeds import EXAMPLES, KEYS
from vibe.config.load import load_text
from vibe.config.schema import Model, Multiplexer, PoolEntry, Settings
from vibe.config.variables import Variables
from vibe.domain.model import Alias, ProviderName

VARIABLES = Variables(environment=dict.fromkeys(KEYS, "k3y-for-tests"))


def settings(name: str) -> Settings:
    loaded = load_text(EXAMPLES[name], name=f"{name}.toml", variables=VARIABLES)
    assert loaded.problems == ()
    return loaded.require()


def entry(
    model: str, *, weight: int = 1, at_once: int | None = None, fallback: bool = False
) -> PoolEntry:
    return PoolEntry(
        model=Alias(model), weight=weight, max_concurrent=at_once, is_fallback=fallback
    )


POOLS = {
    "basic_failover": Multiplexer(
        enabled=True,
        mode="failover",
        pool=(entry("devstral-2"), entry("devstral-small", fallback=True)),
    ),
    "weighted": Multiplexer(
        enabled=True,
        mode="load_balance",
        pool=(entry("devstral-2", weight=70), entry("devstral-small", weight=30)),
    ),
    "multi_provider": Multiplexer(
        enabled=True,
        mode="failover",
        pool=(entry("devstral-2"), entry("custom", fallback=True)),
    ),
    "rate_limit": Multiplexer(
        enabled=True,
        mode="failover",
        rate_limit_disable_duration_ms=120_000,
        persistent_error_disable_duration_ms=10_000,
        pool=(entry("devstral-2"), entry("devstral-small", fallback=True)),
    ),
    "concurrency": Multiplexer(
        enabled=True,
        mode="load_balance",
        pool=(
            entry("devstral-2", weight=60, at_once=3),
            entry("devstral-small", weight=40, at_once=5),
        ),
    ),
    "hybrid": Multiplexer(
        enabled=True, mode="failover", pool=(entry("local"), entry("cloud", fallback=True))
    ),
    "three_tier": Multiplexer(
        enabled=True,
        mode="failover",
        pool=(entry("devstral-2"), entry("devstral-small"), entry("tiny", fallback=True)),
    ),
    "minimal": Multiplexer(enabled=False),
}


@pytest.mark.parametrize("name", POOLS)
def test_the_multiplexer_is_as_described(name: str) -> None:
    assert settings(name).multiplexer == POOLS[name]


def test_every_example_is_told_of_here() -> None:
    assert set(POOLS) == set(EXAMPLES)


def test_the_documented_defaults_hold() -> None:
    assert Multiplexer() == Multiplexer(
        enabled=False,
        mode="single",
        rate_limit_disable_duration_ms=60_000,
        persistent_error_disable_duration_ms=15_000,
        pool=(),
    )
    assert entry("any") == PoolEntry(
        model=Alias("any"), weight=1, max_concurrent=None, is_fallback=False
    )


def test_models_and_prices_are_as_written() -> None:
    assert settings("basic_failover").models[0] == Model(
        name="mistral-vibe-cli-latest",
        provider=ProviderName("mistral"),
        alias=Alias("devstral-2"),
        input_price=0.4,
        output_price=2.0,
    )
    assert settings("hybrid").models[0].input_price == 0.0
    assert settings("weighted").models[0].input_price is None


def test_a_local_provider_needs_no_key() -> None:
    loaded = load_text(
        EXAMPLES["hybrid"].replace('[[multiplexer.pool]]\nmodel = "cloud"\nis_fallback = true', ""),
        name="config.toml",
        variables=Variables(environment={}),
    )
    assert [problem.code for problem in loaded.problems] == []


GUIDE = {
    file.stem: file.read_text()
    for file in (Path(__file__).parent / "examples" / "migration").glob("*.toml")
}
FIRST = GUIDE["single_model"]
PROVIDER = FIRST[FIRST.index("[[providers]]") : FIRST.index("[[models]]")]
LOCAL_AND_CLOUD = """
[[providers]]
name = "llamacpp"
api_base = "http://127.0.0.1:8080/v1"

[[models]]
name = "devstral"
provider = "llamacpp"
alias = "local"

[[models]]
name = "devstral-small-latest"
provider = "mistral"
alias = "cloud"

[multiplexer]
enabled = true
mode = "failover"

"""
WHOLE = {
    "single_model": FIRST,
    "opt_in": GUIDE["opt_in"],
    "custom_provider": FIRST + GUIDE["custom_provider"],
    "manual_switching": GUIDE["manual_switching"] + PROVIDER,
    "automatic_failover": GUIDE["automatic_failover"] + PROVIDER,
    "local_with_cloud_fallback": FIRST + LOCAL_AND_CLOUD + GUIDE["local_with_cloud_fallback"],
}


@pytest.mark.parametrize("name", GUIDE)
def test_the_migration_guides_configurations_hold(name: str) -> None:
    """Its fragments with the definitions that they name."""
    loaded = load_text(WHOLE[name], name=f"{name}.toml", variables=VARIABLES)
    told = [problem.code for problem in loaded.problems]
    # The pool of the guide's question about local models leaves the active one of its start out.
    assert told == (["active-not-in-pool"] if name == "local_with_cloud_fallback" else [])
