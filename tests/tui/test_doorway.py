"""What is asked before the first conversation, in a real chat: trust, then what is to answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mux.pools import Line
from tests.tui.rig import Room, chat
from vibe.agent.permissions.trust import project_in

KEY = "sk-ant-canary7F3a9c21D4e8b6"
GROQ = {"GROQ_API_KEY": "gsk_canary7F3a9c21D4e8b6"}
CONFIGURED = """\
[[providers]]
name = "local"
api_base = "http://127.0.0.1:9/v1"

[[models]]
name = "m"
provider = "local"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where the person's own would be."""
    return tmp_path / ".config" / "vibe" / "config.toml"


@pytest.fixture
def shop(tmp_path: Path, config: Path) -> Path:
    """A folder with instructions, of somebody who has a configuration."""
    config.parent.mkdir(parents=True)
    config.write_text(CONFIGURED)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "AGENTS.md").write_text("canary of the instructions\n")
    return tmp_path / "shop"


def holding(folder: Path, text: str) -> list[Path]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return [each for each in files if text.encode() in each.read_bytes()]


def state_of(shop: Path) -> str:
    home = shop.parent
    store = home / ".local" / "state" / "vibe" / "trust.json"
    return project_in(shop, store=store, home=home).state


async def said(room: Room) -> str:
    """What a model was sent with a first message."""
    await room.say("hello")
    await room.wait_for("You")
    await room.wait_until_idle()
    request = room.rig.servers["m"].requests[0]
    return json.dumps(json.loads(request.body))


@pytest.mark.parametrize(
    ("key", "state", "is_told"),
    [
        pytest.param("y", "trusted", True, id="trusted"),
        pytest.param("n", "refused", False, id="gone on without"),
        pytest.param("escape", "new", False, id="left for later"),
    ],
)
async def test_instructions_reach_a_model_only_from_a_folder_that_is_trusted(
    key: str, state: str, *, is_told: bool, shop: Path
) -> None:
    async with chat(shop.parent, Line(alias="m"), is_asked=True) as room:
        await room.wait_for("Trust this folder?")
        await room.let_grace_pass()
        await room.press(key)
        assert ("canary of the instructions" in await said(room)) == is_told
    assert state_of(shop) == state


@pytest.mark.parametrize("key", ["y", "n"])
async def test_the_same_files_are_asked_about_once_and_changed_ones_anew(
    key: str, shop: Path
) -> None:
    async with chat(shop.parent, Line(alias="m"), is_asked=True) as room:
        await room.wait_for("Trust this folder?")
        await room.let_grace_pass()
        await room.press(key)
        await said(room)
    async with chat(shop.parent, Line(alias="m"), is_asked=True) as room:
        await said(room)
    (shop / "AGENTS.md").write_text("others\n")
    async with chat(shop.parent, Line(alias="m"), is_asked=True) as room:
        await room.wait_for("Trust this folder?")


async def test_a_key_of_the_environment_becomes_a_configuration(
    tmp_path: Path, config: Path
) -> None:
    async with chat(tmp_path, Line(alias="m"), env=GROQ, is_asked=True) as room:
        await room.wait_for("› Groq")
        await room.press("enter")
        await room.wait_for("wrote ~/.config/vibe/config.toml")
    assert holding(tmp_path, 'api_key_env_var = "GROQ_API_KEY"') == [config]


async def test_a_pasted_key_is_kept_for_the_person_alone(tmp_path: Path, config: Path) -> None:
    async with chat(tmp_path, Line(alias="m"), is_asked=True, size=(60, 20)) as room:
        await room.wait_for("› Paste a key")
        await room.press("enter", *KEY, "enter", "enter")
        screen = await room.wait_for("wrote")
    dotenv = config.with_name(".env")
    assert holding(tmp_path, f"ANTHROPIC_API_KEY={KEY}\n") == holding(tmp_path, KEY) == [dotenv]
    assert dotenv.stat().st_mode & 0o777 == 0o600
    assert "canary" not in screen


async def test_a_key_for_now_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="m"), is_asked=True) as room:
        await room.wait_for("› Paste a key")
        await room.press("enter", *KEY, "enter", "e")
        await room.wait_for("export ANTHROPIC_API_KEY=… with the key")
        await said(room)
    assert holding(tmp_path, KEY) == []


async def test_the_demo_writes_nothing(tmp_path: Path, config: Path) -> None:
    async with chat(tmp_path, Line(alias="m"), is_asked=True) as room:
        await room.wait_for("› Paste a key")
        await room.press("escape")
        await said(room)
    assert config not in holding(tmp_path, "")


async def test_who_has_a_model_is_asked_nothing(shop: Path) -> None:
    (shop / "AGENTS.md").unlink()
    async with chat(shop.parent, Line(alias="m"), is_asked=True) as room:
        await said(room)
        assert "No model is configured" not in room.screen
