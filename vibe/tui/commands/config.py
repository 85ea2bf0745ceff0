"""The command about the configuration: a file of it is edited in the chat."""

from __future__ import annotations

from vibe.errors import VibeError
from vibe.tui.chat import Chat
from vibe.tui.history.items import Note


def edit_config(chat: Chat, which: str = "") -> None:
    """The person's own file, or that of the project."""
    from vibe.tui.panels.config import ConfigPanel

    if chat.house.workbench is None or which not in ("", "project"):
        chat.put(Note(mark="!", text="/config, or /config project", ink="warn"))
        return
    try:
        panel = ConfigPanel(chat.house.workbench(chat, which), lambda: chat.show(None))
    except VibeError as error:
        chat.put(Note(mark="!", text=error.message, ink="warn", hint=error.hint))
        return
    chat.show(panel)
