"""`/config`: a configuration file as a form, and the file beside it, with all that is wrong in it.

Drawing and keys; what is edited, the editor knows. Never shows a key, and writes nothing but by
Ctrl+S.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from vibe.clean import clean_line
from vibe.config.draft import Moved
from vibe.config.form import Row
from vibe.config.problem import Severity
from vibe.config.scan import Path
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.header import WIDE
from vibe.tui.draw.hints import Hint, keys_line
from vibe.tui.draw.ink import EMPTY, Line, Span, cropped, line, padded, sides, wrapped
from vibe.tui.draw.inline import spans
from vibe.tui.panels.config_editor import Editor, Workbench
from vibe.tui.panels.config_form import FormView, form_lines
from vibe.tui.panels.config_side import INKS, file_lines

Asked: TypeAlias = Literal["moved", "leave"]

FRAME: Final = 4  # lines: both edges, the rule and the keys
MOST_FORM: Final = 62
ROOMY: Final = 16  # lines, from which on what is told of a setting may take two
FAR: Final = 1_000_000
CHANGED_BY: Final = "the file was changed on the disk meanwhile; nothing was saved"
UNSAVED: Final = "not saved yet"
MOVED_KEYS: Final[tuple[Hint, ...]] = (
    ("o", "save over it"),
    ("r", "read it anew, and lose these changes"),
)
TYPING_KEYS: Final[tuple[Hint, ...]] = (("enter", "done"), ("ctrl+u", "empty"))
LEAVE_KEYS: Final[tuple[Hint, ...]] = (("ctrl+s", "save"), ("x", "leave without"))


class ConfigPanel:
    """On a narrow screen form and file take turns; `_is_file` says whose it is."""

    def __init__(self, bench: Workbench, close: Callable[[], None]) -> None:
        self._editor = Editor(bench)
        self._hide = bench.hide
        self._close = close
        self._asked: Asked | None = None
        self._is_file = False
        self._is_wide = True
        self._page = 10

    # What is seen.

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        about = self._about(inner, 2 if room > ROOMY else 1)
        height = self._page = max(1, room - FRAME - len(about))
        is_wide = self._is_wide = width >= WIDE
        if is_wide and self._editor.rows:
            left = min(MOST_FORM, inner * 11 // 20)
            pairs = zip(self._form(left, height), self._file(inner - left - 1, height), strict=True)
            body: list[Line] = [(*padded(one, left + 1), *other) for one, other in pairs]
        elif self._is_file or not self._editor.rows:
            body = self._file(inner, height)
        else:
            body = self._form(inner, height)
        keys = self._keys(inner, is_wide=is_wide)
        return framed(self._title(inner), body, [*about, keys], width=width)

    def _title(self, inner: int) -> Line:
        draft, problems = self._editor.draft, self._editor.problems
        errors = sum(each.severity == "error" for each in problems)
        count = f"{len(problems)} problem{'s' * (len(problems) != 1)}" if problems else "valid"
        ink = "bad" if errors else "warn" if problems else "good"
        state = "● unsaved" if draft.is_unsaved else "saved" if draft.saved else "new"
        right = (Span(count, ink), Span(f"  {state}", "accent" if "●" in state else "muted"))
        return sides(line(self._editor.bench.title, "strong"), right, inner)

    def _form(self, width: int, height: int) -> list[Line]:
        editor = self._editor
        view = FormView(
            rows=editor.rows,
            at=editor.at,
            column=editor.column,
            typing=editor.typing,
            troubled=self._troubled(),
            tested=editor.tested,
        )
        return form_lines(view, width, height, hide=self._hide)

    def _file(self, width: int, height: int) -> list[Line]:
        editor = self._editor
        return file_lines(
            editor.draft.text.split("\n"),
            editor.problems,
            selected=editor.line,
            width=width,
            height=height,
            hide=self._hide,
        )

    def _about(self, inner: int, most: int) -> list[Line]:
        """What is wrong here, else what this is; always as many lines, so that nothing jumps."""
        rows = wrapped(self._saying(), inner)
        if len(rows) > most:
            rows[most - 1] = cropped((*rows[most - 1], Span(" …")), inner)
        return [*rows[:most], *[EMPTY] * (most - len(rows))]

    def _saying(self) -> Line:
        editor = self._editor
        if editor.told:
            return line(clean_line(self._hide(editor.told)), "warn")
        if found := editor.problem:
            help_ = f"; {found.help}" if found.help else ""
            return line(clean_line(f"{found.message}{help_}"), INKS[found.severity])
        row, cell = editor.row, editor.cell
        about = cell.field.about if cell else row.about if row else ""
        return spans(about or "↵ opens it", "muted")

    def _keys(self, inner: int, *, is_wide: bool) -> Line:
        if self._asked == "moved":
            return keys_line(MOVED_KEYS, inner, last=("escape", "back"))
        if self._asked == "leave":
            return keys_line(LEAVE_KEYS, inner, last=("escape", "back"))
        if self._editor.typing is not None:
            return keys_line(TYPING_KEYS, inner, last=("escape", "as it was"))
        hints: list[Hint] = [("enter", "change"), ("ctrl+s", "save")]
        if any(each.edits for each in self._editor.problems):
            hints.insert(0, ("f", "fix"))
        if not is_wide:
            hints.append(("tab", "form" if self._is_file else "file"))
        hints += [("u", "undo"), ("a", "add"), ("d", "remove"), ("t", "test keys")]
        return keys_line(hints, inner)

    def _troubled(self) -> Mapping[Path, Severity]:
        """The rows that problems belong to: each to the last row at or above its line."""
        rows = self._editor.rows
        places = sorted(
            ((number, row.path) for row in rows if (number := self._line_of(row))),
            key=lambda place: place[0],
        )
        troubled: dict[Path, Severity] = {}
        for each in self._editor.problems:
            above = [path for number, path in places if number <= (each.spot.line or 0)]
            if above and troubled.get(above[-1]) != "error":
                troubled[above[-1]] = each.severity
        return troubled

    def _line_of(self, row: Row) -> int | None:
        source = self._editor.source
        place = source.outline.places.get(row.path)
        if place is None or row.kind not in ("setting", "entry", "item"):
            return None
        return source.line_of(place.key.start)

    # What is done.

    def key(self, key: str) -> bool:
        editor = self._editor
        if editor.typing is not None:
            return self._key_of_typing(key)
        if self._asked is not None:
            return self._answer(key)
        if self._moved(key):
            return True
        editor.hush()
        if key in self._acts:
            self._acts[key]()
        elif key.isdigit() and editor.cell and editor.cell.field.kind in ("whole", "number"):
            editor.type("")
            editor.typed(key)
        else:
            return False
        return True

    def typed(self, text: str) -> None:
        self._editor.typed(text)

    def said(self, text: str) -> bool:
        del text
        return False

    @property
    def _acts(self) -> Mapping[str, Callable[[], object]]:
        editor = self._editor
        return {
            "left": lambda: editor.turn(-1),
            "right": lambda: editor.turn(1),
            "space": editor.choose,
            "enter": editor.open,
            "tab": self._tab,
            "f": editor.mend,
            "u": editor.undo,
            "t": editor.test,
            "a": editor.add,
            "d": editor.remove,
            "delete": editor.remove,
            "ctrl+s": self._save,
            "escape": self._leave,
        }

    def _moved(self, key: str) -> bool:
        steps = {"up": -1, "down": 1, "pageup": -self._page, "pagedown": self._page}
        steps |= {"home": -FAR, "end": FAR}
        if key not in steps:
            return False
        is_file = self._is_file and not self._is_wide
        (self._editor.scroll if is_file else self._editor.go)(steps[key])
        return True

    def _key_of_typing(self, key: str) -> bool:
        editor = self._editor
        match key:
            case "enter" | "tab":
                editor.done()
            case "up" | "down":
                editor.done()
                editor.go(1 if key == "down" else -1)
            case "escape":
                editor.give_up()
            case "backspace":
                editor.erase()
            case "ctrl+u":
                editor.erase(everything=True)
            case "ctrl+s":
                editor.done()
                self._save()
            case _:
                return False
        return True

    def _answer(self, key: str) -> bool:
        asked, self._asked = self._asked, None
        match asked, key:
            case "moved", "o":
                self._editor.save(over=True)
            case "moved", "r":
                self._editor.read_anew()
            case "leave", "x":
                self._close()
            case "leave", "ctrl+s":
                self._save()
                if not self._editor.draft.is_unsaved:
                    self._close()
            case _, "escape":
                self._editor.told = ""
            case _:
                self._asked = asked
        return True

    def _tab(self) -> None:
        if self._is_wide:
            self._editor.go_to_section()
        else:
            self._is_file = not self._is_file

    def _save(self) -> None:
        try:
            self._editor.save()
        except Moved:
            self._asked, self._editor.told = "moved", CHANGED_BY

    def _leave(self) -> None:
        if self._editor.draft.is_unsaved:
            self._asked, self._editor.told = "leave", UNSAVED
        else:
            self._close()
