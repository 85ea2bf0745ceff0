"""The form beside the file: sections, settings and the lines of the pool, drawn for a width.

Pure: the rows are those of vibe/config/form.py; which of them is selected, and what is being typed
into it, is said by whoever draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from vibe.clean import clean_line
from vibe.config.form import Cell, Row
from vibe.config.problem import Severity
from vibe.config.scan import Path
from vibe.tui.draw.ink import EMPTY, Ink, Line, Span, cells, cropped, line, padded
from vibe.tui.panels.config_editor import Heard
from vibe.tui.panels.config_side import INKS

LABEL: Final = 19
LEAST_ALIAS: Final = 8
BESIDE: Final = 5  # cells of a row for its mark, and for the sign that something is wrong
HIDDEN: Final = "•••"


class FormView(Struct, frozen=True, kw_only=True):
    """`typing` is what stands in the selected cell while one types there. `troubled` are the rows
    of which something is wrong; `tested` is what was heard of each provider, by its name."""

    rows: tuple[Row, ...]
    at: int
    column: int = 0
    typing: str | None = None
    troubled: Mapping[Path, Severity] = {}
    tested: Mapping[str, Heard] = {}


def form_lines(
    view: FormView, width: int, height: int, *, hide: Callable[[str], str]
) -> list[Line]:
    """As many as `height`, the selected row among them and its section, where there is room."""
    first = max(0, min(view.at - height // 2, len(view.rows) - height))
    columns = _columns(view, width, hide)
    shown = [
        cropped(_row(view, at, width, hide, columns), width)
        for at in range(first, min(len(view.rows), first + height))
    ]
    return [*shown, *[EMPTY] * (height - len(shown))]


def _columns(view: FormView, width: int, hide: Callable[[str], str]) -> dict[str, int]:
    """How wide each setting is in the lines of the pool, by its name; the alias gives way."""
    widths: dict[str, int] = {}
    taken = 0
    entries = [row.cells for row in view.rows if row.kind == "entry"]
    for cell in (cell for row in entries for cell in row):
        value = _value(cell, None, hide, is_at=True)
        widths[cell.field.name] = max(widths.get(cell.field.name, 0), cells(value))
    for row in entries:
        others = sum(len(cell.label) + 3 + widths[cell.field.name] for cell in row[1:])
        taken = max(taken, others)
    if entries:
        alias = entries[0][0].field.name
        widths[alias] = max(LEAST_ALIAS, min(widths[alias], width - taken - BESIDE))
    return widths


def _row(
    view: FormView,
    at: int,
    width: int,
    hide: Callable[[str], str],
    columns: Mapping[str, int],
) -> Line:
    row, is_at = view.rows[at], at == view.at
    mark = Span("› " if is_at else "  ", "accent")
    ink: Ink = "strong" if is_at else "plain"
    match row.kind:
        case "section":
            rule = "─" * max(0, width - len(row.title) - 2)
            return Span(f"{row.title} ", "heading"), Span(rule, "muted")
        case "item":
            return mark, Span(hide(row.title), "strong"), *_heard(view, row), *_warned(view, row)
        case "add":
            return mark, Span("+ add", ink if is_at else "muted")
        case "more":
            sign = "−" if row.title == "less" else "+"
            return mark, Span(f"  {sign} {row.title}", ink if is_at else "muted")
        case "setting":
            typing = view.typing if is_at else None
            indent = "  " if any(isinstance(step, int) for step in row.path) else ""
            label = padded(line(f"{indent}{row.cells[0].label}", ink), LABEL)
            value = _value(row.cells[0], typing, hide, is_at=is_at)
            return mark, *label, *value, *_warned(view, row)
        case "entry":
            settings = _entry(view, row, hide, columns, is_at=is_at)
            return mark, *settings, *_warned(view, row)


def _entry(
    view: FormView,
    row: Row,
    hide: Callable[[str], str],
    columns: Mapping[str, int],
    *,
    is_at: bool,
) -> Line:
    """The alias, then the settings of this line of the pool side by side."""
    drawn: list[Span] = []
    for column, cell in enumerate(row.cells):
        is_here = is_at and column == view.column
        typing = view.typing if is_here else None
        value = _value(cell, typing, hide, is_at=is_here)
        width = columns[cell.field.name]
        if column:
            drawn.append(Span(f"  {cell.label} ", "strong" if is_here else "muted"))
        drawn += padded(value, width if typing is None else max(width, cells(value)))
    return tuple(drawn)


def _value(cell: Cell, typing: str | None, hide: Callable[[str], str], *, is_at: bool) -> Line:
    ink: Ink = "accent" if is_at else "plain"
    if typing is not None:
        shown = HIDDEN if cell.is_secret else clean_line(hide(typing))
        return (
            Span("["),
            Span(shown, "strong"),
            Span("█", "accent"),
            Span(f"] {cell.unit}".rstrip()),
        )
    if cell.field.kind == "flag" and isinstance(cell.value, bool | None):
        is_on = cell.field.default if cell.value is None else cell.value
        return (Span("[x]" if is_on else "[ ]", _unset(cell, ink)),)
    text = HIDDEN if cell.is_secret else clean_line(hide(cell.text or _default(cell)))
    if cell.field.choices:
        return Span("‹ ", "muted"), Span(text or "–", _unset(cell, ink)), Span(" ›", "muted")
    if not text or (cell.path[-1] == "model" and not is_at):
        return line(text or "–", _unset(cell, ink))
    unit = Span(f" {cell.unit}" if cell.unit else "", "muted")
    return Span("[", "muted"), Span(text, _unset(cell, ink)), Span("]", "muted"), unit


def _unset(cell: Cell, ink: Ink) -> Ink:
    """A default is told from what the file says."""
    return "muted" if cell.value is None and ink == "plain" else ink


def _default(cell: Cell) -> str:
    default = cell.field.default
    return "" if default is None or default == () else str(default)


def _warned(view: FormView, row: Row) -> Line:
    severity = view.troubled.get(row.path)
    return (Span("  !", INKS[severity]),) if severity else EMPTY


def _heard(view: FormView, row: Row) -> Line:
    if row.path[0] != "providers" or row.title not in view.tested:
        return EMPTY
    heard = view.tested[row.title]
    glyph = Span("  ● " if heard.is_well else "  ○ ", "good" if heard.is_well else "bad")
    return glyph, Span(heard.told, "muted")
