"""Commands that show how things stand: the window, the costs, the log, the machine."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from vibe.clean import clean_line
from vibe.tui.chat import Chat
from vibe.tui.commands.beside import beside
from vibe.tui.draw.ink import Ink, Line, Span, line
from vibe.tui.history.items import Note, Printed
from vibe.tui.panels.reading import Reading

LOG_LINES: Final = 12
LOG_BYTES: Final = 20_000
_INKS: Final[dict[str, Ink]] = {"●": "good", "○": "warn", "!": "bad"}


def show_context(chat: Chat, _: str = "") -> None:
    from vibe.agent.context import shares
    from vibe.tui.panels.context import ContextView, context_lines

    agent, progress = chat.talk.desk.agent, chat.talk.story.progress
    view = ContextView(
        shares=shares(agent.request),
        alias=progress.alias or chat.house.outlook.alias,
        window=agent.window,
        counted=progress.context,
    )
    title = (Span("Context", "strong"), Span("   what the next request holds", "muted"))
    chat.show(
        Reading(title, lambda width: context_lines(view, width), close=lambda: chat.show(None))
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

    session = chat.talk.desk.agent.session.transcript.spent
    today = await asyncio.to_thread(chat.house.today)
    chat.show(
        Reading(
            line("Cost", "strong"),
            lambda width: cost_lines(session, today, width),
            close=lambda: chat.show(None),
        )
    )


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
