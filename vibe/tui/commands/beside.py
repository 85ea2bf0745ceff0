"""What commands share: work beside the screen whose trouble is told in the history, and whether
they may do it now."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING

from vibe.clean import clean
from vibe.errors import UsageError, VibeError
from vibe.tui.chat import Chat
from vibe.tui.history.items import Note

if TYPE_CHECKING:
    from vibe.session.shelf import Shelf


def beside(chat: Chat, what: Coroutine[object, object, None]) -> None:
    async def done() -> None:
        try:
            await what
        except VibeError as error:
            told = Note(mark="✗", text=clean(error.message), ink="bad", hint=clean(error.hint))
            chat.put(told)

    chat.work(done())


def is_free(chat: Chat) -> bool:
    """No turn is under way; else that is told."""
    if chat.talk.is_under_way:
        chat.put(Note(mark="!", text="not while a turn is under way", ink="warn"))
    return not chat.talk.is_under_way


def shelf_of(chat: Chat) -> Shelf:
    if chat.house.shelf is None:
        raise UsageError("this vibe keeps no conversations")
    return chat.house.shelf()
