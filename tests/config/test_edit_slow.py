"""Changes of settings at length: thousands of texts, damaged ones too, and two writers at once."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.config.seeds import EXAMPLES
from tests.config.test_edit import (
    SEEDS,
    Table,
    assert_only_that_changed,
    changes,
    json_values,
    odd_texts,
    paths,
    plain,
    without_nulls,
)
from vibe.config.edit import as_toml, with_value
from vibe.config.keypath import parse_key, spelled
from vibe.config.scan import Path as KeyPath
from vibe.errors import UsageError

pytestmark = pytest.mark.slow

many = settings(max_examples=2500, deadline=None)


@given(data=st.data(), text=odd_texts())
@many
def test_any_setting_of_a_text_of_any_style_changes_alone(data: st.DataObject, text: str) -> None:
    path, value = data.draw(changes(text))
    assert_only_that_changed(text, path, value)


@given(data=st.data(), text=st.sampled_from(list(SEEDS.values())))
@many
def test_any_setting_of_any_seed_changes_alone(data: st.DataObject, text: str) -> None:
    path, value = data.draw(changes(text))
    assert_only_that_changed(text, path, value)


PIECES = (
    "", "", "[", "]", "[[", "]]", "{", "}", "=", ".", ",", "#", '"', "'", '"""', "\\", "\n", "\r\n",
    "\r", " ", "0", "a = 1\n", "multiplexer", "pool", "providers", "[multiplexer]\n",
    "[[multiplexer.pool]]\n", "[multiplexer.pool]\n", "[providers.headers]\n", "multiplexer.a=1\n",
)  # fmt: skip
ODD_PATHS: tuple[KeyPath, ...] = (
    ("active_model",),
    ("multiplexer",),
    ("multiplexer", "mode"),
    ("multiplexer", "a", "b", "c"),
    ("multiplexer", "pool", 0, "model"),
    ("providers", 0, "headers", "X-Team"),
    ("providers", 1, "name"),
    ("models", 2),
    ("odd", "inner", "n"),
    ("odd", 1, "list", 1, "n"),
    ("odd", "x.y", "text"),
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    text = draw(odd_texts() | st.sampled_from(list(SEEDS.values())))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        piece = draw(st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"]))
        text = text[:start] + piece + text[start + draw(st.integers(0, 3)) :]
    return text


@given(text=damaged(), path=st.sampled_from(ODD_PATHS))
@many
def test_a_damaged_text_changes_in_one_setting_alone_or_not_at_all(
    text: str, path: KeyPath
) -> None:
    try:
        with_value(text, path, "new")
    except UsageError:
        return
    assert_only_that_changed(text, path, "new")


@given(path=paths)
@many
def test_a_path_that_is_spelled_reads_as_the_same_path(path: KeyPath) -> None:
    assert parse_key(spelled(path)) == path


@given(data=st.dictionaries(st.text(), json_values))
@many
def test_data_as_toml_is_the_same_data_without_nulls(data: Table) -> None:
    assert plain(tomllib.loads(as_toml(data))) == plain(without_nulls(data))


SET = """
import sys, tomllib
from pathlib import Path
from vibe.config.edit import set_in_file
from vibe.config.keypath import parse_key, resolve

file = Path(sys.argv[1])
for number in range(1, 101):
    for path in map(parse_key, sys.argv[2:]):
        set_in_file(file, path, number)
        found = tomllib.loads(file.read_text())
        for step in resolve(path, found):
            found = found[step]
        assert found == number
"""
KEYS = (
    ("multiplexer.max_wait_ms", "multiplexer.pool[devstral-2].weight"),
    ("multiplexer.failure_threshold", "models[devstral-small].context_window"),
)


def test_two_processes_that_set_different_keys_of_one_file_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    text = EXAMPLES["weighted"]
    file.write_text(text)

    writers = [subprocess.Popen([sys.executable, "-c", SET, str(file), *keys]) for keys in KEYS]

    assert [writer.wait() for writer in writers] == [0, 0]
    lines = file.read_text().splitlines()
    # Which process came first decides only which of two new lines stands above the other.
    for line in ("max_wait_ms = 100", "failure_threshold = 100", "context_window = 100"):
        lines.remove(line)
    old = text.replace("weight = 70 ", "weight = 100 ")
    assert lines == old.splitlines()
