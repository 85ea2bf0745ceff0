"""The three themes, and the style of each ink in them. `ansi` has the terminal's own colours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES, Theme

from vibe.clean import clean_line
from vibe.tui.draw.ink import Ink, Line, ThemeName

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

TAB: Final = " " * 4
THEMES: Final = (
    Theme(
        name="dark",
        primary="#7fb4ca",
        accent="#7fb4ca",
        foreground="#d7d9dc",
        background="#16181c",
        surface="#16181c",
        panel="#22252b",
        warning="#e0af68",
        error="#e5736b",
        success="#8fbf7f",
        dark=True,
    ),
    Theme(
        name="light",
        primary="#1f6f8b",
        accent="#1f6f8b",
        foreground="#24292e",
        background="#fbfaf8",
        surface="#fbfaf8",
        panel="#ece9e4",
        warning="#9a6700",
        error="#b3261e",
        success="#2e7d32",
        dark=False,
    ),
    Theme(
        name="ansi",
        ansi=True,
        primary="ansi_cyan",
        accent="ansi_cyan",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        dark=True,
        variables={
            **BUILTIN_THEMES["ansi-dark"].variables,
            # Seen on a light terminal, too, whose colours are not known.
            "input-cursor-background": "ansi_default",
            "input-cursor-foreground": "ansi_default",
            "input-cursor-text-style": "reverse",
        },
    ),
)

_SHAPES: Final[Mapping[Ink, str]] = {
    "strong": "bold",
    "emphasis": "italic",
    "struck": "strike",
    "heading": "bold",
    "link": "underline",
}
_COLOURS: Final[Mapping[ThemeName, Mapping[Ink, str]]] = {
    "dark": {
        "muted": "#828892",
        "struck": "#828892",
        "accent": "#7fb4ca",
        "code": "#c8b88a",
        "heading": "#ffffff",
        "strong": "#ffffff",
        "good": "#8fbf7f",
        "warn": "#e0af68",
        "bad": "#e5736b",
        "added": "#8fbf7f",
        "removed": "#e5736b",
        "inserted": "#d3f0c8 on #2f4a2b",
        "deleted": "#ffd5d1 on #5a2b29",
    },
    "light": {
        "muted": "#6b7078",
        "struck": "#6b7078",
        "accent": "#1f6f8b",
        "code": "#7a5c00",
        "heading": "#000000",
        "strong": "#000000",
        "good": "#2e7d32",
        "warn": "#9a6700",
        "bad": "#b3261e",
        "added": "#2e7d32",
        "removed": "#b3261e",
        "inserted": "#134d17 on #c4e8c2",
        "deleted": "#7d130d on #f6cfcb",
    },
    "ansi": {
        "muted": "dim",  # some palettes have made bright black their ground
        "struck": "dim",
        "accent": "cyan",
        "code": "yellow",
        "good": "green",
        "warn": "yellow",
        "bad": "red",
        "added": "green",
        "removed": "red",
        "inserted": "green reverse",
        "deleted": "red reverse",
    },
}


class Palette:
    """The styles of one theme on one ground."""

    def __init__(self, theme: ThemeName, ground: Style) -> None:
        self.ground = ground
        colours = _COLOURS[theme]
        inks: set[Ink] = {*colours, *_SHAPES}
        self._styles: dict[Ink, Style] = {
            ink: ground + Style.parse(f"{_SHAPES.get(ink, '')} {colours.get(ink, '')}".strip())
            for ink in inks
        }

    def style(self, ink: Ink) -> Style:
        return self._styles.get(ink, self.ground)

    def strip(self, line: Line, width: int) -> Strip:
        segments = [Segment(drawable(span.text), self.style(span.ink)) for span in line]
        return Strip(segments).adjust_cell_length(width, self.ground)


def palette_of(widget: Widget) -> Palette:
    """That of its app's theme, on its own ground."""
    theme = cast("App[object]", widget.app).theme
    known = theme if theme in ("dark", "light", "ansi") else "dark"
    return _palette(known, widget.visual_style.rich_style)


def filtered(strip: Strip, widget: Widget) -> Strip:
    """As the terminal may have it: where there are to be no colours, without them."""
    for each in widget.get_line_filters():
        strip = strip.apply_filter(each, widget.background_colors[1])
    return strip


@lru_cache(maxsize=16)
def _palette(theme: ThemeName, ground: Style) -> Palette:
    return Palette(theme, ground)


def drawable(text: str) -> str:
    """What is drawn is clean long since; but a line end or a tab in it would break the screen."""
    return text if text.isprintable() else clean_line(text.replace("\t", TAB))
