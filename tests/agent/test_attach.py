"""`@path` in what a person says: what names a file, and what is only an `@`."""

from __future__ import annotations

import pytest

from vibe.agent.attach import Mention, mentions, without_escapes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("look at @src/app.py please", [("src/app.py",)]),
        ("@a.py", [("a.py",)]),
        ("@a.py\n@b.py", [("a.py",), ("b.py",)]),
        ("is it @a.py?", [("a.py?", "a.py")]),
        ("(see @a.py).", [("a.py).", "a.py")]),
        ("(@a.py)", [("a.py)", "a.py")]),
        ('open @"my file.py" now', [("my file.py",)]),
        (r"open @my\ file.py now", [("my file.py",)]),
        ("@~/notes.md and @/etc/hosts", [("~/notes.md",), ("/etc/hosts",)]),
        ("@.", [(".",)]),
        ("@..", [("..",)]),
        ("@größe.md", [("größe.md",)]),
        ("write to me@example.org", []),
        ("a@b @c", [("c",)]),
        (r"use \@dataclass", []),
        ("an @ alone, @@ two", []),
        ('@"" and @"', []),
        ("", []),
    ],
)
def test_an_at_sign_at_the_start_of_a_word_names_a_file(
    text: str, expected: list[tuple[str, ...]]
) -> None:
    assert mentions(text) == tuple(Mention(paths) for paths in expected)


def test_an_escaped_at_sign_is_a_plain_one() -> None:
    assert without_escapes(r"use \@dataclass, not \\ or a@b") == r"use @dataclass, not \\ or a@b"
