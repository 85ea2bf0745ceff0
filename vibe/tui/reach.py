"""How far the chat reaches beyond its screen: the clipboard, a person who looks elsewhere, the
mouse, the title of the terminal.

Writes by Textual's own driver, so that nothing comes between two pieces of a frame.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, cast

from vibe.clean import clean_line
from vibe.tui.attention import Attention, notification

if TYPE_CHECKING:
    from vibe.tui.app import ChatApp
    from vibe.tui.desk import House

_WITHOUT_TITLES: Final = ("linux", "vt")  # what they do not know, they show


class Reach:
    """Of one app. `note` hears of every event."""

    def __init__(self, app: ChatApp) -> None:
        self._app = app
        self._is_mouse_free = False
        attention = Attention(
            is_away=lambda: not app.app_focus, call=self._call, now=app.house.clock.monotonic
        )
        self.note = attention.note

    def copy(self, text: str) -> None:
        cast("Any", self._app)._clipboard = text  # what a paste into the composer brings
        self._app.work(self._copy(text))

    async def _copy(self, text: str) -> None:
        sequences: list[str] = []
        clipboard = self._app.house.clipboard
        told = await asyncio.to_thread(clipboard.copy, text, sequences.append)
        self._write("".join(sequences))
        self._app.tell(told)

    def toggle_mouse(self) -> None:
        """To the terminal, which then selects with it; and back."""
        self._is_mouse_free = not self._is_mouse_free
        name = "_disable_mouse_support" if self._is_mouse_free else "_enable_mouse_support"
        getattr(self._driver, name, _nothing)()
        owner = "the terminal" if self._is_mouse_free else "vibe"
        self._app.tell(f"{owner} has the mouse now")

    def _call(self, text: str) -> None:
        self._write(notification(text, self._app.house.env))

    def _write(self, text: str) -> None:
        if text and self._driver is not None:
            self._driver.write(text)

    @property
    def _driver(self) -> Any:
        return cast("Any", self._app)._driver  # there is no public way to the terminal


@contextmanager
def titled(house: House) -> Generator[None]:
    """The folder as the terminal's title; then it is as it was, where the terminal remembers."""
    term = house.env.get("TERM", "")
    if not term or term.startswith(_WITHOUT_TITLES):
        yield
        return
    name = clean_line(house.redactor.redact(house.folder.name))
    _put(f"\x1b[22;0t\x1b]2;{name} · vibe\x07")
    try:
        yield
    finally:
        _put("\x1b[23;0t")


def _put(text: str) -> None:
    """Where the screen is drawn, while it is not."""
    if sys.__stderr__ is not None:
        with suppress(OSError):
            sys.__stderr__.write(text)
            sys.__stderr__.flush()


def _nothing() -> None: ...
