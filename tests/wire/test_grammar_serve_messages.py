"""The machine that judges streams, tried on Anthropic's own recordings and on what is wrong."""

from __future__ import annotations

import re

import pytest

from tests.wire.golden import load
from tests.wire.grammar_messages import verdict

RECORDED = load("anthropic", "thinking").sent
FRAMES = re.findall(rb"event: .*?\n\n", RECORDED, re.DOTALL)
PING, START, STOP = FRAMES[2], FRAMES[0], FRAMES[-1]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("text", "whole"),
        ("tool", "whole"),
        ("parallel_calls", "whole"),
        ("no_arguments", "whole"),
        ("cache_read", "whole"),
        ("thinking", "whole"),
        ("redacted_thinking", "whole"),
        ("withheld_thinking", "whole"),
        ("pause_turn", "whole"),
        ("refusal", "whole"),
        ("refusal_after_text", "whole"),
        ("overloaded", "failed"),
        ("llama_parallel_calls", "event 5: while inside"),
        ("same_message_twice", "event 1: while between"),
    ],
)
def test_recordings_are_judged(case: str, expected: str) -> None:
    assert verdict(load("anthropic", case).sent) == expected


def test_a_cut_stream_is_no_whole_one() -> None:
    assert {verdict(RECORDED[:length]) for length in range(len(RECORDED) - 1)} == {"cut"}


@pytest.mark.parametrize(
    "place", [at for at, frame in enumerate(FRAMES) if b"_delta" not in frame and frame != PING]
)
def test_a_stream_that_lacks_an_event_is_no_whole_one(place: int) -> None:
    assert verdict(b"".join(FRAMES[:place] + FRAMES[place + 1 :])) != "whole"


@pytest.mark.parametrize(
    "place", [at for at, frame in enumerate(FRAMES) if b"_delta" not in frame and frame != PING]
)
def test_a_stream_that_says_an_event_twice_is_no_whole_one(place: int) -> None:
    assert verdict(b"".join([*FRAMES[:place], FRAMES[place], *FRAMES[place:]])) != "whole"


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(b"", "cut", id="nothing"),
        pytest.param(PING + RECORDED, "event 0: before the start", id="a ping at first"),
        pytest.param(RECORDED + PING, f"event {len(FRAMES)}: after the end", id="a ping at last"),
        pytest.param(START + b"data: {}\n\n", "event 1: no frame", id="no name"),
        pytest.param(
            START + STOP.replace(b"event: message_stop", b"event: ping"),
            "event 1: the name is not the type",
            id="another name",
        ),
        pytest.param(
            RECORDED.replace(b'"index":1', b'"index":2'),
            "event 8: the index 2 and not 1",
            id="an index left out",
        ),
        pytest.param(
            RECORDED.replace(b"end_turn", b"tool_use"),
            f"event {len(FRAMES) - 2}: no tool was used",
            id="a wrong reason",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(stream: bytes, expected: str) -> None:
    assert verdict(stream) == expected
