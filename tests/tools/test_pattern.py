"""Regular expressions as every program that searches understands them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.errors import ToolError
from vibe.tools.pattern import portable


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"a.*\d+\b", r"a.*\d+\b"),
        ("a{2}b{2,}c{2,3}", "a{2}b{2,}c{2,3}"),
        ("f() {", r"f() \{"),
        ("interface{}", r"interface\{\}"),
        ("a{,3}", r"a\{,3\}"),
        (r"\"\/\'\_\ ", "\"/'_ "),
        (r"\<a\>", r"\ba\b"),
        (r"\Aa\Z", "^a$"),
        ("(?<name>a)", "(?P<name>a)"),
        ("(?P<name>a)(?:b)(?i:c)", "(?P<name>a)(?:b)(?i:c)"),
        ("[[:alpha:]_]", "[A-Za-z_]"),
        ("[^[:space:]]", r"[^\s]"),
        ("[]a]", r"[\]a]"),
        ("[^]a]", r"[^\]a]"),
        ("[a[b]", r"[a\[b]"),
        ("[a&&b~~c]", r"[a\&\&b\~\~c]"),
        ("[+--]", r"[+\-\-]"),
        (r"[\]\"{}]", r'[\]"{}]'),
    ],
)
def test_a_pattern_is_written_so_that_all_agree(pattern: str, expected: str) -> None:
    assert portable(pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "it is empty"),
        ("a\nb", "a line end"),
        (r"a\n", "a line end"),
        (r"[\r]", "a line end"),
        ("a\0", "NUL"),
        ("a(?=b)", "look-around"),
        ("(?<!a)b", "look-around"),
        (r"(a)\1", "a back-reference"),
        ("(?P<a>b)(?P=a)", "a back-reference"),
        (r"\p{L}", r"\p"),
        ("[a", "a set in brackets has no end"),
    ],
)
def test_what_not_all_know_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ToolError, match=re.escape(why)):
        portable(pattern)


@given(st.text(alphabet=r"ab[](){}\^$.|?*+-&~:<>!=P1,", max_size=12))
def test_a_portable_pattern_is_one_for_good(pattern: str) -> None:
    try:
        once = portable(pattern)
    except ToolError:
        return
    assert portable(once) == once


@given(st.text(max_size=20).filter(lambda text: not set(text) & set("\n\r\0") and text))
def test_what_is_escaped_is_found_as_it_is(text: str) -> None:
    assert re.search(portable(re.escape(text)), text)
