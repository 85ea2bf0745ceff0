"""A secret that arrives in pieces is not shown, and what is none is shown as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.secret import RedactedStream, Redactor

KEY = "canary7F3a9c21D4e8b6A0zz"
SPACED = "correct horse\nbattery staple"
TEXTS = {
    "prose": "It is there. 日本語の文章 and more of it.\nThe end",
    "a key": f"the key is {KEY}, as you see",
    "a key at the end": f"the key is {KEY}",
    "a key in a word": f"x{KEY.upper()}y",
    "half of one": f"it begins with {KEY[:14]} and so on",
    "words": f"say {SPACED} to it",
    "a header": "Authorization: Basic dXNlcjpwYXNzd29yZA== and more\nnext",
    "a token": "use Bearer abcdefgh12345678 for it",
    "an address": "https://user:pässword@host/path",
    "a shape": "sk-abcdefghijklmnop1234 is one",
    "a bearer of news": "the bearer of news, and an api-key\nof authorization",
}


def _redactor() -> Redactor:
    return Redactor([KEY, SPACED])


def _streamed(chunks: list[str]) -> list[str]:
    stream = RedactedStream(_redactor())
    return [*map(stream.feed, chunks), stream.finish()]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@given(data=st.data())
def test_any_split_of_a_text_gives_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert "".join(_streamed(chunks)) == _redactor().redact(text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_comes_letter_by_letter_gives_the_same(text: str) -> None:
    assert "".join(_streamed(list(text))) == _redactor().redact(text)


def test_prose_is_held_back_by_no_more_than_a_word() -> None:
    stream = RedactedStream(_redactor())
    assert stream.feed("It is the") == "It is "
    assert stream.feed("re. 日本語の") == "there. 日本語の"


def test_a_word_without_end_is_shown_in_time_and_a_key_within_it_is_not() -> None:
    stream = RedactedStream(_redactor())
    shown = [stream.feed("=" * 1000) for _ in range(4)]
    shown += [stream.feed(f"={KEY[:10]}"), stream.feed(f"{KEY[10:]}=")]
    shown += [stream.feed("=" * 1000) for _ in range(4)]
    assert len("".join(shown)) > 4000
    whole = "".join([*shown, stream.finish()])
    assert (KEY[:10] in whole, whole.count("***"), len(whole)) == (False, 1, 8005)
