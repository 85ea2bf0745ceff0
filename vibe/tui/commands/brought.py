"""The commands that the person or the project brought, read beside the screen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vibe.tui.history.items import Note
from vibe.tui.typing.custom import Custom, usable

if TYPE_CHECKING:
    from vibe.tui.chat import Chat


async def brought(chat: Chat) -> tuple[Custom, ...]:
    """Those that can be called; what is wrong with others is told."""
    from vibe.tui.commands.table import COMMANDS  # knows every panel

    found = await asyncio.to_thread(chat.house.customs)
    customs = usable(found, built_in=(each.name for each in COMMANDS))
    for notice in customs.notices:
        chat.put(Note(mark="!", text=notice, ink="warn", hint="give the file another name"))
    hide = chat.house.redactor.redact
    return tuple(replace(each, help=hide(each.help)) for each in customs.known)
