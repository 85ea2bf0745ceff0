"""`[ui]`: the theme, and the keys, each of which has to be one that could be pressed."""

from __future__ import annotations

import pytest

from vibe.config.load import load_text
from vibe.config.schema import Ui
from vibe.config.variables import Variables
from vibe.domain.keys import KEYS, canonical, is_key, split

NO_VARIABLES = Variables(environment={}, dotenv={})


def test_every_action_has_keys_that_can_be_pressed_and_none_twice() -> None:
    keys = [key for action in KEYS for key in action.keys]
    assert [key for key in keys if not is_key(key) or canonical(key) != key] == []
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("F5", "f5"),
        ("Shift+Ctrl+Z", "ctrl+shift+z"),
        ("Esc", "escape"),
        ("control+PgUp", "ctrl+pageup"),
        ("ctrl+_", "ctrl+underscore"),
        ("esc  esc", "escape escape"),
        ("ctrl++", "ctrl++"),
    ],
)
def test_a_key_is_known_however_it_is_called(key: str, expected: str) -> None:
    assert canonical(key) == expected


@pytest.mark.parametrize(
    "key", ["", "x", "shift+x", "space", "f99", "hyper+x", "ctrl+ctrl+x", "ab"]
)
def test_what_is_no_key_to_be_bound(key: str) -> None:
    assert not is_key(key)


def test_several_keys_are_written_with_commas() -> None:
    assert (split("f5, Ctrl+P"), split("")) == (("f5", "ctrl+p"), ())


def test_what_is_written_is_what_counts_and_nothing_else_is_set() -> None:
    text = '[ui]\ntheme = "light"\n[ui.keys]\nmux = "f5, ctrl+x"\nsuspend = ""\n'
    found = load_text(text, name="config.toml", variables=NO_VARIABLES)
    assert found.problems == ()
    assert found.settings.ui == Ui(theme="light", keys={"mux": "f5, ctrl+x", "suspend": ""})


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param('mux = "end"', id="another is left"),
        pytest.param('mux = "f3"\nmodel = "f2"', id="exchanged"),
        pytest.param('mux = "f3"\nmodel = ""', id="none is wanted"),
    ],
)
def test_a_key_may_be_taken_from_an_action_that_has_others_or_wants_none(keys: str) -> None:
    found = load_text(f"[ui.keys]\n{keys}\n", name="config.toml", variables=NO_VARIABLES)
    assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "expected", "literal"),
    [
        pytest.param(
            '[ui.keys]\nmux = "pgeup"\n',
            ("value-choice", "error", 'mux: "pgeup" is no key that could be bound'),
            'mux = "pageup"',
            id="a key that there is not",
        ),
        pytest.param(
            '[ui.keys]\nmux = "f5, x"\n',
            ("value-choice", "error", 'mux: "x" is no key that could be bound'),
            'mux = "f5, ctrl+x"',
            id="a letter alone",
        ),
        pytest.param(
            '[ui.keys]\nmix = "f5"\n',
            ("key-unknown", "warning", 'unknown key "mix" in [ui.keys]'),
            'mux = "f5"',
            id="an action that there is not",
        ),
        pytest.param(
            '[ui.keys]\nmux = "f5"\nmodel = "F5, f3"\n',
            ("ui-key-twice", "warning", 'the key "f5" is given to mux already, in line 2'),
            '# model = "F5, f3"',
            id="one key for two",
        ),
        pytest.param(
            '[ui.keys]\nmux = "f3"\n',
            ("ui-key-taken", "warning", 'model is left without a key: "f3" is given to mux'),
            '# mux = "f3"',
            id="the only key of another",
        ),
        pytest.param(
            '[ui.keys]\nmux = "end"\nmodel = "ctrl+end, f3"\n',
            (
                "ui-key-taken",
                "warning",
                'to_end is left without a key: "ctrl+end" is given to model',
            ),
            '# model = "ctrl+end, f3"',
            id="all keys of another, by two",
        ),
        pytest.param(
            "[ui.keys]\nmux = 5\n",
            ("value-type", "error", "mux must be keys in quotes, not 5"),
            'mux = "f2"',
            id="no text",
        ),
        pytest.param(
            '[ui]\ntheme = "drak"\n',
            (
                "value-choice",
                "error",
                'theme must be one of "dark", "light", "ansi", not the text "drak"',
            ),
            'theme = "dark"',
            id="a theme that there is not",
        ),
    ],
)
def test_what_is_wrong_is_told_with_the_line_that_would_be_right(
    text: str, expected: tuple[str, str, str], literal: str
) -> None:
    found = load_text(text, name="config.toml", variables=NO_VARIABLES)
    (problem,) = found.problems
    assert (problem.code.value, problem.severity, problem.message) == expected
    assert [edit.text for edit in problem.edits] == [literal]
