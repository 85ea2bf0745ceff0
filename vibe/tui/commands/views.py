"""Commands that show how things stand: the window, the costs, the log, the machine."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vibe.clean import clean_line
from vibe.errors import VibeError
from vibe.tui.chat import Chat
from vibe.tui.commands.beside import beside
from vibe.tui.draw.ink import Ink, Line, Span, line
from vibe.tui.history.items import Note, Printed
from vibe.tui.panels.reading import Reading

if TYPE_CHECKING:
    from vibe.session.spent import Spent
    from vibe.tui.panels.context import ContextView

AGAIN_S: Final = 5.0
LOG_LINES: Final = 12
LOG_BYTES: Final = 20_000
_INKS: Final[dict[str, Ink]] = {"●": "good", "○": "warn", "!": "bad"}


def show_context(chat: Chat, _: str = "") -> None:
    from vibe.tui.panels.context import context_lines

    title = (Span("Context", "strong"), Span("   what the next request holds", "muted"))
    chat.show(
        Reading(
            title,
            lambda width: context_lines(_context(chat), width),
            told=lambda: _fills(chat),
            close=lambda: chat.show(None),
        )
    )


def _fills(chat: Chat) -> object:
    """What the view of the window depends on."""
    agent, progress = chat.talk.desk.agent, chat.talk.story.progress
    return agent.session.transcript, agent.window, progress.alias, progress.context


def _context(chat: Chat) -> ContextView:
    from vibe.agent.context import shares
    from vibe.tui.panels.context import ContextView

    agent, progress = chat.talk.desk.agent, chat.talk.story.progress
    return ContextView(
        shares=shares(agent.request),
        alias=progress.alias or chat.house.outlook.alias,
        window=agent.window,
        counted=progress.context,
    )


def show_costs(chat: Chat, _: str = "") -> None:
    beside(chat, _costs(chat))


def show_log(chat: Chat, _: str = "") -> None:
    path = chat.house.log
    if path is None:
        chat.put(Note(mark="!", text="this vibe keeps no log", ink="warn"))
        return
    last = _last_lines(path)
    nothing = (line("nothing was logged yet", "muted"),)
    rows = tuple(line(each, "muted") for each in last) or nothing
    chat.put(Printed((line(clean_line(str(path)), "strong"), *rows)))


def show_doctor(chat: Chat, _: str = "") -> None:
    chat.tell("looking …")
    beside(chat, _doctor(chat))


async def _costs(chat: Chat) -> None:
    from vibe.tui.panels.cost import cost_lines

    today = _Today(chat, await asyncio.to_thread(chat.house.today))

    def session() -> tuple[Spent, ...]:
        return chat.talk.desk.agent.session.transcript.spent

    chat.show(
        Reading(
            line("Cost", "strong"),
            lambda width: cost_lines(session(), today.spent, width),
            told=lambda: (session(), today.looked_at()),
            close=lambda: chat.show(None),
        )
    )


class _Today:
    """What was `spent` in all sessions, looked up again after a while if somebody looks at it."""

    def __init__(self, chat: Chat, spent: tuple[Spent, ...]) -> None:
        self.spent = spent
        self._chat = chat
        self._due_s = self._now() + AGAIN_S

    def looked_at(self) -> tuple[Spent, ...]:
        if self._now() >= self._due_s:
            self._due_s = self._now() + AGAIN_S
            self._chat.work(self._look())
        return self.spent

    async def _look(self) -> None:
        with suppress(VibeError):  # it stays as it was known
            self.spent = await asyncio.to_thread(self._chat.house.today)
            self._chat.look()

    def _now(self) -> float:
        return self._chat.house.clock.monotonic()


async def _doctor(chat: Chat) -> None:
    rows = await asyncio.to_thread(chat.house.doctor)
    chat.put(Printed(tuple(_checked(clean_line(each)) for each in rows)))


def _checked(row: str) -> Line:
    return (Span(row[:1], _INKS.get(row[:1], "plain")), Span(row[1:]))


def _last_lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LOG_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [clean_line(each) for each in text.splitlines()[-LOG_LINES:]]
