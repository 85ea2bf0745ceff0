"""The question whether a folder is trusted: the files that it brings for vibe, to be looked at.

It knows the very bytes that would be trusted. Nothing is trusted by a key that was typed before the
question could be read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from vibe.agent.permissions.trust import Project, ProjectFile
from vibe.clean import clean_line, written_out
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.hints import Hint, keys_line
from vibe.tui.draw.ink import Line, Span, cropped, folded, line, shortened, sides, wrapped
from vibe.tui.panels.panel import Typing

Reply: TypeAlias = Literal["trust", "refuse", "later"]

FRAME: Final = 4  # lines: both edges, the rule and the keys
NEW: Final = "This folder brings files for vibe."
CHANGED: Final = "The files for vibe in this folder are no longer those that you trusted."
MEANING: Final = (
    "They steer the assistant, and may send your requests elsewhere; so read them first."
)
ANSWERS: Final[tuple[Hint, ...]] = (("y", "trust them"), ("n", "go on without"))


class TrustPanel:
    """`folder` is how it is called on this screen; `hide` takes the keys out that are known. While
    one looks, `_rows` are those of the selected file, for `_width`."""

    def __init__(
        self,
        project: Project,
        answer: Callable[[Reply], None],
        *,
        folder: str,
        now: Callable[[], float],
        hide: Callable[[str], str] = str,
    ) -> None:
        self._hide = hide
        self._project = project
        self._answer = answer
        self._folder = folder
        self._typing = Typing(now)
        self._is_graced = self._typing.grace()
        self._at = 0
        self._from = 0
        self._is_looking = False
        self._rows: list[Line] = []
        self._width = self._page = 0

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        self._page = max(1, room - FRAME)
        if self._is_looking:
            return self._looked_at(inner, width)
        files = self._project.files
        why = CHANGED if self._project.state == "changed" else NEW
        told = wrapped(line(f"{why} {MEANING}"), inner)
        self._page = max(1, min(len(files), room - FRAME - len(told)))
        self._from = max(self._at - self._page + 1, min(self._from, self._at))
        shown = files[self._from : self._from + self._page]
        rows = [
            _row(each, self._name(each), inner, is_at=each is files[self._at]) for each in shown
        ]
        place = f"   {self._at + 1} of {len(files)}" if len(files) > len(shown) else ""
        title = (Span("Trust this folder?", "strong"), Span(f"   {self._folder}{place}"))
        keys = keys_line((*ANSWERS, ("v", "look")), inner, last=("escape", "later"))
        return framed(cropped(title, inner), [*told, *rows], [keys], width=width)

    def key(self, key: str) -> bool:
        if key in ("y", "n", "escape"):
            if self._is_looking and key == "escape":
                self._look(is_looking=False)
            elif self._is_graced():
                replies: dict[str, Reply] = {"y": "trust", "n": "refuse", "escape": "later"}
                self._answer(replies[key])
        elif key in ("v", "enter"):
            self._look(is_looking=not self._is_looking)
        elif key == "tab" and self._is_looking:
            self._at = (self._at + 1) % len(self._project.files)
            self._look(is_looking=True)
        elif not self._moved(key):
            return False
        return True

    def typed(self, text: str) -> None:
        del text
        self._typing.typed()  # he writes to somebody else: a y in it is no answer

    def said(self, text: str) -> bool:
        del text
        return False

    def _moved(self, key: str) -> bool:
        steps = {"up": -1, "down": 1, "pageup": -self._page, "pagedown": self._page}
        if key not in steps:
            return False
        if self._is_looking:
            self._from += steps[key]
        else:
            self._at = max(0, min(self._at + steps[key], len(self._project.files) - 1))
        return True

    def _look(self, *, is_looking: bool) -> None:
        self._is_looking = is_looking
        self._from = self._width = 0

    def _looked_at(self, inner: int, width: int) -> tuple[Line, ...]:
        file = self._project.files[self._at]
        if width != self._width:
            self._width, self._rows = width, _content(file, inner, self._hide)
        self._from = max(0, min(self._from, len(self._rows) - self._page))
        part = self._rows[self._from : self._from + self._page]
        last = self._from + len(part)
        place = f"   {self._from + 1}–{last} of {len(self._rows)}"
        name = shortened(self._name(file), inner - len(place))
        title = (Span(name, "strong"), Span(place))
        several: tuple[Hint, ...] = (("tab", "next file"),) if len(self._project.files) > 1 else ()
        hints = (*ANSWERS, *several, ("↑↓", ""))
        keys = keys_line(hints, inner, last=("escape", "back"))
        return framed(cropped(title, inner), part, [keys], width=width)

    def _name(self, file: ProjectFile) -> str:
        return clean_line(written_out(self._hide(file.name)))


def _row(file: ProjectFile, called: str, inner: int, *, is_at: bool) -> Line:
    name = line(called, "strong" if is_at else "plain")
    lines = file.content.count(b"\n") + (not file.content.endswith(b"\n"))
    size = line(f"{lines:,} line{'s' * (lines != 1)} · {len(file.content):,} bytes", "muted")
    return sides((Span("› " if is_at else "  ", "accent"), *name), size, inner)


def _content(file: ProjectFile, inner: int, hide: Callable[[str], str]) -> list[Line]:
    """All that a model would read, also what no screen would show."""
    content = file.content.decode(errors="replace").replace("\r\n", "\n")
    text = written_out(hide(content)).rstrip("\n")
    rows = (line(row.expandtabs(4), "code") for row in text.split("\n"))
    return [each for row in rows for each in folded(row, inner)]
