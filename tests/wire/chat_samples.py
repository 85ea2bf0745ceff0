"""Chunks and bodies of chat completions that no recording shows, and what comes of them."""

from __future__ import annotations

from typing import Final

import pytest

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import ProviderName
from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    StreamEvent,
    TextDelta,
)
from vibe.domain.target import Target
from vibe.wire.answer_bytes import AnswerDecoder
from vibe.wire.chat import Chat

TARGET: Final = Target(provider=ProviderName("openai"), model="gpt-4.1", backend="generic")
DONE: Final = b"data: [DONE]\n\n"


def decoder() -> AnswerDecoder:
    return Chat().decoder(TARGET, stream=True)


def event(json: str) -> bytes:
    return b"data: %b\n\n" % json.encode()


def chunk(delta: str, finish: str = "null") -> bytes:
    return event(f'{{"choices":[{{"delta":{delta},"finish_reason":{finish}}}]}}')


def text(words: str) -> bytes:
    return chunk(f'{{"content":"{words}"}}')


def calls(*fragments: str) -> bytes:
    return chunk(f'{{"tool_calls":[{",".join(fragments)}]}}')


def stop(reason: str = "stop") -> bytes:
    return chunk("{}", f'"{reason}"')


def body(message: str, finish: str = '"stop"') -> bytes:
    return f'{{"choices":[{{"message":{message},"finish_reason":{finish}}}]}}'.encode()


def broken(detail: str) -> Broken:
    return Broken(Failure(kind=FailureKind.BROKEN_STREAM, detail=detail))


def case(label: str, sent: bytes, *events: StreamEvent) -> object:
    return pytest.param(sent, events, id=label)


BEGAN: Final = Began()
HI: Final = (BEGAN, TextDelta("Hi"))
READ: Final = (
    BEGAN,
    CallBegan(call=0, id="a", name="read"),
    CallDelta(call=0, arguments="{}"),
)
READ_DONE: Final = (*READ, CallEnded(call=0), Ended("calls"))
EMPTY: Final = Broken(
    Failure(kind=FailureKind.EMPTY, detail="the answer has neither text nor a call")
)
CUT: Final = broken("the stream ended before the answer did")
