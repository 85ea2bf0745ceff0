"""Which files can be held against a parser, and what counts as broken."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from vibe.tools.editing.parsers import fault, parser_of

NEEDS = {"a.sh": "tree_sitter_bash", "a.go": "tree_sitter_go"}


@pytest.mark.parametrize(
    ("path", "good", "bad"),
    [
        pytest.param("a.py", 'x = "\\d"\n', "x = (\n", id="Python, with a warning"),
        pytest.param("a.PYI", "def f() -> int: ...\n", "def f() ->\n", id="stubs"),
        pytest.param("a.py", "x = 1\n", "x" + "(" * 100_000, id="Python, too deep"),
        pytest.param("a.json", '{"a": [1]}', '{"a": [1}', id="JSON"),
        pytest.param("a.json", "[]", "[" * 100_000, id="JSON, too deep"),
        pytest.param("a.toml", "a = [1]\n", "a = [1\n", id="TOML"),
        pytest.param("a.sh", "if a; then b; fi\n", "if a; then b\n", id="shell"),
        pytest.param("a.go", "package a\n", "package\n", id="Go"),
    ],
)
def test_a_broken_file_is_told_from_a_sound_one(path: str, good: str, bad: str) -> None:
    if path in NEEDS and find_spec(NEEDS[path]) is None:
        pytest.skip(f"no {NEEDS[path]} here")
    parse = parser_of(path)

    assert parse is not None
    assert fault(parse, good) is None
    assert fault(parse, bad)


@pytest.mark.parametrize("path", ["a.md", "a", ".py", "a.py.txt"])
def test_other_files_have_no_parser(path: str) -> None:
    assert parser_of(path) is None
