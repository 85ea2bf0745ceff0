"""What an answer is as good without, in all the types in which it may come."""

from __future__ import annotations

import pytest
from msgspec import Raw

from vibe.wire.loose import count, holds, label


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, 12), (0, 0), (12.0, 12), ("12", 12), ("12.0", 12),
        (12.5, None), (-1, None), (True, None), (None, None), ("", None), ("twelve", None),
        ("\u0661", None), ("9" * 5000, None), (float("inf"), None), (float("nan"), None),
        ([12], None), ({}, None),
    ],
)  # fmt: skip
def test_a_count_is_a_whole_number_however_it_is_written(value: object, expected: int | None):
    assert count(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"a": {"b": 1}}, 1), ({"a": 1}, None), ({"a": []}, None), ([], None), (None, None)],
)
def test_a_count_is_looked_for_at_its_path(value: object, expected: int | None):
    assert count(value, "a", "b") == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("a", "a"), (5, "5"), (True, ""), (None, ""), ({}, ""), (5.5, "")]
)
def test_a_label_is_text_or_a_whole_number(value: object, expected: str):
    assert label(value) == expected


@pytest.mark.parametrize("raw", ["", "null", '""', "{}", "[]", "false", "0"])
def test_a_member_may_say_nothing(raw: str):
    assert not holds(Raw(raw.encode()))


def test_a_member_may_say_something():
    assert holds(Raw(b'{"a":1}'))
