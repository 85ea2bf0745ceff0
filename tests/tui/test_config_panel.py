"""`/config` by its keys: what is changed in the text, what is told of it, what reaches the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.lines import shown
from vibe.config.load import Loaded, load_text
from vibe.config.variables import Variables
from vibe.secret import Redactor
from vibe.tui.draw.ink import cells
from vibe.tui.panels.config import ConfigPanel
from vibe.tui.panels.config_editor import Heard, Workbench

KEY = "canary7F3a9c21D4e8b6A0zz"
TEXT = """\
# my own
active_model = "strong"  # the best

[[providers]]
name = "acme"
api_base = "http://127.0.0.1:9/v1"
api_key_env_var = "ACME_API_KEY"
headers = { X-Api-Key = "canary-of-a-header" }

[[models]]
name = "m"
provider = "acme"
alias = "strong"

[[models]]
name = "n"
provider = "acme"
alias = "small"

[multiplexer]
enabled = true
mode = "failover"

[[multiplexer.pool]]
model = "strong"
weight = 70

[[multiplexer.pool]]
model = "small"
is_fallback = true
"""
SIZES = ((120, 26), (99, 26), (80, 14), (60, 10))


class Bench:
    """A panel over a file of its own."""

    def __init__(self, folder: Path, text: str | None = TEXT) -> None:
        self.file = folder / "config.toml"
        if text is not None:
            self.file.write_text(text)
        self.saves = 0
        self.is_closed = False
        self.hear: Callable[[str, Heard], None] | None = None
        self.panel = ConfigPanel(
            Workbench(
                file=self.file,
                title="~/config.toml",
                read=lambda: self.file.read_bytes() if self.file.exists() else None,
                check=self._check,
                hide=Redactor([KEY]).redact,
                saved=self._saved,
                test=self._test,
            ),
            self._close,
        )
        self.screen()

    def _check(self, text: str) -> Loaded:
        variables = Variables(environment={"ACME_API_KEY": KEY})
        return load_text(text, name=str(self.file), variables=variables)

    def _saved(self, content: bytes) -> None:
        assert content == self.file.read_bytes()
        self.saves += 1

    def _test(self, loaded: Loaded, hear: Callable[[str, Heard], None]) -> None:
        assert [each.name for each in loaded.settings.providers] == ["acme"]
        self.hear = hear

    def _close(self) -> None:
        self.is_closed = True

    def press(self, *keys: str) -> None:
        """As the app does: what is no key of the panel and can be read is typed."""
        for key in keys:
            if not self.panel.key(key) and len(key) == 1:
                self.panel.typed(key)

    def go_to(self, text: str) -> None:
        for _ in range(80):
            if any(row[3:].startswith(f"› {text}") for row in self.screen().split("\n")):
                return
            self.press("down")
        raise AssertionError(f"there is no row {text!r}:\n{self.screen()}")

    def screen(self, width: int = 120, room: int = 26) -> str:
        lines = self.panel.lines(width, room)
        assert len(lines) <= room
        assert max(map(cells, lines)) <= width
        return "\n".join(shown(lines))

    def saved(self) -> str:
        self.press("ctrl+s")
        return self.file.read_text()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_form_and_file_stand_side_by_side_or_take_turns(bench: Bench) -> None:
    wide = bench.screen()
    assert "active model" in wide
    assert '2 active_model = "strong"  # the best' in wide
    assert '2 active_model = "strong"' not in bench.screen(80, 14)
    bench.press("tab")
    assert '2 active_model = "strong"' in bench.screen(80, 14)


MULTIPLEXER = ("tab",) * 3
POOL = ("tab",) * 4


@pytest.mark.parametrize(
    ("keys", "before", "after"),
    [
        pytest.param(("right",), '"strong"  #', '"small"  #', id="a known name"),
        pytest.param((*MULTIPLEXER, "space"), "enabled = true", "enabled = false", id="a flag"),
        pytest.param(
            (*MULTIPLEXER, "down", "right"), '"failover"', '"load_balance"', id="the next choice"
        ),
        pytest.param(
            (*MULTIPLEXER, "down", "left"), '"failover"', '"single"', id="the choice before"
        ),
        pytest.param((*POOL, "right", "5", "enter"), "weight = 70", "weight = 5", id="a figure"),
        pytest.param(
            (*POOL, "right", "enter", "0", "down"), "weight = 70", "weight = 700", id="one more"
        ),
        pytest.param(
            (*POOL, "right", "enter", "ctrl+u", "enter"), "weight = 70\n", "", id="emptied"
        ),
        pytest.param((*POOL, "right", "d"), "weight = 70\n", "", id="taken out"),
        pytest.param(
            (*POOL, "down", "right", "right", "right", "space"),
            "is_fallback = true",
            "is_fallback = false",
            id="a flag of an entry",
        ),
        pytest.param(
            (*POOL, "d"),
            '[[multiplexer.pool]]\nmodel = "strong"\nweight = 70\n\n',
            "",
            id="an entry of the pool",
        ),
    ],
)
def test_a_change_is_saved_and_all_else_stays(
    keys: tuple[str, ...], before: str, after: str, bench: Bench
) -> None:
    bench.press(*keys)
    assert "● unsaved" in bench.screen()
    assert bench.saved() == TEXT.replace(before, after, 1)
    assert (bench.saves, bench.is_closed) == (1, False)


def test_a_problem_is_told_at_its_line_while_one_types_and_mended_by_a_key(bench: Bench) -> None:
    bench.press(*POOL, "enter", "x")
    assert 'unknown model alias "strongx"' in bench.screen()
    assert "1 problem" in bench.screen()
    bench.press("enter", "f")
    assert "valid" in bench.screen()
    assert bench.saved() == TEXT


def test_what_is_no_value_is_told_and_changes_nothing(bench: Bench) -> None:
    bench.press(*POOL, "right", "enter", "x")
    assert "weight" in bench.screen()
    assert "a whole number" in bench.screen()
    bench.press("escape")
    assert "saved" in bench.screen()


def test_undo_leads_back_over_a_whole_word(bench: Bench) -> None:
    bench.press("enter", *"ly", "enter", "u")
    assert "● unsaved" not in bench.screen()


def test_an_entry_is_added_and_may_be_undone(bench: Bench) -> None:
    bench.press(*POOL, "a")
    assert "3 problems" not in bench.screen()
    assert bench.saved().count("[[multiplexer.pool]]") == 3


def test_everything_of_a_table_is_shown_when_it_is_unfolded(bench: Bench) -> None:
    bench.press(*MULTIPLEXER)
    bench.go_to("  + 1")
    bench.press("enter")
    assert "failure threshold" in bench.screen()


def test_a_file_that_somebody_else_has_written_leaves_a_choice(bench: Bench) -> None:
    bench.press("right")
    bench.file.write_text("# another\n")
    assert bench.saved() == "# another\n"
    assert "was changed on the disk meanwhile" in bench.screen()
    bench.press("escape", "ctrl+s", "o")
    assert bench.file.read_text() == TEXT.replace('"strong"  #', '"small"  #')
    bench.file.write_text(TEXT)
    bench.press("right", "ctrl+s", "r")
    assert "● unsaved" not in bench.screen()
    assert bench.file.read_text() == TEXT


def test_leaving_asks_once_when_something_is_not_saved(bench: Bench) -> None:
    bench.press("right", "escape")
    assert "not saved yet" in bench.screen()
    bench.press("escape", "escape", "x")
    assert (bench.is_closed, bench.file.read_text()) == (True, TEXT)


def test_leaving_asks_nothing_when_all_is_saved(bench: Bench) -> None:
    bench.press("escape")
    assert bench.is_closed


def test_providers_are_asked_and_what_they_say_stands_beside_them(bench: Bench) -> None:
    bench.press("t")
    assert bench.hear is not None
    bench.hear("acme", Heard(is_well=False, told="401 auth"))
    assert "acme  ○ 401 auth" in bench.screen()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_what_comes_of_a_test_is_told_wherever_one_is(bench: Bench, size: tuple[int, int]) -> None:
    bench.press("end", "t")
    assert "testing acme …" in bench.screen(*size)
    bench.press("left")
    assert "testing acme …" in bench.screen(*size)
    assert bench.hear is not None
    bench.hear("acme", Heard(is_well=False, told="401 auth"))
    assert "│ ○ acme 401 auth " in bench.screen(*size)
    bench.press("left")
    assert "401 auth" not in bench.screen(*size)


def test_the_lines_of_the_pool_stand_below_one_another(tmp_path: Path) -> None:
    long = "the-small-one-of-the-two"
    text = TEXT.replace('"small"', f'"{long}"').replace("weight = 70", "weight = 70000")
    bench = Bench(tmp_path, text)
    bench.go_to("[strong]")
    for width, room in ((120, 30), (100, 26), (80, 14), (60, 10)):
        rows = [row for row in bench.screen(width, room).split("\n") if "  weight [" in row]
        places = {tuple(row.index(name) for name in ("weight", "max", "fallback")) for row in rows}
        assert len(rows) == 2
        assert len(places) == 1
        assert ["fallback [ ]" in rows[0], "fallback [x]" in rows[1]] == [True, True]


def test_no_key_is_shown_wherever_it_was_put(bench: Bench) -> None:
    bench.go_to("  api key")
    bench.press("enter", "ctrl+u")
    bench.panel.typed(KEY)
    assert "looks like a key" in bench.screen()
    screens = [bench.screen(*size) for size in SIZES]
    bench.press("enter", "down", "enter", "down", "tab")
    screens += [bench.screen(*size) for size in SIZES]
    assert not [screen for screen in screens if "canary" in screen]


def test_a_file_that_is_no_toml_is_shown_and_can_be_mended(tmp_path: Path) -> None:
    bench = Bench(tmp_path, TEXT.replace('mode = "failover"', "mode = failover"))
    assert "mode = failover" in bench.screen()
    bench.press("f")
    assert bench.saved() == TEXT


def test_a_file_that_is_not_there_is_begun(tmp_path: Path) -> None:
    bench = Bench(tmp_path, None)
    bench.press("enter", "a", "enter")
    assert bench.saved() == 'active_model = "a"\n'


@pytest.mark.parametrize(("width", "room"), SIZES)
def test_it_fits_wherever_one_is(width: int, room: int, bench: Bench) -> None:
    for _ in range(50):
        bench.press("down")
        assert "› " in bench.screen(width, room)
