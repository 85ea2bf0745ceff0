"""What the chat is handed by whoever starts it: where it is held, and how a conversation begins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Struct

from vibe.agent.loop import Agent
from vibe.agent.policy import Policy
from vibe.agent.questions import Questions
from vibe.clock import Clock
from vibe.domain.model import Alias, Approval, Mode
from vibe.mux.mux import Mux
from vibe.tui.draw.theme import ThemeName


class Desk(Struct, frozen=True, kw_only=True):
    """One conversation. `close` ends what it left running, and its session."""

    agent: Agent
    questions: Questions
    policy: Policy
    mux: Mux
    close: Callable[[], Awaitable[None]]


class Outlook(Struct, frozen=True, kw_only=True):
    """What the configuration lets one expect, to be shown until the first conversation is open."""

    mode: Mode = "single"
    alias: Alias = Alias("")
    approval: Approval = "ask"


class House(Struct, frozen=True, kw_only=True):
    """`begin` opens a conversation: that of a session, "" for the last one of the folder, or None
    for a new one. The first is opened after the first paint, and resumes `resume`. `hour` writes a
    wall time for a person. `news` takes what there is to be told besides. `changed_keys` are
    `[ui.keys]`."""

    begin: Callable[[str | None], Awaitable[Desk]]
    folder: Path
    home: Path
    clock: Clock
    hour: Callable[[float], str]
    outlook: Outlook = Outlook()
    resume: str | None = None
    news: Callable[[], tuple[str, ...]] = tuple
    theme: ThemeName = "dark"
    changed_keys: dict[str, str] = {}


class Left(Struct, frozen=True, kw_only=True):
    """How the chat ended: which session it was, "" where nothing was said in it."""

    session: str
