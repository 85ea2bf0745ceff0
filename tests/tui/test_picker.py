"""A list that is filtered: what is found, what a key does, and that it fits into its room."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.tui.lines import shown
from vibe.tui.draw.ink import cells, line
from vibe.tui.panels.picker import Act, Picker, Row, matching

NAMES = ("auto", "devstral-2", "devstral-small", "local", "gpt-x")


def rows_of(names: Sequence[str]) -> tuple[Row[str], ...]:
    return tuple(Row(value=name, line=line(name)) for name in names)


class Held:
    """A picker, and what was told by it."""

    def __init__(self, names: Sequence[str] = NAMES, *, at: int = 0, about: int = 0) -> None:
        self.told: list[str] = []
        self.rows = rows_of(names)
        self.picker = Picker(
            lambda: line("Model", "strong"),
            lambda _: self.rows,
            chosen=lambda name: self.told.append(f"chosen {name}"),
            close=lambda: self.told.append("closed"),
            does="use",
            acts=(Act(key="ctrl+s", does="save", act=self.save),),
            about=(lambda name, _: (line(f"about {name}"),) * about) if about else None,
            at=at,
        )

    def save(self, name: str) -> None:
        self.told.append(f"saved {name}")

    def press(self, *keys: str) -> None:
        for key in keys:
            if not self.picker.key(key):
                self.picker.typed(key)

    def seen(self, *, width: int = 80, room: int = 20) -> list[str]:
        return [row.strip(" │").strip() for row in shown(self.picker.lines(width, room))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", NAMES),
        ("dev", ("devstral-2", "devstral-small")),
        ("DEV", ("devstral-2", "devstral-small")),
        ("dvs", ("devstral-2", "devstral-small")),
        ("small", ("devstral-small",)),
        ("dev sm", ("devstral-small",)),
        ("l", ("local", "devstral-2", "devstral-small")),
        ("al", ("local", "devstral-small", "devstral-2")),
        ("nobody", ()),
    ],
)
def test_what_a_filter_leaves(query: str, found: tuple[str, ...]) -> None:
    assert {row.value for row in matching(rows_of(NAMES), query)} == set(found)


@pytest.mark.parametrize(
    ("names", "query", "found"),
    [
        (("concat", "my cat", "my cats", "cats"), "cat", ("cats", "my cat", "my cats", "concat")),
        (("s-c-a-t", "concat"), "cat", ("concat",)),
        (("s-c-a-t", "dog"), "cat", ("s-c-a-t",)),
        (("nr 13, 12", "nr 12", "nr 2", "2 nr"), "nr 2", ("nr 2",)),
        (("nr 12", "2 of nr"), "nr 2", ("2 of nr", "nr 12")),
    ],
    ids=["places in a word", "no mere letters", "mere letters", "as typed", "each word"],
)
def test_only_those_that_fit_best_are_left_the_best_first(
    names: tuple[str, ...], query: str, found: tuple[str, ...]
) -> None:
    assert tuple(row.value for row in matching(rows_of(names), query)) == found


def test_what_is_found_in_a_name_goes_before_what_is_found_beside_it() -> None:
    rows = tuple(
        Row(value=name, line=line(name), text=f"{name} {does}", name=name)
        for name, does in (("mux", "the pool"), ("theme", "the colours"))
    )
    assert [row.value for row in matching(rows, "the")] == ["theme", "mux"]


def test_the_best_is_selected() -> None:
    held = Held(("nr 3", "nr 2", "nr 1"))
    held.press("nr", "down", "down", " ", "2", "enter")
    assert held.told == ["chosen nr 2"]


def test_a_row_can_be_found_by_a_text_that_is_not_seen() -> None:
    rows = (Row(value=1, line=line("devstral-2"), text="devstral-2 mistral"),)
    assert matching(rows, "mistral") == rows


def test_it_looks_as_it_is_drawn() -> None:
    held = Held(at=1)
    assert shown(held.picker.lines(60, 20)) == [
        " ┌ Model ─────────────────────────────────────────────────┐",
        f" │ {'> █':<54} │",
        *(
            f" │ {mark}{name:<52} │"
            for mark, name in zip(("  ", "› ", "  ", "  ", "  "), NAMES, strict=True)
        ),
        " │ ↵ use   ctrl+s save   esc                              │",
        " └────────────────────────────────────────────────────────┘",
    ]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (("enter",), "chosen auto"),
        (("down", "down", "enter"), "chosen devstral-small"),
        (("up", "enter"), "chosen gpt-x"),
        (("end", "down", "enter"), "chosen auto"),
        (("pagedown", "home", "enter"), "chosen auto"),
        (("l", "o", "enter"), "chosen local"),
        (("x", "backspace", "enter"), "chosen auto"),
        (("local gp", "ctrl+w", "enter"), "chosen local"),
        (("nobody", "ctrl+u", "enter"), "chosen auto"),
        (("s", "m", "ctrl+s"), "saved devstral-small"),
        (("escape",), "closed"),
    ],
    ids=" ".join,
)
def test_what_keys_do(keys: tuple[str, ...], told: str) -> None:
    held = Held()
    held.press(*keys)
    assert held.told == [told]


def test_with_nothing_found_there_is_nothing_to_choose() -> None:
    held = Held()
    held.press("nobody", "enter", "ctrl+s", "up", "down", "end")
    assert held.told == []
    assert "nothing matches" in held.seen()


def test_an_empty_list_says_so() -> None:
    assert "nothing here yet" in Held(()).seen()


@pytest.mark.parametrize("room", [5, 8, 10, 20])
@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("about", [0, 1, 9])
def test_it_fits_and_its_keys_stay(width: int, room: int, about: int) -> None:
    held = Held([f"a-rather-long-name-of-number-{n}" for n in range(50)], about=about)
    held.press("pagedown", "end")
    lines = held.picker.lines(width, room)
    seen = held.seen(width=width, room=room)
    assert len(lines) <= room
    assert max(map(cells, lines)) <= width
    assert "› a-rather-long-name-of-number-49" in seen
    assert any(row.endswith("esc") for row in seen[-2:])


def test_nothing_jumps_while_one_types() -> None:
    held = Held()
    before = len(held.seen())
    held.press("gpt")
    assert len(held.seen()) == before


def test_rows_that_change_are_seen_and_the_selection_stays_among_them() -> None:
    held = Held()
    held.press("end")
    held.rows = rows_of(("one", "two"))
    assert "› two" in held.seen()
    held.press("enter")
    assert held.told == ["chosen two"]
