"""`/mux` with a `vibe serve` beside the chat: whose pool it tells, and that it changes nothing."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from tests.mux.pools import Line
from tests.tui.lines import shown
from tests.tui.rig import chat
from tests.tui.test_pool_panel import POOL
from vibe.domain.model import Alias
from vibe.mux.snapshot import MuxSnapshot
from vibe.tui.catalogue import Catalogue
from vibe.tui.panels.pool import PoolPanel

BEYOND = replace(
    POOL, requests=7, entries=(replace(POOL.entries[0], alias=Alias("far-away")),), recent=()
)


class Looking:
    """A panel of the pool, and of a gateway that may come and go."""

    def __init__(self) -> None:
        self.gateway: MuxSnapshot | None = BEYOND
        self.done: list[str] = []
        self.panel = PoolPanel(
            lambda: POOL,
            lambda: None,
            clock=lambda _: "21:40:12",
            acts={"p": lambda entry: self.done.append(entry.alias)},
            is_changed=lambda: False,
            gateway=lambda: self.gateway,
        )

    @property
    def screen(self) -> str:
        return "\n".join(shown(self.panel.lines(120, 20)))


def test_a_key_goes_there_and_back() -> None:
    looking = Looking()
    assert "g gateway" in looking.screen
    assert "this vibe: " in looking.screen
    assert looking.panel.key("g")
    assert "far-away" in looking.screen
    assert "vibe serve: $" in looking.screen
    assert "g this chat" in looking.screen
    assert "p pin" not in looking.screen
    assert looking.panel.key("g")
    assert "devstral-2" in looking.screen


def test_what_is_only_looked_at_is_not_changed() -> None:
    looking = Looking()
    looking.panel.key("g")
    assert looking.panel.key("p")
    assert looking.done == []
    looking.panel.key("g")
    looking.panel.key("p")
    assert looking.done == ["devstral-2"]


def test_where_the_gateway_ends_the_chat_is_told_again() -> None:
    looking = Looking()
    looking.panel.key("g")
    looking.gateway = None
    assert "this vibe: " in looking.screen
    assert "gateway" not in looking.screen
    assert not looking.panel.key("g")  # it is the composer's


async def test_the_chat_shows_a_gateway_as_soon_as_it_has_told(tmp_path: Path) -> None:
    catalogue = Catalogue(gateway=lambda: BEYOND)
    async with chat(tmp_path, Line(alias="strong"), catalogue=catalogue) as room:
        await room.press("f2")
        await room.wait_for("g gateway")
        await room.press("g")
        await room.wait_for("far-away")
        await room.press("g")
        await room.wait_for("this vibe")


async def test_without_a_gateway_nothing_is_said_of_one(tmp_path: Path) -> None:
    async with chat(
        tmp_path, Line(alias="strong"), catalogue=Catalogue(gateway=lambda: None)
    ) as room:
        await room.press("f2")
        await room.wait_for("esc close")
        assert "gateway" not in room.screen
