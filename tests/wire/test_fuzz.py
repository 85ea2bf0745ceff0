"""Damaged answers in every dialect, for `VIBE_FUZZ_S` seconds each, two minutes unless told.

Nothing raises, events keep their order, any split gives the same ones, and what a decoder keeps is
bounded. A find tells its round; `VIBE_FUZZ_ROUND` begins with it again.
"""

from __future__ import annotations

import os
import re
import tracemalloc
from itertools import count, pairwise
from random import Random
from time import monotonic
from typing import Final, get_args

import pytest

from tests.wire.event_order import grammatical
from tests.wire.golden import cases, heard, load
from vibe.domain.model import Backend, ProviderName
from vibe.domain.target import Target
from vibe.wire.codec import Decoder
from vibe.wire.dialects import codec_for

BACKENDS: Final[tuple[Backend, ...]] = get_args(Backend)
VENDORS: Final[dict[Backend, tuple[str, ...]]] = {
    "generic": (
        "openai", "groq", "openrouter", "gemini", "together", "deepseek", "ollama", "vllm",
        "lmstudio", "llamacpp",
    ),
    "mistral": ("mistral", "openai"),
    "azure": ("azure", "openai"),
    "anthropic": ("anthropic",),
    "responses": ("responses",),
}  # fmt: skip
PIECES: Final = (
    b"null", b"true", b"-1", b"7", b"1e999", b"0.5", b'""', b'"x"', b"{}", b"[]", b"{", b"[", b"}",
    b"]", b'"', b",", b":", b"\\", b"\\ud83d", b"\\ude00", b"\xf0\x9f", b"\xff", b"\x00", b"\n",
    b"\r", b"\n\n", b"\r\n\r\n", b"data: ", b"data: [DONE]\n\n", b"event: error\n", b'"error":{},',
    b'"index":1,', b'"id":"b",', b'"name":"x",', b'"stop"', b'"tool_calls"', b'"type":"error",',
)  # fmt: skip

SECONDS: Final = float(os.environ.get("VIBE_FUZZ_S", "120"))
FIRST_ROUND: Final = os.environ.get("VIBE_FUZZ_ROUND", "")
NUMBER: Final = b"\0"  # stands for it in an event
FLOOD_EVERY: Final = 1_000  # rounds
KEPT_BYTES: Final = 48 * 1024 * 1024  # a few times the bound of one event


def decoder(backend: Backend, *, stream: bool) -> Decoder:
    target = Target(provider=ProviderName("p"), model="m", backend=backend)
    return codec_for(backend).decoder(target, stream=stream)


def damaged(answers: list[bytes], rng: Random) -> bytes:
    sent = rng.choice(answers)
    for _ in range(rng.randint(1, 4)):
        start, other = rng.randint(0, len(sent)), rng.randint(0, len(sent))
        end = start + rng.randint(0, 30)
        match rng.randrange(5):
            case 0:  # some bytes are others
                sent = sent[:start] + rng.randbytes(rng.randint(0, 6)) + sent[end:]
            case 1:  # a part of the form is another
                sent = sent[:start] + rng.choice(PIECES) + sent[end:]
            case 2:  # a part comes again elsewhere
                sent = sent[:other] + sent[start : end * 2] + sent[other:]
            case 3:  # another answer follows
                sent = sent[:start] + rng.choice(answers)[other:]
            case _:  # a value is another
                values = [*re.finditer(rb'(?<=:)(?:"[^"\\]*"|-?\d+|null|true|\{\})', sent)]
                if values:
                    value = rng.choice(values)
                    sent = sent[: value.start()] + rng.choice(PIECES) + sent[value.end() :]
    return sent


def pieces(sent: bytes, rng: Random) -> list[bytes]:
    cuts = sorted(rng.randint(0, len(sent)) for _ in range(rng.randint(0, 12)))
    return [sent[start:end] for start, end in pairwise((0, *cuts, len(sent)))]


def check(backend: Backend, answers: list[bytes], rng: Random) -> None:
    sent = damaged(answers, rng)
    stream = rng.random() < 0.5
    events = heard(decoder(backend, stream=stream), sent)
    assert grammatical(events)
    assert heard(decoder(backend, stream=stream), *pieces(sent, rng)) == events


def check_memory(backend: Backend, answers: list[bytes], rng: Random) -> None:
    """One event comes again and again, often or very large, with a number that grows."""
    event = rng.choice(damaged(answers, rng).split(b"\n\n")) + b"\n\n"
    numbers = [found.span() for found in re.finditer(rb"\d+|$", event)]
    start, end = rng.choice(numbers)
    event = event[:start] + NUMBER + event[end:]
    times = 20_000
    if rng.random() < 0.5:
        at = rng.choice([found.end() for found in re.finditer(rb':"|$', event)])
        event = event[:at] + b"x" * 50_000 + event[at:]
        times = 1_500
    flooded = decoder(backend, stream=True)
    tracemalloc.start()
    try:
        flooded.feed(answers[0].partition(b"\n\n")[0] + b"\n\n")
        for number in range(times):
            flooded.feed(event.replace(NUMBER, b"%d" % number))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < KEPT_BYTES


@pytest.mark.fuzz
@pytest.mark.parametrize("backend", BACKENDS)
def test_damage_neither_raises_nor_breaks_the_order_nor_fills_the_memory(backend: Backend) -> None:
    answers = [load(*case).sent for case in cases(*VENDORS[backend])]
    first = int(FIRST_ROUND) if FIRST_ROUND else Random().randrange(1 << 40)  # noqa: S311 - no secret
    deadline = monotonic() + SECONDS
    for number in count(first):
        rng = Random(number)  # noqa: S311 - no secret
        try:
            check(backend, answers, rng)
            if (number - first) % FLOOD_EVERY == 0:
                check_memory(backend, answers, rng)
        except Exception as error:
            error.add_note(f"VIBE_FUZZ_ROUND={number}")
            raise
        if monotonic() > deadline:
            break
