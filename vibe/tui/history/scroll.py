"""The conversation on the screen: one widget of the line API, however long it is.

Draws the items that are seen and those that are passed, at the present width, and keeps some of
them. A long session costs no more than a short one: nothing here walks over all items.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, cast

from msgspec.structs import replace
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from vibe.tui.draw.ink import EMPTY, Line, Span, text_of
from vibe.tui.draw.theme import Palette, drawable, filtered, palette_of
from vibe.tui.history.pages import Pages
from vibe.tui.history.story import Story
from vibe.tui.history.toolrow import Row
from vibe.tui.history.viewport import Place, Viewport

if TYPE_CHECKING:
    from textual.app import App

MARGIN: Final = 2
KEPT_STRIPS: Final = 200
WHEEL_LINES: Final = 3
ROWS: Final = 1 << 24  # of one item at most: a place as one number, which a selection compares


class History(Widget, can_focus=False):
    """To be told to `look` when the story has changed."""

    ALLOW_SELECT = True
    DEFAULT_CSS = "History { height: 1fr; width: 1fr; }"

    def __init__(self, story: Story) -> None:
        super().__init__(id="history")
        self._story = story
        self._pages = Pages(story)
        self._viewport = Viewport(self._pages)
        self._seen: list[Place] = []
        self._rows: list[Line] = []
        self._strips: dict[Place, tuple[Line, Strip]] = {}

    @property
    def is_at_end(self) -> bool:
        return self._viewport.is_at_end

    @property
    def new(self) -> int:
        """Lines that came below since the reader left the end."""
        return self._viewport.new

    def look(self) -> None:
        """Paints those lines anew that are others now."""
        if self._story.changed is not None:
            self._pages.forget(self._story.changed)
            self._story.changed = None
        if not self.size.height:
            return
        before = self._rows
        self._seen = self._viewport.seen(self.size.height)
        self._rows = [self._pages[item][row] for item, row in self._seen]
        if self._seen:
            self._pages.let_go(but=range(self._seen[0][0], self._seen[-1][0] + 1))
        changed = [y for y in range(self.size.height) if _at(before, y) != _at(self._rows, y)]
        if len(changed) > self.size.height // 2:
            self.refresh()
        elif changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def scroll_lines(self, by: int) -> None:
        self._viewport.scroll(by, self.size.height)
        self.look()

    def scroll_page(self, direction: int) -> None:
        self.scroll_lines(direction * max(1, self.size.height - 2))

    def to_start(self) -> None:
        self._viewport.to_start(self.size.height)
        self.look()

    def to_end(self) -> None:
        self._viewport.to_end()
        self.look()

    def show_details(self, *, are_shown: bool) -> None:
        self._pages.with_details = are_shown
        self._pages.forget(0)
        self.look()

    @property
    def with_details(self) -> bool:
        return self._pages.with_details

    def _strip(self, y: int, selection: Selection | None) -> Strip:
        if y >= len(self._rows):
            return self._inked(self._colours().strip(EMPTY, self.size.width))
        place, row = self._seen[y], self._rows[y]
        number = place[0] * ROWS + place[1]
        if selection and (span := selection.get_span(number)):
            return self._inked(self._selected(row, span)).apply_offsets(0, number)
        kept = self._strips.get(place)
        if kept is not None and kept[0] is row:
            return kept[1]
        if len(self._strips) >= KEPT_STRIPS:
            self._strips.clear()
        strip = self._colours().strip((Span(" " * MARGIN), *row), self.size.width)
        strip = self._inked(strip).apply_offsets(0, number)
        self._strips[place] = row, strip
        return strip

    def render_lines(self, crop: Region) -> list[Strip]:
        """Without what every widget does with them, which would make all of them anew."""
        selection = self.text_selection
        strips = [self._strip(y, selection) for y in crop.line_range]
        if crop.column_span == (0, self.size.width):
            return strips
        return [strip.crop(*crop.column_span) for strip in strips]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text without the margin of the screen."""
        start = selection.start.y if selection.start else 0
        end = selection.end.y if selection.end else len(self._pages) * ROWS
        texts: list[str] = []
        for item in range(start // ROWS, min(end // ROWS + 1, len(self._pages))):
            for row, line in enumerate(self._pages[item]):
                if (span := selection.get_span(item * ROWS + row)) is not None:
                    first, last = (max(0, each - MARGIN) if each >= 0 else None for each in span)
                    texts.append(text_of(line)[first:last].rstrip())
        return "\n".join(texts), "\n"

    def on_resize(self, event: events.Resize) -> None:
        self._pages.width = max(10, event.size.width - 2 * MARGIN)
        self._pages.forget(0)
        self._strips.clear()
        self.look()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-WHEEL_LINES)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(WHEEL_LINES)

    def on_click(self, event: events.Click) -> None:
        """What the call brought that is clicked on, or not."""
        if event.y >= len(self._seen) or self.screen.get_selected_text():
            return
        item = self._story.items[self._seen[event.y][0]]
        if isinstance(item, Row):
            self._story.replace(item, replace(item, is_unfolded=not item.is_unfolded))
            self.look()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def _colours(self) -> Palette:
        return palette_of(self)

    def _inked(self, strip: Strip) -> Strip:
        """As it goes to the terminal: made before its place is a part of every style in it, since
        Rich and Textual keep what they made of each style."""
        strip = filtered(strip, self)
        strip.render(cast("App[object]", self.app).console)
        return strip

    def _selected(self, row: Line, span: tuple[int, int]) -> Strip:
        first, last = span
        ground = self.screen.get_component_rich_style("screen--selection")
        segments: list[Segment] = []
        at = 0
        for each in (Span(" " * MARGIN), *row):
            style, size = self._colours().style(each.ink), len(each.text)
            start = min(max(first - at, 0), size)
            end = size if last < 0 else min(max(last - at, start), size)
            parts = ((0, start, style), (start, end, _on(style, ground)), (end, size, style))
            segments += (Segment(drawable(each.text[a:b]), ink) for a, b, ink in parts if a < b)
            at += size
        return Strip(segments).adjust_cell_length(self.size.width, self._colours().ground)


def _on(style: Style, ground: Style) -> Style:
    return style + Style(bgcolor=ground.bgcolor, reverse=ground.reverse)


def _at(rows: Sequence[Line], y: int) -> Line | None:
    return rows[y] if y < len(rows) else None
