"""Copies of contents: what is put in comes back, and what is forgotten gives its room back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.agent.copies import Copies
from vibe.session.blobs import digest_of

CONTENTS = st.lists(st.binary(max_size=50).map(lambda each: each * 20_000), max_size=6)


@given(CONTENTS, CONTENTS)
def test_what_is_kept_comes_back_and_nothing_else(kept: list[bytes], other: list[bytes]) -> None:
    copies = Copies()
    for content in (*other, *kept, *other):
        assert copies.put(content) == digest_of(content)
    digests = {digest_of(content) for content in kept}
    copies.keep_only(digests)
    assert [copies.get(digest_of(content)) for content in kept] == kept
    for content in other:
        expected = content if digest_of(content) in digests else None
        assert copies.get(digest_of(content)) == expected


def test_what_is_written_anew_again_and_again_does_not_pile_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    write = os.pwrite

    def noted(file: int, content: bytes, at: int) -> int:
        sizes.append(at + len(content))
        return write(file, content, at)

    monkeypatch.setattr(os, "pwrite", noted)
    copies = Copies()
    for number in range(100):
        copies.keep_only({copies.put(bytes([number]) * 100_000)})
    assert max(sizes) < 2_000_000
