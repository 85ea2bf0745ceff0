"""A line-oriented chat from its first line to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vibe.plain.chat import PlainChat
from vibe.plain.keyboard import Key, Keyboard
from vibe.plain.page import Write
from vibe.tui.desk import Left

if TYPE_CHECKING:
    from vibe.tui.desk import House


async def run_plain(
    house: House, keyboard: Keyboard, *, write: Write, width: Callable[[], int]
) -> Left:
    """The conversation is closed then."""
    chat = PlainChat(house, write, width=width)
    keyboard.listen(chat.pressed)
    keyboard.complete_by(chat.completions)
    try:
        chat.work(chat.begin())
        while (prompt := await chat.wanted()) is not None:
            if prompt.is_message:
                keyboard.remember(tuple(reversed(chat.recall.entries)))
            typed = await keyboard.line(prompt)
            if isinstance(typed, Key):
                chat.break_line()
                chat.pressed(typed)
            else:
                chat.typed_line(typed)
    finally:
        await chat.close()
    return Left(session=chat.talk.session, ended_by=keyboard.ended_by)
