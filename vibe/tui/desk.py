"""What the chat is handed by whoever starts it: a conversation, and where it is held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Struct

from vibe.agent.loop import Agent
from vibe.agent.policy import Policy
from vibe.agent.questions import Questions
from vibe.clock import Clock
from vibe.domain.model import Alias
from vibe.mux.snapshot import MuxSnapshot
from vibe.tui.draw.theme import ThemeName


class Desk(Struct, frozen=True, kw_only=True):
    """One conversation. `close` ends what it left running, and its session."""

    agent: Agent
    questions: Questions
    policy: Policy
    close: Callable[[], Awaitable[None]]


class House(Struct, frozen=True, kw_only=True):
    """`begin` makes a new conversation. `hour` writes a wall time for a person. `news` takes
    what there is to be told besides. `changed_keys` are `[ui.keys]`."""

    begin: Callable[[], Awaitable[Desk]]
    snapshot: Callable[[], MuxSnapshot]
    window_of: Callable[[Alias | None], int | None]
    folder: Path
    home: Path
    clock: Clock
    hour: Callable[[float], str]
    news: Callable[[], tuple[str, ...]] = tuple
    theme: ThemeName = "dark"
    changed_keys: dict[str, str] = {}


class Left(Struct, frozen=True, kw_only=True):
    """How the chat ended: which session it was, "" where nothing was said in it."""

    session: str
