"""Commands about the screen itself: its help, its colours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from vibe.tui.chat import Chat
from vibe.tui.draw.ink import ThemeName, line
from vibe.tui.history.items import Printed

_NAMES: Final[Mapping[str, ThemeName]] = {each: each for each in get_args(ThemeName)}


def set_theme(chat: Chat, name: str) -> None:
    if name in _NAMES:
        chat.dress(_NAMES[name])
    else:
        chat.put(Printed((line("/theme dark, /theme light or /theme ansi"),)))
