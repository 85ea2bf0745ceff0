"""Settings and items taken out of a text: nothing else changes, and what cannot be is refused."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.test_rows import GOOD
from vibe.config.cut import without
from vibe.config.keypath import children_of
from vibe.config.scan import Path
from vibe.errors import UsageError

TEXT = """\
# top
active_model = "a"  # mine

# the pool
[multiplexer]
enabled = true
mode = "failover"

[[multiplexer.pool]]
model = "a"
# a share
weight = 3

[[multiplexer.pool]]
model = "b"

# the end
"""


@pytest.mark.parametrize(
    ("path", "gone", "left"),
    [
        pytest.param(("active_model",), 'active_model = "a"  # mine\n', "", id="its comment"),
        pytest.param(("multiplexer", "mode"), 'mode = "failover"\n', "", id="in a table"),
        pytest.param(("multiplexer", "pool", 0, "weight"), "weight = 3\n", "", id="in an item"),
        pytest.param(
            ("multiplexer", "pool", 0),
            '[[multiplexer.pool]]\nmodel = "a"\n# a share\nweight = 3\n\n',
            "",
            id="an item",
        ),
        pytest.param(
            ("multiplexer", "pool", "b"),
            '\n[[multiplexer.pool]]\nmodel = "b"\n',
            "",
            id="an item by its name",
        ),
        pytest.param(("multiplexer", "affinity"), "", "", id="what is not there"),
    ],
)
def test_what_is_taken_out_leaves_all_else(path: Path, gone: str, left: str) -> None:
    assert without(TEXT, path) == TEXT.replace(gone, left, 1)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(("pool", 0), "pool = [ {a = 2, b = 3} ]\n", id="the first"),
        pytest.param(("pool", 1), "pool = [ {a = 1} ]\n", id="the last"),
        pytest.param(("pool", 1, "b"), "pool = [ {a = 1}, {a = 2} ]\n", id="a setting"),
    ],
)
def test_brackets_lose_a_comma_as_well(path: Path, expected: str) -> None:
    assert without("pool = [ {a = 1}, {a = 2, b = 3} ]\n", path) == expected


def test_line_ends_of_windows_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    assert without(text, ("multiplexer", "pool", 0)) == without(
        TEXT, ("multiplexer", "pool", 0)
    ).replace("\n", "\r\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mode = failover\n", id="no TOML"),
        pytest.param("[a.x]\nb = 1\n[c]\nd = 1\n[a.y]\nb = 2\n", id="in two places"),
    ],
)
def test_what_cannot_be_cut_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="nothing was changed"):
        without(text, ("a",))


def paths_in(values: object, path: Path = ()) -> list[Path]:
    below = [
        found
        for step, each in children_of(values).items()
        for found in paths_in(each, (*path, step))
    ]
    return [path, *below] if path else below


@given(st.data())
def test_whatever_is_taken_out_of_a_file_is_gone_and_nothing_else(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths_in(tomllib.loads(GOOD))))
    try:
        left = paths_in(tomllib.loads(without(GOOD, path)))
    except UsageError:
        return
    assert len(left) < len(paths_in(tomllib.loads(GOOD)))
