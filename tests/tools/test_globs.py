"""Patterns for paths: the rules of .gitignore files, and which files a search looks at."""

from __future__ import annotations

import pytest

from vibe.tools.globs import is_wanted, rule_of, rules_of, verdict, wanted_rule


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.py", "a.py", True),
        ("*.py", "a/b.py", True),
        ("*.py", "a.pyc", False),
        ("/a", "a", True),
        ("/a", "b/a", False),
        ("a/b", "a/b", True),
        ("a/b", "x/a/b", False),
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "ax/b", False),
        ("**/a/b", "a/b", True),
        ("**/a/b", "x/a/b", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("**", "a/b", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[a-c]", "b", True),
        ("[!a-c]", "b", False),
        ("[]a]", "]", True),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("*.{js,ts}", "a.ts", True),
        ("{a,{b,c}}", "c", True),
        ("a*b*c", "aXbYc", True),
        ("a*b*c", "acb", False),
        ("*ab", "aab", True),
        ("***", "a", True),
    ],
)
def test_a_rule_matches_a_path(glob: str, path: str, expected: bool) -> None:
    rule = rule_of(glob)
    assert rule is not None
    assert rule.matches(path, is_folder=False) is expected


@pytest.mark.parametrize("line", ["", "  ", "# a", "[a", "a\\", "**/a/" * 6 + "b"])
def test_what_is_no_rule_counts_for_nothing(line: str) -> None:
    assert rule_of(line) is None


@pytest.mark.parametrize(
    ("text", "path", "is_folder", "expected"),
    [
        ("a/", "a", True, True),
        ("a/", "a", False, None),
        ("*.log\n!b.log", "b.log", False, False),
        ("!b.log\n*.log", "b.log", False, True),
        ("\\!a", "!a", False, True),
        ("\\#a", "#a", False, True),
        ("a  ", "a", False, True),
        ("a\\ ", "a ", False, True),
        ("a", "b", False, None),
    ],
)
def test_of_several_rules_the_last_one_counts(
    text: str, path: str, is_folder: bool, expected: bool | None
) -> None:
    assert verdict(rules_of(text), path, is_folder=is_folder) is expected


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.py", "a/b.py", True),
        ("src/", "src/a/b", True),
        ("src/", "a/src/b", True),
        ("/src/", "a/src/b", False),
        ("./src/*.py", "src/a.py", True),
        ("!tests", "a/tests/b/c", False),
        ("!tests", "a/b", True),
        ("!*.py", "a.py", False),
    ],
)
def test_a_glob_tells_which_files_are_wanted(glob: str, path: str, expected: bool) -> None:
    rule = wanted_rule(glob)
    assert rule is not None
    assert is_wanted(path, rule) is expected


def test_many_stars_take_no_time() -> None:
    rule = rule_of("*a" * 60 + "b")
    assert rule is not None
    assert not rule.matches("a" * 250, is_folder=False)
