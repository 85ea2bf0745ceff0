"""A widget that shows what a pure function draws: the lines for a width, and nothing of its own."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from vibe.tui.draw.ink import Line
from vibe.tui.draw.theme import filtered, palette_of


class Drawn(Widget):
    """`draw` is called with the width whenever somebody says `look`; where it gives no line, the
    widget takes no room."""

    DEFAULT_CSS = "Drawn { height: auto; width: 1fr; }"

    def __init__(self, draw: Callable[[int], tuple[Line, ...]], *, name: str) -> None:
        super().__init__(id=name)
        self._draw = draw
        self._lines: tuple[Line, ...] = ()
        self._strips: dict[int, Strip] = {}  # of these lines, as far as they were painted

    def look(self) -> None:
        before, self._lines = self._lines, self._draw(self.size.width or self.screen.size.width)
        if len(before) != len(self._lines):
            self._strips.clear()
            self.refresh(layout=True)
            return
        changed = (y for y, row in enumerate(self._lines) if row != before[y])
        for y in changed:
            self._strips.pop(y, None)
            self.refresh(Region(0, y, self.size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        del container, viewport
        self._lines = self._draw(width)
        self._strips.clear()
        return len(self._lines)

    def render_lines(self, crop: Region) -> list[Strip]:
        """As they were made, without what every widget does with them: all widgets are asked for
        theirs whenever one of them is painted."""
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span == (0, self.size.width):
            return strips
        return [strip.crop(*crop.column_span) for strip in strips]

    def render_line(self, y: int) -> Strip:
        strip = self._strips.get(y)
        if strip is None:
            row = self._lines[y] if y < len(self._lines) else ()
            strip = filtered(palette_of(self).strip(row, self.size.width), self)
            self._strips[y] = strip
        return strip

    def on_resize(self, event: events.Resize) -> None:
        del event
        self._strips.clear()
        self.look()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
