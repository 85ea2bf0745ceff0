"""Chat completions as Mistral's own SDK reads them: for whoever serves it.

The place and most words are OpenAI's. But here thought is a part of the content, a call comes in
one piece, and the usage with the last chunk, whether it was asked for or not.
"""

from __future__ import annotations

from typing import Final, assert_never

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.answer import Answer
from vibe.domain.message import Producer, Text, Thinking
from vibe.domain.request import Dialect
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.wire.complaint import decoded
from vibe.wire.serve_chat_answer import (
    BEAT,
    DONE,
    FINISH,
    Json,
    ServedChat,
    call_of,
    error_of,
    event,
    head_of,
    usage_of,
)
from vibe.wire.serving import Fault, Heading, Piece, Wanted

USER_AGENT: Final = b"mistral-client-"  # how those of its SDKs begin
_CHAT: Final = ServedChat()


class _Seed(Struct):
    random_seed: int | None = None


_SEED: Final = msgspec.json.Decoder(_Seed)


class _Call(Struct):
    index: int
    id: str
    name: str
    arguments: str = ""


class MistralWriter:
    """`_open` are the calls that have not ended, of which nothing is told yet."""

    def __init__(self, heading: Heading) -> None:
        self._heading = heading
        self._open: dict[int, _Call] = {}
        self._calls = 0

    def begin(self) -> bytes:
        return self._chunk({"role": "assistant", "content": ""})

    def by(self, producer: Producer) -> bytes:
        return b""

    def piece(self, piece: Piece) -> bytes:
        match piece:
            case TextDelta(text):
                return self._chunk({"content": text}) if text else b""
            case ThinkingDelta(text):
                return self._chunk({"content": [_thought(text)]}) if text else b""
            case CallBegan(call=call, id=id, name=name):
                self._open[call] = _Call(self._calls, id, name)
                self._calls += 1
            case CallDelta(call=call, arguments=arguments):
                self._open[call].arguments += arguments
            case CallEnded(call=call):
                ended = self._open.pop(call)
                told = call_of(ended.id, ended.name, ended.arguments)
                return self._chunk({"content": "", "tool_calls": [{**told, "index": ended.index}]})
            case ThinkingSealed():
                pass
            case _:
                assert_never(piece)
        return b""

    def beat(self) -> bytes:
        return BEAT

    def end(self, answer: Answer) -> bytes:
        """A call that did not end was cut, and is not told at all."""
        finish = FINISH["length" if self._open else answer.reason]
        return self._chunk({"content": ""}, finish=finish, usage=usage_of(answer)) + DONE

    def fail(self, fault: Fault) -> bytes:
        """No chunk that the SDK knows, so that it raises."""
        return event(error_of(fault))

    def _chunk(self, delta: Json, *, finish: str | None = None, **more: Json) -> bytes:
        head = head_of(self._heading, "chat.completion.chunk")
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return event({**head, "choices": [choice], **more})


class ServedMistral:
    @property
    def dialect(self) -> Dialect:
        return "mistral"

    def read(self, body: bytes) -> Wanted:
        wanted = _CHAT.read(body)
        seed = decoded(_SEED, body).random_seed
        return replace(wanted, request=replace(wanted.request, seed=seed))

    def writer(self, wanted: Wanted, heading: Heading) -> MistralWriter:
        del wanted
        return MistralWriter(heading)

    def whole(self, wanted: Wanted, heading: Heading, answer: Answer) -> bytes:
        del wanted
        choice = {"index": 0, "message": _message(answer), "finish_reason": FINISH[answer.reason]}
        head = head_of(heading, "chat.completion")
        return msgspec.json.encode({**head, "choices": [choice], "usage": usage_of(answer)})

    def error(self, fault: Fault, *, request_id: str) -> bytes:
        return _CHAT.error(fault, request_id=request_id)


def _message(answer: Answer) -> Json:
    text = "".join(part.text for part in answer.parts if isinstance(part, Text))
    thoughts = [p.text for p in answer.parts if isinstance(p, Thinking) and p.text]
    content = [*map(_thought, thoughts), {"type": "text", "text": text}] if thoughts else text
    calls = [call_of(call.id, call.name, call.arguments) for call in answer.calls]
    return {"role": "assistant", "content": content, "tool_calls": calls or None}


def _thought(text: str) -> Json:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
