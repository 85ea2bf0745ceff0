"""Which front a terminal gets, and whether it has enough colours for a theme."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from tests.drive import Terminal
from vibe.cli.fronts import Front, front_of, has_shades
from vibe.world import World


@pytest.mark.parametrize(
    ("term", "plain", "streams", "expected"),
    [
        pytest.param("xterm-256color", False, "ioe", "screen", id="a terminal"),
        pytest.param("xterm-256color", True, "ioe", "plain", id="as wished"),
        pytest.param("dumb", False, "ioe", "plain", id="a dumb one"),
        pytest.param("", False, "ioe", "plain", id="one without a name"),
        pytest.param("xterm-256color", False, "io", "plain", id="stderr is elsewhere"),
        pytest.param("xterm-256color", True, "oe", None, id="nobody types"),
        pytest.param("xterm-256color", True, "ie", None, id="nobody reads"),
    ],
)
def test_the_front_goes_by_the_terminal(
    tmp_path: Path, term: str, plain: bool, streams: str, expected: Front | None
) -> None:
    def stream(letter: str) -> io.StringIO:
        return Terminal() if letter in streams else io.StringIO()

    world = World(
        env={"TERM": term},
        cwd=tmp_path,
        uid=os.getuid(),
        platform="linux",
        stdin=stream("i"),
        stdout=stream("o"),
        stderr=stream("e"),
    )
    assert front_of(world, plain=plain) == expected


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        pytest.param({"TERM": "xterm-256color"}, True, id="256"),
        pytest.param({"TERM": "foot", "COLORTERM": "truecolor"}, True, id="all"),
        pytest.param({"TERM": "xterm"}, False, id="16"),
        pytest.param({"TERM": "screen"}, False, id="screen"),
        pytest.param({"TERM": "xterm-256color", "NO_COLOR": "1"}, False, id="none wanted"),
    ],
)
def test_a_theme_needs_shades(env: dict[str, str], expected: bool) -> None:
    assert has_shades(env) == expected
