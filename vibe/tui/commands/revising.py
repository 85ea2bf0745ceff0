"""A file that is proposed, in the person's own editor: what is saved there is what is applied."""

from __future__ import annotations

from vibe.clean import clean
from vibe.errors import VibeError
from vibe.tui.chat import Chat
from vibe.tui.history.items import Note


def revised(chat: Chat, text: str, path: str) -> str | None:
    """None: it was left as it is, or the trouble with it was told."""
    try:
        with chat.aside():
            made = chat.house.revise(text, path)
    except VibeError as error:
        hint = clean(error.hint or "")
        chat.put(Note(mark="!", text=clean(error.message), ink="warn", hint=hint))
        return None
    if made == text:
        chat.tell("nothing was changed: y applies it as it is")
        return None
    return made
