"""`/config` in a real chat: what was saved is what the pool is from then on."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.mux.pools import Line
from tests.tui.rig import Room, chat
from vibe.agent.permissions.trust import project_in, trust
from vibe.cli.chat_steps import served
from vibe.config.known import OLLAMA
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import at, play
from vibe.testing.script import says
from vibe.tui.panels.first_run import Served

CONFIG = """\
active_model = "one"

[[providers]]
name = "local"
api_base = "http://127.0.0.1:9/v1"

[[models]]
name = "m"
provider = "local"
alias = "one"

[[models]]
name = "n"
provider = "local"
alias = "two"

[multiplexer]
enabled = true
mode = "failover"

[[multiplexer.pool]]
model = "one"

[[multiplexer.pool]]
model = "two"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(CONFIG)
    file.chmod(0o600)
    return file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's own configuration, not trusted yet."""
    file = tmp_path / "shop" / ".vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('active_model = "one"\n')
    return file


def store_of(home: Path) -> Path:
    return home / ".local" / "state" / "vibe" / "trust.json"


def text_of(file: Path) -> str:
    return file.read_text("utf-8")


def pool_of(room: Room) -> tuple[str, list[str]]:
    snapshot = room.app.talk.desk.mux.snapshot()
    return snapshot.mode, [each.alias for each in snapshot.entries]


async def test_what_is_saved_is_the_pool_from_then_on(tmp_path: Path, config: Path) -> None:
    async with chat(tmp_path, Line(alias="m")) as room:
        await room.say("/config")
        await room.wait_for("active model")
        await room.press("tab", "tab", "tab", "down", "right", "tab", "d", "ctrl+s", "escape")
        await room.wait_for("saved ~/.config/vibe/config.toml")
        assert pool_of(room) == ("load_balance", ["two"])
    last = '[[multiplexer.pool]]\nmodel = "one"\n\n'
    changed = CONFIG.replace("failover", "load_balance").replace(last, "")
    assert text_of(config) == changed


async def test_a_file_with_errors_is_saved_and_the_pool_stays(tmp_path: Path, config: Path) -> None:
    async with chat(tmp_path, Line(alias="m")) as room:
        await room.say("/config")
        await room.press("tab", "tab", "tab", "tab", "enter", "x", "ctrl+s", "escape")
        await room.wait_for("the pool stays as it was: unknown model alias")
        assert pool_of(room)[1] == ["m"]
    assert 'model = "onex"' in text_of(config)


async def test_a_project_that_is_not_trusted_is_not_edited(tmp_path: Path, project: Path) -> None:
    async with chat(tmp_path, Line(alias="m")) as room:
        await room.say("/config project")
        await room.wait_for("you have not trusted it")
    assert text_of(project) == 'active_model = "one"\n'


async def test_a_project_that_is_edited_stays_trusted(
    tmp_path: Path, config: Path, project: Path
) -> None:
    shop, store = tmp_path / "shop", store_of(tmp_path)
    trust(project_in(shop, store=store, home=tmp_path), store=store)
    async with chat(tmp_path, Line(alias="m")) as room:
        await room.say("/config project")
        await room.wait_for("~/shop/.vibe/config.toml")
        await room.press("right", "ctrl+s", "escape")
        await room.wait_for("saved ~/shop/.vibe/config.toml")
    assert text_of(project) == 'active_model = "two"\n'
    assert project_in(shop, store=store, home=tmp_path).state == "trusted"
    assert text_of(config) == CONFIG


async def test_a_project_whose_other_files_have_changed_meanwhile_is_not_trusted(
    tmp_path: Path, config: Path, project: Path
) -> None:
    shop, store = tmp_path / "shop", store_of(tmp_path)
    trust(project_in(shop, store=store, home=tmp_path), store=store)
    async with chat(tmp_path, Line(alias="m")) as room:
        await room.say("/config project")
        await room.wait_for("~/shop/.vibe/config.toml")
        (shop / "AGENTS.md").write_bytes(b"others")
        await room.press("right", "ctrl+s", "escape")
        await room.wait_for("saved ~/shop/.vibe/config.toml")
    assert project_in(shop, store=store, home=tmp_path).state == "changed"
    assert text_of(config) == CONFIG


async def test_a_local_server_is_offered_with_its_models_and_not_without() -> None:
    async with FaultServer(says("hello")) as server:
        port = int(server.api_base.rsplit(":", 1)[1].split("/")[0])
        local = replace(OLLAMA, port=port)
        found = await served(local)
        assert found == Served(
            server=replace(local, model="test-model"), models=("test-model", "test-model-small")
        )
    assert await served(local) is None
    async with FaultServer(says("hello"), faults=at({1: play("rate_limit")})) as server:
        port = int(server.api_base.rsplit(":", 1)[1].split("/")[0])
        assert await served(replace(OLLAMA, port=port)) is None
