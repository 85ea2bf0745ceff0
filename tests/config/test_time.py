"""Files of a megabyte that are made to be slow to judge: each is judged to its end.

No time is asserted. A step that took time by the square of a file's length, or of the number of
its values or problems, would keep this table busy for minutes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drive import vibe
from vibe.config.read import MAX_BYTES


def filled(unit: str, *, head: str = "", tail: str = "") -> str:
    """`unit` between `head` and `tail`, as often as a file may hold it."""
    room = MAX_BYTES - len((head + tail).encode())
    return head + unit * (room // len(unit.encode())) + tail


ROWS = {
    # lines that no pattern may run through twice
    "blanks behind a colon": (filled(" ", head="a: x", tail="y"), ":1:1: error[toml-invalid]"),
    "blanks behind a value": (filled(" ", head="a = x", tail="y"), ":1:5: error[toml-invalid]"),
    "blanks in a header": (filled(" ", head="[a", tail="!"), ":1:1: error[toml-invalid]"),
    "blanks in a short header": ("[" + " " * 1_990 + "!", ":1:1: error[toml-invalid]"),
    "a key of keys": (filled("key", head='"', tail='"'), ":1:1: error[toml-invalid]"),
    "words like secrets": (filled("key = "), ":1:7: error[toml-invalid]"),
    "a long address": (filled("x", head='api_base = "', tail='"'), ":1:1: error[key-misplaced]"),
    "an address of colons": (filled("a:", head='api_base = "'), ":1:12: error[toml-invalid]"),
    "escaped quotes": (filled('"\\"\\"\\"', head="a = ["), ":1:5: error[toml-invalid]"),
    "a number": (filled("1", head="a = "), ":1:5: error[toml-number]"),
    "a dotted key": (filled("a.", tail="a = 1"), ":1:1: error[toml-too-deep]"),
    # statements, each of which is wrong
    "one table": (filled("[a]\n"), ":20001:1: error[file-too-large]"),
    "one key": (filled("a = 1\n"), ":20001:5: error[file-too-large]"),
    "one key below comments": (
        filled("# a comment\n", tail="a = 1\n" * 9_000),
        ":78835:1: error[toml-duplicate]",
    ),
    "bare words": (filled("bare\n"), ":1:1: error[toml-no-equals]"),
    "bare words below comments": (
        filled("# a comment\n", tail="bare\n" * 200),
        ":83251:1: error[toml-no-equals]",
    ),
    "brackets": (filled("[\n"), ":1:1: error[toml-header]"),
    "deep lists": (filled("a = " + "[" * 65 + "\n"), ":1:68: error[toml-too-deep]"),
    # values without end
    "texts in a line": (
        filled('"",', head="a = [", tail="]"),
        ":1:60: error[file-too-large]",
    ),
    "a table in a line": (
        filled('h = "b",', head="[[providers]]\nheaders = {", tail="}"),
        ":2:160: error[file-too-large]",
    ),
    "keys of many steps": (
        filled(".".join("a" * 64) + " = 1\n"),
        ":313:131: error[file-too-large]",
    ),
    "JSON": (
        filled('{"a": 1},', head='{"providers": [', tail="{}]}"),
        ":1:1: error[toml-json]",
    ),
    "a value of many lines": (
        filled("#\n", head="a = [", tail="]"),
        ":1:1: warning[key-unknown]",
    ),
    # characters
    "line ends of old": (filled("\r"), ":1:1: error[text-line-ends]"),
    "zeros": (filled("# \0\n"), ":1:3: error[text-control]"),
    "comments": (filled("# api_key = 'abcdefgh'\n"), ": valid: 0 providers"),
}


@pytest.mark.parametrize(("text", "says"), ROWS.values(), ids=ROWS)
def test_a_megabyte_made_to_be_slow_is_judged_to_its_end(
    text: str, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(text.encode())
    file.chmod(0o600)
    outcome = vibe("config", "validate", "config.toml", home=tmp_path, cwd=tmp_path)
    assert outcome.out.startswith(f"config.toml{says}")
    assert len(outcome.out) < 10_000
    assert outcome.code == (2 if "error[" in says else 0)
