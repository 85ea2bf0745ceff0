"""A pool that is read from a configuration file instead of being told in the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.library.rig import HELLO, Line, Rig, add
from vibe import Multiplexer
from vibe.config.problem import ConfigError
from vibe.testing.fault_server import FaultServer
from vibe.testing.script import says

PROVIDER = """
[[providers]]
name = "{name}"
api_base = "{api_base}"
api_key_env_var = "{variable}"

[[models]]
name = "smol"
provider = "{name}"
alias = "{name}"
"""
POOL = """
[multiplexer]
enabled = true
mode = "load_balance"
pool = [{ model = "a", weight = 70 }, { model = "b", weight = 30 }]
"""
KEY = "k3y-of-the-endpoint"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("A_API_KEY", KEY)
    return tmp_path / "pool.toml"


def provider(name: str, server: FaultServer, variable: str = "A_API_KEY") -> str:
    return PROVIDER.format(name=name, api_base=server.api_base, variable=variable)


def write(file: Path, settings: str) -> None:
    file.write_text(f'active_model = "a"\n{settings}')


async def test_the_pool_of_a_file_is_asked_by_its_own_rules(file: Path) -> None:
    async with FaultServer(says(HELLO), key=KEY) as a, FaultServer(says(HELLO), key=KEY) as b:
        write(file, provider("a", a) + provider("b", b) + POOL)
        async with Multiplexer.from_config(file) as m:
            rig = Rig(m=m, servers={"a": a, "b": b})
            for _ in range(10):
                await rig.ask()
            assert rig.reached() == {"a": 7, "b": 3}


async def test_an_endpoint_that_is_added_to_a_lone_model_stands_behind_it(file: Path) -> None:
    async with FaultServer(says(HELLO), key=KEY) as a, FaultServer(says(HELLO)) as b:
        write(file, provider("a", a))
        async with Multiplexer.from_config(file) as m:
            add(m, Line(name="b"), b)
            rig = Rig(m=m, servers={"a": a, "b": b})
            assert [(await rig.ask()).endpoint for _ in range(3)] == ["a"] * 3
            assert (await rig.ask(model="b")).endpoint == "b"


async def test_a_file_that_cannot_be_used_is_refused(file: Path) -> None:
    async with FaultServer(says(HELLO)) as a:
        write(file, provider("a", a, variable="NOT_SET_API_KEY"))
        with pytest.raises(ConfigError, match="NOT_SET_API_KEY"):
            Multiplexer.from_config(file)
