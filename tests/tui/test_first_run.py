"""The first screen: what is offered, a key that is never seen, and what is chosen in the end."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.tui.lines import shown
from vibe.config.known import OLLAMA, PROVIDERS
from vibe.config.write import WriteError
from vibe.secret import Secret
from vibe.tui.draw.ink import cells
from vibe.tui.panels.first_run import Chosen, FirstRun, Served

MISTRAL, ANTHROPIC = PROVIDERS[:2]
KEY = "sk-ant-canary7F3a9c21D4e8b6"
SERVED = Served(server=replace(OLLAMA, model="qwen3:8b"), models=("qwen3:8b", "gpt-oss:20b"))
SIZES = ((120, 20), (80, 14), (60, 10))


class Asked:
    """A first screen, and what was chosen on it."""

    def __init__(self, *found: object, fails: bool = False) -> None:
        self.chosen: list[Chosen] = []
        self._fails = fails
        self.panel = FirstRun(
            [each for each in PROVIDERS if each in found],
            self._choose,
            config="~/.config/vibe/config.toml",
            dotenv="~/.config/vibe/.env",
        )

    def _choose(self, chosen: Chosen) -> None:
        if self._fails:
            raise WriteError("cannot write it: the disk is full; nothing was changed")
        self.chosen.append(chosen)

    def press(self, *keys: str) -> None:
        """As the app does: what is no key of the panel and can be read is typed."""
        for key in keys:
            if not self.panel.key(key) and len(key) == 1:
                self.panel.typed(key)

    def screen(self, width: int = 120, room: int = 20) -> str:
        lines = self.panel.lines(width, room)
        assert len(lines) <= room
        assert max(map(cells, lines)) <= width
        return "\n".join(shown(lines))


def test_with_nothing_found_a_key_or_the_demo_is_offered() -> None:
    asked = Asked()
    assert "looking for local servers" in asked.screen()
    asked.panel.searched()
    screen = asked.screen()
    assert "no local server answers" in screen
    assert "› Paste a key" in screen
    asked.press("down", "enter")
    assert asked.chosen == [Chosen()]


def test_escape_takes_the_demo() -> None:
    asked = Asked(MISTRAL)
    asked.press("escape")
    assert asked.chosen == [Chosen()]


def test_the_first_key_that_was_found_is_one_enter_away() -> None:
    asked = Asked(MISTRAL, ANTHROPIC)
    asked.press("enter")
    assert asked.chosen == [Chosen(offers=(MISTRAL,))]


def test_several_are_offered_as_a_pool() -> None:
    asked = Asked(MISTRAL, ANTHROPIC)
    asked.panel.serve(SERVED)
    asked.press("down", "down", "down")
    assert "› All of these" in asked.screen()
    asked.press("enter")
    assert asked.chosen == [Chosen(offers=(MISTRAL, ANTHROPIC, SERVED.server))]


def test_one_alone_is_no_pool() -> None:
    assert "All of these" not in Asked(MISTRAL).screen()


def test_a_server_that_comes_late_does_not_move_what_is_selected() -> None:
    asked = Asked(MISTRAL)
    asked.press("down")
    asked.panel.serve(SERVED)
    assert "› Paste a key" in asked.screen()


def test_another_model_of_a_server_is_turned_to() -> None:
    asked = Asked()
    asked.panel.serve(SERVED)
    asked.press("up")
    assert "‹ qwen3:8b › 1 of 2" in asked.screen()
    asked.press("right", "enter")
    assert asked.chosen == [Chosen(offers=(OLLAMA,))]


@pytest.mark.parametrize(
    ("last", "is_kept"), [("enter", True), ("e", False)], ids=["kept", "only for now"]
)
def test_a_key_is_never_shown_on_its_way(last: str, is_kept: bool) -> None:
    asked = Asked()
    asked.press("enter", *KEY)
    screens = [asked.screen(*size) for size in SIZES]
    asked.press("enter")
    screens += [asked.screen(*size) for size in SIZES]
    assert "‹ Anthropic ›" in screens[-1]
    asked.press(last)
    assert asked.chosen == [Chosen(offers=(ANTHROPIC,), key=Secret(KEY), is_kept=is_kept)]
    assert not [screen for screen in screens if KEY[:4] in screen]


def test_a_paste_is_taken_for_a_key_at_once() -> None:
    asked = Asked(MISTRAL)
    asked.panel.typed(f"{KEY}\n")
    asked.press("enter", "right", "enter")
    assert asked.chosen == [Chosen(offers=(PROVIDERS[2],), key=Secret(KEY))]


@pytest.mark.parametrize(
    ("typed", "trouble"),
    [
        pytest.param("", "there is no key yet", id="nothing"),
        pytest.param("your-api-key-here", "placeholder", id="of an example"),
        pytest.param("two words", "characters that no key has", id="words"),
    ],
)
def test_what_can_be_no_key_is_told(typed: str, trouble: str) -> None:
    asked = Asked()
    asked.press("enter")
    asked.panel.typed(typed)
    asked.press("enter")
    assert trouble in asked.screen(60, 10)
    assert asked.chosen == []


def test_what_could_not_be_written_is_told_and_can_be_chosen_anew() -> None:
    asked = Asked(MISTRAL, fails=True)
    asked.press("enter")
    assert "the disk is full" in asked.screen(80, 14)
    asked.press("down")
    assert "the disk is full" not in asked.screen()


def test_on_a_narrow_screen_less_is_told_and_nothing_is_clipped() -> None:
    asked = Asked(MISTRAL, ANTHROPIC)
    asked.panel.searched()
    assert [row.strip(" │") for row in asked.screen(60, 12).split("\n")[1:-3]] == [
        "› Mistral         key found    mistral-vibe-cli-latest",
        "Anthropic       key found          claude-sonnet-5-5",
        "All of these    as a pool",
        "Paste a key     of Mistral, Anthropic or 7 others",
        "The demo model  needs no key and no network",
        "no local server answers on a usual port · the choice",
        "is written to ~/.config/vibe/config.toml",
    ]


def test_of_more_than_there_is_room_for_it_is_told_how_many() -> None:
    asked = Asked(MISTRAL, ANTHROPIC)
    assert "↑↓ 1 of 5" in asked.screen(60, 8)


def test_one_character_is_one() -> None:
    asked = Asked()
    asked.press("enter", "x")
    assert "1 character " in asked.screen()


@pytest.mark.parametrize(("width", "room"), SIZES)
def test_it_fits(width: int, room: int) -> None:
    asked = Asked(*PROVIDERS)
    asked.panel.serve(SERVED)
    asked.press("up")
    assert "› The demo model" in asked.screen(width, room)
