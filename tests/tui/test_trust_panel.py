"""The question whether a folder is trusted: its files are seen, and a stray key trusts nothing."""

from __future__ import annotations

import pytest

from tests.tui.lines import shown
from vibe.agent.permissions.trust import Project, ProjectFile, State
from vibe.testing.clock import FakeClock
from vibe.tui.draw.ink import cells
from vibe.tui.panels.panel import GRACE_S
from vibe.tui.panels.trust import Reply, TrustPanel

FILES = (
    ProjectFile(
        name=".vibe/commands/x.md", content="".join(f"row {n}\n" for n in range(90)).encode()
    ),
    ProjectFile(name="AGENTS.md", content=b"be \x1b]52;c;AAAA\x07brief\xff"),
)


class Asked:
    def __init__(self, *, state: State = "new", files: tuple[ProjectFile, ...] = FILES) -> None:
        self.replies: list[Reply] = []
        self.clock = FakeClock()
        project = Project(folder="/shop", state=state, files=files)
        self.panel = TrustPanel(
            project, self.replies.append, folder="~/shop", now=self.clock.monotonic
        )

    def press(self, *keys: str) -> None:
        for key in keys:
            if not self.panel.key(key) and len(key) == 1:
                self.panel.typed(key)

    def screen(self, width: int = 120, room: int = 26) -> str:
        lines = self.panel.lines(width, room)
        assert len(lines) <= room
        assert max(map(cells, lines)) <= width
        return "\n".join(shown(lines))


@pytest.mark.parametrize(("key", "reply"), [("y", "trust"), ("n", "refuse"), ("escape", "later")])
def test_a_key_answers_once_the_question_could_be_read(key: str, reply: Reply) -> None:
    asked = Asked()
    asked.press(key)
    assert asked.replies == []
    asked.clock.advance(GRACE_S)
    asked.press(key)
    assert asked.replies == [reply]


def test_who_types_words_answers_nothing() -> None:
    asked = Asked()
    asked.clock.advance(GRACE_S)
    asked.press("m", "y")
    assert asked.replies == []


def test_the_files_are_named_with_their_size() -> None:
    screen = Asked().screen()
    assert "Trust this folder?   ~/shop" in screen
    assert "› .vibe/commands/x.md" in screen
    assert "90 lines" in screen


@pytest.mark.parametrize("width", [120, 80, 60])
def test_that_the_files_can_be_looked_at_is_told_at_every_width(width: int) -> None:
    keys = "y trust them   n go on without   v look   esc later"
    assert keys in Asked().screen(width, 10)


def test_that_they_have_changed_is_told() -> None:
    assert "no longer those that you trusted" in Asked(state="changed").screen()


def test_each_file_can_be_looked_at_as_it_is() -> None:
    asked = Asked()
    asked.press("v")
    assert "row 0" in asked.screen()
    asked.press("pagedown")
    screen = asked.screen()
    assert "row 0" not in screen
    assert "23–44 of 90" in screen
    asked.press("tab")
    assert "be \\x1b]52;c;AAAA\\x07brief�" in asked.screen()
    asked.press("escape")
    assert "Trust this folder?" in asked.screen()
    assert asked.replies == []


@pytest.mark.parametrize(("width", "room"), [(120, 26), (80, 14), (60, 10)])
def test_it_fits_however_many_there_are(width: int, room: int) -> None:
    many = tuple(ProjectFile(name=f".vibe/{n:03}.md", content=b"x" * 200) for n in range(80))
    asked = Asked(files=many)
    asked.screen(width, room)
    asked.press(*["down"] * 79)
    assert "80 of 80" in asked.screen(width, room)
    asked.press("v")
    assert "y trust them   n go on without" in asked.screen(width, room)
