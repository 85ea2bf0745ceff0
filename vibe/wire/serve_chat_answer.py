"""Answers in the form of OpenAI's chat completions, whole and as a stream: for whoever serves them.

What the client's stream says is made of pieces alone; that it ends in `[DONE]` or in an error is
this file's matter. Thought goes out as `reasoning_content`, which clients know from DeepSeek.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias, assert_never

import msgspec
from msgspec import UNSET, Struct, UnsetType

from vibe.domain.answer import Answer
from vibe.domain.message import Producer, Text, Thinking
from vibe.domain.request import Dialect
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    StopReason,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.wire.serve_chat import read_chat_request
from vibe.wire.serving import Fault, Heading, Piece, Trouble, Wanted

FINISH: Final[dict[StopReason, str]] = {
    "end": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "calls": "tool_calls",
}
_TYPES: Final[dict[Trouble, str]] = {
    "invalid": "invalid_request_error",
    "too_long": "invalid_request_error",
    "refused": "invalid_request_error",
    "unauthorized": "invalid_request_error",
    "forbidden": "invalid_request_error",
    "not_found": "invalid_request_error",
    "too_large": "invalid_request_error",
    "rate_limited": "rate_limit_error",
    "overloaded": "server_error",
    "failed": "server_error",
    "timeout": "server_error",
}
_CODES: Final[dict[Trouble, str]] = {
    "too_long": "context_length_exceeded",
    "refused": "content_filter",
    "unauthorized": "invalid_api_key",
    "not_found": "model_not_found",
    "rate_limited": "rate_limit_exceeded",
    "overloaded": "server_overloaded",
}
BEAT: Final = b": waiting\n\n"
DONE: Final = b"data: [DONE]\n\n"
_MARK: Final = "\ufffctext\ufffc"  # where a template has its text

Json: TypeAlias = dict[str, Any]


class _Delta(Struct, omit_defaults=True):
    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType = UNSET
    reasoning_content: str | UnsetType = UNSET
    tool_calls: list[Json] | UnsetType = UNSET


class ChatWriter:
    """`_before` and `_after` are a chunk of text around its text, made once: most chunks are such.
    `_calls` are the places of the calls in the answer, and `_open` has those that have not ended,
    with whether they have arguments."""

    def __init__(self, heading: Heading, *, tells_usage: bool) -> None:
        self._heading = heading
        self._tells_usage = tells_usage
        self._calls: dict[int, int] = {}
        self._open: dict[int, bool] = {}
        around = self._chunk(_Delta(content=_MARK)).split(msgspec.json.encode(_MARK))
        self._before, self._after = around

    def begin(self) -> bytes:
        return self._chunk(_Delta(role="assistant", content=""))

    def by(self, producer: Producer) -> bytes:
        return b""

    def piece(self, piece: Piece) -> bytes:
        match piece:
            case TextDelta(text):
                if not text:
                    return b""
                return b"%b%b%b" % (self._before, msgspec.json.encode(text), self._after)
            case ThinkingDelta(text):
                return self._chunk(_Delta(reasoning_content=text)) if text else b""
            case CallBegan(call=call, id=id, name=name):
                index = self._calls[call] = len(self._calls)
                self._open[call] = False
                function = {"name": name, "arguments": ""}
                return self._call({"index": index, "id": id, "type": "function"}, function)
            case CallDelta(call=call, arguments=arguments):
                return self._argue(call, arguments)
            case CallEnded(call=call):
                argued = b"" if self._open[call] else self._argue(call, "{}")
                del self._open[call]
                return argued
            case ThinkingSealed():
                return b""
            case _:
                assert_never(piece)

    def beat(self) -> bytes:
        return BEAT

    def end(self, answer: Answer) -> bytes:
        """A call that did not end was cut: nobody may take what there is of it for the whole."""
        reason = "length" if self._open else answer.reason
        last = self._chunk(_Delta(), finish=FINISH[reason])
        if self._tells_usage:
            last += event({**self._common(), "choices": [], "usage": usage_of(answer)})
        return last + DONE

    def fail(self, fault: Fault) -> bytes:
        """As an event of its own, and no `[DONE]`: a client that knows no errors in a stream finds
        that it was cut."""
        return event(error_of(fault))

    def _argue(self, call: int, arguments: str) -> bytes:
        if not arguments:
            return b""
        self._open[call] = True
        return self._call({"index": self._calls[call]}, {"arguments": arguments})

    def _call(self, head: Json, function: Json) -> bytes:
        return self._chunk(_Delta(tool_calls=[{**head, "function": function}]))

    def _chunk(self, delta: _Delta, *, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return event({**self._common(), "choices": [choice]})

    def _common(self) -> Json:
        return head_of(self._heading, "chat.completion.chunk")


class ServedChat:
    @property
    def dialect(self) -> Dialect:
        return "chat"

    def read(self, body: bytes) -> Wanted:
        asked = read_chat_request(body)
        return Wanted(
            request=asked.request,
            model=asked.model,
            is_streamed=asked.is_streamed,
            tells_usage=asked.tells_usage,
            session=asked.request.cache_key,
        )

    def writer(self, wanted: Wanted, heading: Heading) -> ChatWriter:
        return ChatWriter(heading, tells_usage=wanted.tells_usage)

    def whole(self, wanted: Wanted, heading: Heading, answer: Answer) -> bytes:
        del wanted
        message = {"index": 0, "message": _message(answer), "finish_reason": FINISH[answer.reason]}
        head = head_of(heading, "chat.completion")
        return msgspec.json.encode({**head, "choices": [message], "usage": usage_of(answer)})

    def error(self, fault: Fault, *, request_id: str) -> bytes:
        return msgspec.json.encode({**error_of(fault), "request_id": request_id})


def usage_of(answer: Answer) -> Json:
    usage = answer.usage
    sent, written = usage.input or 0, usage.output or 0
    return {
        "prompt_tokens": sent,
        "completion_tokens": written,
        "total_tokens": sent + written,
        "prompt_tokens_details": {"cached_tokens": usage.cached_read or 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
    }


def error_of(fault: Fault) -> Json:
    code = _CODES.get(fault.trouble)
    kind = _TYPES[fault.trouble]
    return {"error": {"message": fault.message, "type": kind, "param": None, "code": code}}


def _message(answer: Answer) -> Json:
    texts = [part.text for part in answer.parts if isinstance(part, Text)]
    thoughts = [part.text for part in answer.parts if isinstance(part, Thinking) and part.text]
    message: Json = {
        "role": "assistant",
        "content": "".join(texts) if texts else None,
        "refusal": None,
    }
    if thoughts:
        message["reasoning_content"] = "\n\n".join(thoughts)
    if answer.calls:
        message["tool_calls"] = [
            call_of(call.id, call.name, call.arguments) for call in answer.calls
        ]
    return message


def head_of(heading: Heading, object: str) -> Json:
    return {
        "id": heading.id,
        "object": object,
        "created": heading.created,
        "model": heading.model,
    }


def call_of(id: str, name: str, arguments: str) -> Json:
    """A whole one."""
    function = {"name": name, "arguments": arguments or "{}"}
    return {"id": id, "type": "function", "function": function}


def event(value: Json) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(value)
