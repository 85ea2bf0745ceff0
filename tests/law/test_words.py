"""What may stand in a file: no leftovers, no unexplained silencing, no god file, no empty front.

`complaints` judges one file by its path and text alone, so it is itself tried on samples; this
file, which holds them, is the only one not judged.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import ROOT, project_files

MAX_LINES = 500
JUDGED_SUFFIXES = {".py", ".md", ".toml", ".tcss", ".yml", ".yaml"}
JUDGED_FOLDERS = {"scripts", ".ci"}

CONFLICT = re.compile(r"(<<<<<<<|\|\|\|\|\|\|\||>>>>>>>) ")
UNFINISHED = re.compile(r"\b(TODO|FIXME)\b")
ISSUE = re.compile(r"#\d+")
SILENCED = re.compile(r"#\s*((?:ruff: )?noqa|type: ignore|pyright: ignore)\b(.*)", re.IGNORECASE)
CODE_AND_REASON = re.compile(r"(\[[\w\-, ]+\]|: ?[A-Z]+\d+(, ?[A-Z]+\d+)*)\s+\W*\w")


def complaints(file: str, text: str) -> list[str]:
    """What is wrong with one file, named by its path from the root of the checkout."""
    found = [
        f"{file}:{number}: {complaint}"
        for number, line in enumerate(text.splitlines(), start=1)
        for complaint in line_complaints(line)
    ]
    if file.startswith("vibe/"):
        found += [f"{file}: {complaint}" for complaint in module_complaints(file, text)]
    return found


def line_complaints(line: str) -> Iterator[str]:
    if CONFLICT.match(line):
        yield "a conflict marker"
    if (mark := UNFINISHED.search(line)) and not ISSUE.search(line):
        yield f"{mark[1]} without an issue number"
    if (silenced := SILENCED.search(line)) and not CODE_AND_REASON.match(silenced[2]):
        yield f"{silenced[1]} without a code and a reason"


def module_complaints(file: str, text: str) -> Iterator[str]:
    if (lines := text.count("\n")) > MAX_LINES:
        yield f"{lines} lines, over {MAX_LINES}: usually two subjects"
    if not file.endswith(".py"):
        return
    if file.endswith("/__init__.py") and file != "vibe/__init__.py":
        if text:
            yield "not empty"
    elif not ast.get_docstring(ast.parse(text)):
        yield "no docstring"


FRONT = '"""One subject."""\n'


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        pytest.param("vibe/a.py", FRONT, [], id="a docstring"),
        pytest.param("vibe/mux/__init__.py", "", [], id="an empty init"),
        pytest.param("vibe/__init__.py", FRONT, [], id="the root init"),
        pytest.param("vibe/a.tcss", "Screen {}\n", [], id="a style sheet"),
        pytest.param("tests/a.py", "x = 1\n" * 501, [], id="a long test"),
        pytest.param("a.py", "# TODO #12: later", [], id="a numbered to-do"),
        pytest.param("a.py", "x  # noqa: S101  the probe", [], id="noqa explained"),
        pytest.param("a.py", "x  # noqa: S101, E501  # why", [], id="two codes"),
        pytest.param("a.py", "x  # type: ignore[arg-type]  # why", [], id="ignore explained"),
        pytest.param("a.md", "Title\n=======\n", [], id="an underlined title"),
        pytest.param(
            "a.md",
            "<<<<<<< HEAD\n=======\n>>>>>>> other\n",
            ["a.md:1: a conflict marker", "a.md:3: a conflict marker"],
            id="a conflict",
        ),
        pytest.param(
            "a.py",
            "x = 1  # TODO later",
            ["a.py:1: TODO without an issue number"],
            id="a to-do",
        ),
        pytest.param(
            "a.py",
            "import b  # noqa",
            ["a.py:1: noqa without a code and a reason"],
            id="bare noqa",
        ),
        pytest.param(
            "a.py",
            "import b  # noqa: F401",
            ["a.py:1: noqa without a code and a reason"],
            id="noqa without a reason",
        ),
        pytest.param(
            "a.py",
            "# ruff: noqa",
            ["a.py:1: ruff: noqa without a code and a reason"],
            id="noqa for a whole file",
        ),
        pytest.param(
            "a.py",
            "x = y  # type: ignore  # it is fine",
            ["a.py:1: type: ignore without a code and a reason"],
            id="ignore without a code",
        ),
        pytest.param(
            "a.py",
            "x = y  # pyright: ignore[reportCallIssue]",
            ["a.py:1: pyright: ignore without a code and a reason"],
            id="ignore without a reason",
        ),
        pytest.param(
            "vibe/a.py",
            FRONT + "x = 1\n" * 500,
            ["vibe/a.py: 501 lines, over 500: usually two subjects"],
            id="a god file",
        ),
        pytest.param("vibe/a.py", "x = 1\n", ["vibe/a.py: no docstring"], id="no docstring"),
        pytest.param(
            "vibe/mux/__init__.py",
            "from .mux import Mux\n",
            ["vibe/mux/__init__.py: not empty"],
            id="a filled init",
        ),
    ],
)
def test_leftovers_are_told_from_what_may_stand(file: str, text: str, expected: list[str]) -> None:
    assert complaints(file, text) == expected


def test_no_file_of_the_project_holds_leftovers() -> None:
    found: list[str] = []
    for file in project_files():
        name = file.relative_to(ROOT)
        if (file.suffix in JUDGED_SUFFIXES or name.parts[0] in JUDGED_FOLDERS) and (
            file != Path(__file__)
        ):
            found += complaints(name.as_posix(), file.read_text("utf-8"))
    assert found == []
