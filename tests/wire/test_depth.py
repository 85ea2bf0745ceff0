"""The depth of JSON, told without parsing it."""

from __future__ import annotations

import pytest

from vibe.wire.depth import MAX_JSON_DEPTH, is_too_deep

DEEP = MAX_JSON_DEPTH + 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"[" * MAX_JSON_DEPTH + b"]" * MAX_JSON_DEPTH, False, id="as deep as allowed"),
        pytest.param(b"[" * DEEP, True, id="deeper"),
        pytest.param(b'{"a":' * DEEP, True, id="deeper in objects"),
        pytest.param(b"[" + b"[]," * 100 + b"[]]", False, id="wide"),
        pytest.param(b'["' + b"[" * DEEP + b'"]', False, id="brackets in a text"),
        pytest.param(b'["\\"' + b"[" * DEEP + b'"]', False, id="after a quote in a text"),
        pytest.param(b'["\\\\",' + b"[" * DEEP, True, id="after a text that ends in a backslash"),
        pytest.param(b'["' + b'\\"[' * 100_000, False, id="in a text that never ends"),
        pytest.param(b"]" * DEEP + b"[" * DEEP, False, id="closed before they are opened"),
    ],
)
def test_nesting_is_counted_outside_texts(text: bytes, expected: bool) -> None:
    assert is_too_deep(text) is expected
