"""Arguments of a call: which are whole, which were cut, which were never JSON."""

from __future__ import annotations

import json
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.wire.arguments import standing

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text()
OBJECTS = st.dictionaries(
    st.text(),
    st.recursive(
        LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
    ),
    min_size=1,
)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("{}", "whole"),
        (' {"a": [1, {"b": null}]}\n', "whole"),
        ('{"a": "two\nlines"}', "whole"),
        ('{"a": "\\ud83d"}', "whole"),
        ("{", "cut"),
        ("[1,", "cut"),
        ('{"a": "two\nlin', "cut"),
        ('{"a": "\\', "cut"),
        ('{"a": "say \\"hi', "cut"),
        ("[]", "wrong"),
        ("null", "wrong"),
        ('"{}"', "wrong"),
        ("{}{", "wrong"),
        ("{} t", "wrong"),
        ("{a: 1}", "wrong"),
        ("{'a': 1", "wrong"),
        ('{"a": 1,}', "wrong"),
        ('{"a": True', "wrong"),
        ('{"a": "5" tall"', "wrong"),
        ('{"a": "\\u12x', "wrong"),
        ("[" * 100_000, "wrong"),
        ("1" * 10_000, "wrong"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_arguments_stand_as_their_text_says(arguments: str, expected: str) -> None:
    assert standing(arguments) == expected


@given(OBJECTS, st.booleans())
def test_every_beginning_of_an_object_is_cut(value: dict[str, object], is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    *beginnings, whole = accumulate(text)
    assert {standing(beginning) for beginning in beginnings} == {"cut"}
    assert standing(whole) == "whole"
