"""A paste is text to its end, whatever stands in it and however it arrives."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from vibe.tui.typing.pastes import END, START, Pastes, keep_pastes_whole


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param("a\x1bb\r", "a\x1bb\r", id="no paste"),
        pytest.param(f"{START}a\tb\r\nc{END}d", f"{START}a\tb\r\nc{END}d", id="plain text"),
        pytest.param(f"{START}\x1b\x07\x1b[A\x9b{END}\x1b", f"{START}[A{END}\x1b", id="controls"),
        pytest.param(
            f"{START}a{END}{START}\x07{END}\x07", f"{START}a{END}{START}{END}\x07", id="two"
        ),
        pytest.param(f"{START}\x1b[20{END}", f"{START}[20{END}", id="nearly an end"),
    ],
)
def test_what_is_pasted_holds_no_controls(sent: str, read: str) -> None:
    assert Pastes().feed(sent) == read


PIECES = st.lists(st.sampled_from([START, END, "\x1b", "[20", "1~", "a", "\r", "\x07"]), max_size=9)


@given(pieces=PIECES, cuts=st.lists(st.integers(0, 60), max_size=6))
def test_however_it_is_cut_it_is_read_alike(pieces: list[str], cuts: list[int]) -> None:
    sent = "".join(pieces) + END
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    pastes = Pastes()
    cut = [pastes.feed(sent[a:b]) for a, b in pairwise(places)]
    assert "".join(cut) == Pastes().feed(sent)


def test_textual_reads_one_paste_and_no_key() -> None:
    keep_pastes_whole()
    parser = XTermParser()
    told = [
        event
        for data in (f"{START}one\x1b", "\x07two\r", f"three{END}x")
        for event in parser.feed(data)
    ]
    pasted = [event.text for event in told if isinstance(event, events.Paste)]
    keys = [event.key for event in told if isinstance(event, events.Key)]
    assert (pasted, keys) == (["onetwo\rthree"], ["x"])
