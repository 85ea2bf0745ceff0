"""The first and the last line: what is told at which width, and what gives way first."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.tui.lines import shown
from vibe.tui.draw.foot import FootView, foot
from vibe.tui.draw.header import HeaderView, folder_told, header, rule
from vibe.tui.draw.ink import Span, cells
from vibe.tui.git import branch_of

VIEW = HeaderView(
    folder="~/code/shop",
    branch="main",
    mode="failover",
    alias="devstral-2",
    dots=(Span("●", "good"), Span("◐", "warn"), Span("○", "bad")),
    used=23_000,
    window=128_000,
    cost_uusd=214_000,
)
HINTS = (("enter", "send"), ("/", "command"), ("f1", "help"), ("f2", "mux"))


@pytest.mark.parametrize(
    ("view", "width", "expected"),
    [
        pytest.param(
            VIEW,
            120,
            " vibe  ~/code/shop  main                                          "
            "failover · devstral-2   ctx 18%   $0.214   ● ◐ ○   F1",
            id="wide",
        ),
        pytest.param(
            VIEW,
            80,
            " ~/code/shop main                failover · devstral-2  18%  $0.21  ●◐○  F1",
            id="narrow",
        ),
        pytest.param(
            VIEW, 60, " ~/code/shop failover · devstral-2  18%  $0.21  ●◐○  F1", id="git goes first"
        ),
        pytest.param(
            replace(VIEW, folder="~/a/very/long/path/to/some/project/shop"),
            80,
            " …ry/long/path/to/some/project/shop failover · devstral-2  18%  $0.21  ●◐○  F1",
            id="the end of a path says more",
        ),
        pytest.param(
            replace(VIEW, mode="single", window=None, cost_uusd=None, dots=()),
            80,
            " ~/code/shop main                                  devstral-2  23.0k tok  $?  F1",
            id="what nobody knows",
        ),
    ],
)
def test_the_header_tells(view: HeaderView, width: int, expected: str) -> None:
    told, below = header(view, width)
    assert " ".join(shown([told])[0].split()) == " ".join(expected.split())
    assert cells(told) == width - 1
    assert shown([below]) == [" " + "─" * (width - 2)]


def test_a_nearly_full_window_is_told_by_more_than_its_number() -> None:
    told, _ = header(replace(VIEW, used=110_000), 120)
    assert Span("ctx 86%", "warn") in told


def test_a_rule_tells_at_its_end_what_came_below() -> None:
    assert shown([rule(40, "12 new lines · End")]) == [f" {'─' * 16} 12 new lines · End ──"]
    assert cells(rule(40, "12 new lines · End")) == 39


@pytest.mark.parametrize(
    ("view", "width", "expected"),
    [
        pytest.param(
            FootView(mode="ask", hints=HINTS),
            80,
            "  ask before edits · shift+tab            ↵ send   / command   F1 help   F2 mux",
            id="idle",
        ),
        pytest.param(
            FootView(mode="ask", hints=HINTS),
            60,
            "  ask before edits · shift+tab          ↵ send   / command",
            id="narrow",
        ),
        pytest.param(
            FootView(mode="ask", hints=(("esc", "stop"),), progress="⠋ 14 s · fast"),
            60,
            "  ⠋ 14 s · fast                                   esc stop",
            id="busy",
        ),
        pytest.param(
            FootView(mode="ask", hints=HINTS, tip="every answer now comes from a-model-of-mine"),
            60,
            "  ask before… every answer now comes from a-model-of-mine",
            id="a tip",
        ),
    ],
)
def test_the_foot_tells(view: FootView, width: int, expected: str) -> None:
    assert " ".join(shown([foot(view, width)])[0].split()) == " ".join(expected.split())
    assert cells(foot(view, width)) == width - 2


@pytest.mark.parametrize(
    ("head", "expected"),
    [("ref: refs/heads/feature/x\n", "feature/x"), ("0123456789abcdef\n", "01234567"), (None, "")],
    ids=["a branch", "a bare commit", "no repository"],
)
def test_the_branch_is_read_from_the_files(tmp_path: Path, head: str | None, expected: str) -> None:
    below = tmp_path / "src"
    below.mkdir()
    if head is not None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "HEAD").write_text(head)
    assert branch_of(below) == expected


def test_the_home_is_written_short() -> None:
    home = Path("/home/ada")
    folders = (home, home / "code", Path("/srv/x"))
    assert [folder_told(each, home) for each in folders] == ["~", "~/code", "/srv/x"]
