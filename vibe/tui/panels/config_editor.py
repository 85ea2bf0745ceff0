"""What `/config` does to a file: where one is in its form, what one types there, what comes of it.

The text is the only truth: every change goes through vibe/config/draft.py, and rows and problems
are made anew of it. Draws nothing, and knows no key.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as File

from msgspec import Struct

from vibe.clean import clean_line
from vibe.config import draft as drafts
from vibe.config.draft import Draft
from vibe.config.form import Cell, Row, rows_of
from vibe.config.keypath import value_for
from vibe.config.load import Loaded
from vibe.config.locate import Source, source
from vibe.config.problem import Problem
from vibe.config.scan import Path
from vibe.errors import VibeError
from vibe.secret import may_name_a_variable


class Heard(Struct, frozen=True):
    """Of a provider that was asked."""

    is_well: bool
    told: str


class Workbench(Struct, frozen=True, kw_only=True):
    """What can be done with the file. `check` judges a text in its place; `hide` takes secrets out
    of a line; `saved` is told what was saved; `test` begins to ask the providers of what
    was checked, and tells what it hears of each by its name."""

    file: File
    title: str
    read: Callable[[], bytes | None]
    check: Callable[[str], Loaded]
    hide: Callable[[str], str]
    saved: Callable[[bytes], None]
    test: Callable[[Loaded, Callable[[str, Heard], None]], None]


class Editor:
    """`rows`, `source` and `loaded` are always those of `draft`; where that is no TOML, the rows
    are those of the last that was. `typing` is what stands in the cell while one types there, and
    `_before` the draft as it was before. `_asked` are the providers that are tested."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.draft = drafts.opened(bench.read())
        self.rows: tuple[Row, ...] = ()
        self.at = self.column = 0
        self.line = 1
        self.typing: str | None = None
        self.told = ""
        self.tested: dict[str, Heard] = {}
        self._asked: frozenset[str] = frozenset()
        self._before = self.draft
        self._unfolded: frozenset[Path] = frozenset()
        self.source: Source = source("", "")
        self.loaded: Loaded = self._look()
        self.go(1)

    @property
    def row(self) -> Row | None:
        return self.rows[self.at] if self.rows else None

    @property
    def cell(self) -> Cell | None:
        cells = self.row.cells if self.row else ()
        return cells[min(self.column, len(cells) - 1)] if cells else None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Of this file: what is wrong elsewhere is not to be mended here."""
        own = str(self.bench.file)
        return tuple(each for each in self.loaded.problems if each.spot.file == own)

    @property
    def problem(self) -> Problem | None:
        """The one of the selected line."""
        return next((each for each in self.problems if each.spot.line == self.line), None)

    # Where one is.

    def go(self, steps: int) -> None:
        """To another row, over the heads of sections."""
        stops = [at for at, row in enumerate(self.rows) if row.kind != "section"]
        ahead = [at for at in stops if (at > self.at if steps > 0 else at < self.at)]
        if ahead:
            nearest_first = ahead if steps > 0 else ahead[::-1]
            self.at = nearest_first[min(abs(steps), len(ahead)) - 1]
        self.column = 0
        self._follow()

    def go_to_section(self) -> None:
        """The next one, and from the last to the first."""
        heads = [at for at, row in enumerate(self.rows) if row.kind == "section"]
        if heads:
            self.at = next((at for at in heads if at > self.at), heads[0])
            self.go(1)

    def scroll(self, steps: int) -> None:
        """The file alone."""
        self.line = max(1, min(self.line + steps, len(self.source.starts)))

    def _follow(self) -> None:
        """The file shows what the form is at."""
        path = self.cell.path if self.cell else self.row.path if self.row else ()
        place = self.source.place(path) if path else None
        if place is not None:
            self.line = self.source.line_of(place.key.start)

    # What is changed.

    def turn(self, step: int) -> None:
        """To the setting beside this one in a line of the pool, else to the next known value."""
        if self.row and len(self.row.cells) > 1:
            self.column = max(0, min(self.column + step, len(self.row.cells) - 1))
            self._follow()
        else:
            self.choose(step)

    def choose(self, step: int = 1) -> bool:
        """The next of the values that one can choose among; False where there are none."""
        cell = self.cell
        if cell is None:
            return False
        if cell.field.kind == "flag":
            is_on = cell.field.default if cell.value is None else cell.value
            self._change(lambda draft: drafts.edited(draft, cell.path, not is_on))
            return True
        if not cell.known:
            return False
        now = cell.text or str(cell.field.default or "")
        at = cell.known.index(now) + step if now in cell.known else 0
        value = cell.known[at % len(cell.known)]
        self._change(lambda draft: drafts.edited(draft, cell.path, value))
        return True

    def open(self) -> None:
        """What Enter does: change the setting, unfold the table, add to the list."""
        row = self.row
        if row is None:
            return
        if row.kind == "add":
            self.add()
        elif row.kind in ("item", "more"):
            self._unfolded ^= {row.path}
            self._look()
        elif (cell := self.cell) and (cell.field.kind in ("flag", "choice")):
            self.choose()
        else:
            self.type("" if cell is None or cell.is_secret else cell.text)

    def type(self, text: str) -> None:
        """Begin to type, from there on."""
        self.typing, self._before = text, self.draft

    def typed(self, text: str) -> None:
        if self.typing is not None:
            self._type(self.typing + clean_line(text))

    def erase(self, *, everything: bool = False) -> None:
        if self.typing is not None:
            self._type("" if everything else self.typing[:-1])

    def done(self) -> None:
        self.typing, self.told = None, ""

    def give_up(self) -> None:
        """As it was before one began to type."""
        self.draft = self._before
        self.done()
        self._look()

    def add(self) -> None:
        """An item to the list that one is in, at the first of its settings."""
        row = self.row
        if row is None:
            return
        depth = next((at for at, step in enumerate(row.path) if isinstance(step, int)), None)
        path = row.path if row.kind in ("add", "section") else row.path[:depth]
        if depth is None and row.kind != "add":
            self.told = "to a list only: providers, models, pool"
            return
        self._change(lambda draft: drafts.added(draft, path)[0])
        items = (at for at, each in enumerate(self.rows) if each.path[:-1] == path)
        last = max((at for at in items if self.rows[at].kind in ("item", "entry")), default=0)
        self.at = last + (self.rows[last].kind == "item")
        self.column = 0
        self._follow()

    def remove(self) -> None:
        """The setting, which then has its default; at the name of an item, all of it."""
        row, cell = self.row, self.cell
        if row and row.kind in ("item", "entry") and not self.column:
            self._change(lambda draft: drafts.removed(draft, row.path))
        elif cell and cell.value is not None:
            self._change(lambda draft: drafts.removed(draft, cell.path))

    def mend(self) -> None:
        """As the problem of this line proposes, else the first one that proposes anything."""
        found = [each for each in self.problems if each.edits]
        here = (each for each in found if each.spot.line == self.line)
        problem = next(here, found[0] if found else None)
        if problem is not None:
            self._change(lambda draft: drafts.mended(draft, problem))

    def undo(self) -> None:
        self._change(drafts.undone)

    def test(self) -> None:
        settings = self.loaded.settings
        used = {model.provider for model in settings.models}
        self._asked = frozenset(each.name for each in settings.providers if each.name in used)
        self.tested = {}
        self.told = self._test_told or "no model has a provider that could be tested"
        self.bench.test(self.loaded, self._hear)

    def hush(self) -> None:
        """What was told was read; what is still awaited is told on."""
        self.told = self._test_told if self._asked - self.tested.keys() else ""

    @property
    def _test_told(self) -> str:
        """What is wrong first: there may be no room for all."""
        heard = sorted(self.tested.items(), key=lambda each: each[1].is_well)
        told = [f"{'●' if each.is_well else '○'} {name} {each.told}" for name, each in heard]
        if left := self._asked - self.tested.keys():
            told.insert(0, f"testing {', '.join(sorted(left))} …")
        return "   ".join(told)

    def save(self, *, over: bool = False) -> bool:
        """Raises `Moved` where the disk has something else by now."""
        try:
            self.draft = drafts.save(self.draft, self.bench.file, over=over)
        except drafts.Moved:
            raise
        except VibeError as error:
            self.told = error.message
            return False
        self.told = ""
        self.bench.saved(self.draft.saved or b"")
        return True

    def read_anew(self) -> None:
        self._change(lambda _: drafts.opened(self.bench.read()))

    def _type(self, text: str) -> None:
        """What stands in the cell is put into the text at once, where it can be."""
        cell = self.cell
        self.typing, self.told = text, ""
        if cell is None:
            return
        if cell.field.name == "api_key_env_var" and text and not may_name_a_variable(text):
            self.typing, self.told = "", "this looks like a key, not a variable's name: not taken"
            return
        self._change(lambda _: _with(self._before, cell, text))

    def _change(self, change: Callable[[Draft], Draft]) -> None:
        try:
            self.draft, self.told = change(self.draft), ""
        except VibeError as error:
            self.told = f"{error.message}; {error.hint}" if error.hint else error.message
        self._look()

    def _hear(self, provider: str, heard: Heard) -> None:
        self.tested[provider] = heard
        self.told = self._test_told

    def _look(self) -> Loaded:
        """At what the draft says now."""
        self.loaded = self.bench.check(self.draft.text)
        self.source = source(str(self.bench.file), self.draft.text)
        values = self.draft.values
        if values is not None:
            self.rows = rows_of(values, self._unfolded, effective=self.loaded.values)
        self.at = max(0, min(self.at, len(self.rows) - 1))
        self._follow()
        if values is None:  # then there is but one thing to do
            self.line = next((each.spot.line or 1 for each in self.problems), 1)
        return self.loaded


def _with(draft: Draft, cell: Cell, text: str) -> Draft:
    """An optional setting of which nothing is left is taken out."""
    if text or (cell.field.required and cell.field.kind == "text"):
        return drafts.edited(draft, cell.path, value_for(cell.field, text))
    return drafts.removed(draft, cell.path)
