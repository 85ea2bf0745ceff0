"""What the chat is handed by whoever starts it: where it is held, and how a conversation begins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING

from msgspec import Struct

from vibe.clock import Clock
from vibe.domain.model import Alias, Approval, Mode
from vibe.errors import UsageError
from vibe.secret import Redactor
from vibe.tui.catalogue import NO_CATALOGUE, Catalogue
from vibe.tui.clipboard import Clipboard
from vibe.tui.typing.custom import Custom
from vibe.tui.typing.kept import Kept

if TYPE_CHECKING:  # these come after the first paint
    from vibe.agent.loop import Agent
    from vibe.agent.policy import Policy
    from vibe.agent.questions import Questions
    from vibe.mux.mux import Mux
    from vibe.session.shelf import Shelf
    from vibe.session.spent import Spent
    from vibe.tools.base import Room
    from vibe.tui.chat import Chat
    from vibe.tui.draw.ink import ThemeName
    from vibe.tui.panels.config_editor import Workbench


class Desk(Struct, frozen=True, kw_only=True):
    """One conversation. `close` ends what it left running, and its session."""

    agent: Agent
    questions: Questions
    policy: Policy
    room: Room
    mux: Mux
    close: Callable[[], Awaitable[None]]
    catalogue: Catalogue = NO_CATALOGUE


class Outlook(Struct, frozen=True, kw_only=True):
    """What the configuration lets one expect, to be shown until the first conversation is open."""

    mode: Mode = "single"
    alias: Alias = Alias("")
    approval: Approval = "ask"


def _nothing_edits(_text: str, _path: str = "") -> str:
    raise UsageError("there is no editor here")


class House(Struct, frozen=True, kw_only=True):
    """`begin` opens a conversation: that of a session, "" for the last one of the folder, or None
    for a new one. The first is opened after the first paint, resumes `resume`, and begins with what
    is `said`, if anything. `hour` writes a wall time for a person. `news` takes what there is to be
    told besides. `changed_keys` are `[ui.keys]`. `shelf` has all sessions, `today` tells what was
    spent today in all of them, `doctor` what the machine offers, each in its time; `log` is where
    the log is, None where there can be none. `steps` come between the first paint and the first
    conversation, one after another: what is asked there is answered before any file of the folder
    is read for a model. `workbench` is for a file of the configuration: "" or "project".
    `unsent` is a folder for what was typed before anything was said. `env` is what tells which
    terminal this is. `edit` hands a text to the person's own editor,
    `revise` the text of a file with its path."""

    begin: Callable[[str | None], Awaitable[Desk]]
    folder: Path
    home: Path
    clock: Clock
    hour: Callable[[float], str]
    outlook: Outlook = Outlook()
    resume: str | None = None
    said: str = ""
    steps: tuple[Callable[[Chat], Awaitable[None]], ...] = ()
    workbench: Callable[[Chat, str], Workbench] | None = None
    shelf: Callable[[], Shelf] | None = None
    today: Callable[[], tuple[Spent, ...]] = tuple
    doctor: Callable[[], tuple[str, ...]] = tuple
    log: Path | None = None
    news: Callable[[], tuple[str, ...]] = tuple
    redactor: Redactor = Redactor()
    kept: Kept = Kept()
    unsent: Path | None = None
    edit: Callable[[str], str] = _nothing_edits
    revise: Callable[[str, str], str] = _nothing_edits
    customs: Callable[[], tuple[Custom, ...]] = tuple
    clipboard: Clipboard = Clipboard()
    env: Mapping[str, str] = {}
    theme: ThemeName = "dark"
    changed_keys: dict[str, str] = {}


class Left(Struct, frozen=True, kw_only=True):
    """How the chat ended: which session it was, "" where nothing was said in it; how many messages
    waited that were told to no model; `ended_by` is the signal that ended it, None where the person
    did."""

    session: str
    unsent: int = 0
    ended_by: Signals | None = None
