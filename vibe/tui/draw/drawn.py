"""A widget that shows what a pure function draws: the lines for a width, and nothing of its own."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from vibe.tui.draw.ink import Line
from vibe.tui.draw.theme import palette_of


class Drawn(Widget):
    """`draw` is called with the width whenever somebody says `look`; where it gives no line, the
    widget takes no room."""

    DEFAULT_CSS = "Drawn { height: auto; width: 1fr; }"

    def __init__(self, draw: Callable[[int], tuple[Line, ...]], *, name: str) -> None:
        super().__init__(id=name)
        self._draw = draw
        self._lines: tuple[Line, ...] = ()

    def look(self) -> None:
        before, self._lines = self._lines, self._draw(self.size.width or self.screen.size.width)
        if len(before) != len(self._lines):
            self.refresh(layout=True)
            return
        changed = (y for y, row in enumerate(self._lines) if row != before[y])
        for y in changed:
            self.refresh(Region(0, y, self.size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        del container, viewport
        self._lines = self._draw(width)
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        row = self._lines[y] if y < len(self._lines) else ()
        return palette_of(self).strip(row, self.size.width)

    def on_resize(self, event: events.Resize) -> None:
        del event
        self.look()
