"""A screen as two blocks of text: what stands there, and a letter for the look of each cell.

A letter stands for an ink, and so for a style in each theme: one pair of blocks tells of them all.
A look that is no ink's, such as the cursor's, has a digit, and is told below. Decides nothing: says
which cells of two screens differ.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from rich.cells import cell_len
from rich.style import Style

from tests.tui.rig import Room
from vibe.tui.draw.ink import Ink, ThemeName
from vibe.tui.draw.theme import Palette, palette_of

NAMES: Final[tuple[ThemeName, ...]] = ("dark", "light", "ansi")
INKS: Final[tuple[tuple[str, Ink], ...]] = (
    (".", "plain"),
    ("m", "muted"),
    ("a", "accent"),
    ("s", "strong"),
    ("e", "emphasis"),
    ("x", "struck"),
    ("c", "code"),
    ("l", "link"),
    ("g", "good"),
    ("w", "warn"),
    ("b", "bad"),
    ("+", "inserted"),
    ("-", "deleted"),
)
RULE: Final = "~" * 8
MOST: Final = 12  # differing rows that are shown

Look: TypeAlias = tuple[str, ...]  # of a cell, in each theme


async def inked(room: Room) -> str:
    """The chat's screen in all themes, whose texts must be the same."""
    app, before = room.app, room.app.theme
    rows: dict[str, list[list[Style]]] = {}
    screens: set[str] = set()
    letters: dict[Look, str] = {}
    palettes: list[dict[Ink, str]] = []
    for name in NAMES:
        app.theme = name
        await room.pilot.pause()
        screens.add(room.screen)
        rows[name] = _styles(room)
        palette = palette_of(app.query_one("#header"))
        palettes.append({ink: _told(palette.style(ink)) for _, ink in INKS})
    app.theme = before
    assert len(screens) == 1, "a theme changes the text"
    for letter, ink in INKS:
        letters.setdefault(tuple(each[ink] for each in palettes), letter)
    inks, others = _lettered(rows, letters)
    return "\n".join((*screens, RULE, *inks, *others)) + "\n"


def differing(shown: str, expected: str) -> str:
    """The rows that are not the same, with a mark under each cell; "" where all are."""
    if shown == expected:
        return ""
    told: list[str] = []
    new, old = shown.split("\n"), expected.split("\n")
    height = old.index(RULE) if RULE in old else len(old)
    for number in range(max(len(new), len(old))):
        is_now = new[number] if number < len(new) else ""
        was = old[number] if number < len(old) else ""
        if is_now != was:
            what = "row" if number < height else "inks of row"
            row = f"{what} {number % (height + 1) + 1}"
            told.append(f"{row}\n- {was}\n+ {is_now}\n  {_marks(was, is_now)}")
    more = [f"and {len(told) - MOST} more rows"] if len(told) > MOST else []
    return "\n".join((*told[:MOST], *more))


def _marks(was: str, is_now: str) -> str:
    width = max(len(was), len(is_now))
    pairs = zip(was.ljust(width), is_now.ljust(width), strict=True)
    return "".join("^" if one != other else " " for one, other in pairs).rstrip()


def _styles(room: Room) -> list[list[Style]]:
    compositor = room.app.screen._compositor  # pyright: ignore[reportPrivateUsage]  all of it
    return [
        [segment.style or Style.null() for segment in strip for _ in range(cell_len(segment.text))]
        for strip in compositor.render_strips()
    ]


def _lettered(
    rows: dict[str, list[list[Style]]], letters: dict[Look, str]
) -> tuple[list[str], list[str]]:
    inks: list[str] = []
    others: list[str] = []
    for cells in zip(*rows.values(), strict=True):
        drawn = ""
        for styles in zip(*cells, strict=True):
            look = tuple(map(_told, styles))
            if look not in letters:
                letters[look] = str(len(others) + 1)
                others.append(f"{letters[look]} {' | '.join(look)}")
            drawn += letters[look]
        inks.append(drawn.rstrip("."))
    return inks, others


def _told(style: Style) -> str:
    """Without what cannot be seen, such as where a click leads."""
    return str(Style.from_color(style.color, style.bgcolor) + _shape(style))


def _shape(style: Style) -> Style:
    return Style(
        bold=style.bold or None,
        dim=style.dim or None,
        italic=style.italic or None,
        underline=style.underline or None,
        strike=style.strike or None,
        reverse=style.reverse or None,
    )


def legend() -> str:
    """What each letter means, and its style in each theme."""
    palettes = [Palette(name, Style.null()) for name in NAMES]
    rows = ((letter, ink, [_told(each.style(ink)) for each in palettes]) for letter, ink in INKS)
    return "".join(f"{letter} {ink:<10}{' | '.join(looks)}\n" for letter, ink, looks in rows)
