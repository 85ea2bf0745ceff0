"""What a client keeps of thought: read back as what it was, and nothing else is."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.domain.message import Producer, Thinking
from vibe.domain.model import ProviderName
from vibe.wire.seals import MARK, sealed, unsealed


@given(st.text(), st.text(), st.text())
def test_a_seal_is_read_as_what_it_was(provider: str, model: str, seal: str) -> None:
    producer = Producer(provider=ProviderName(provider), model=model)
    assert unsealed(sealed(Thinking(text="Hm", producer=producer, seal=seal))) == (producer, seal)


def test_it_needs_no_escape_in_json_and_tells_no_text() -> None:
    thinking = Thinking(
        text="Hm", producer=Producer(provider=ProviderName("p"), model="m"), seal="s"
    )
    assert sealed(thinking) == "vibe1.eyJwcm92aWRlciI6InAiLCJtb2RlbCI6Im0iLCJzZWFsIjoicyJ9"


def held(text: bytes) -> str:
    return MARK + urlsafe_b64encode(text).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gAAAAABo",
        MARK,
        f"{MARK}*",
        f"{MARK}ä",
        f"{MARK}AAA",
        f"{MARK}{'A' * 999}",
        held(b""),
        held(b"{}"),
        held(b"[1]"),
        held(b'{"provider":"p","model":"m"}'),
        held(b'{"provider":"p","model":7,"seal":""}'),
        held(b'{"provider":"p","model":"\xff","seal":""}'),
        held(b"[" * 100_000),
        held(b'{"x":' * 100_000),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_seal_is_none(text: str) -> None:
    assert unsealed(text) is None


@given(st.text())
def test_no_text_raises(text: str) -> None:
    assert unsealed(text) is None
    assert unsealed(MARK + text) is None
