"""The grammar of an event stream of Anthropic's Messages, as a machine that knows nothing of vibe.

By https://docs.anthropic.com/en/docs/build-with-claude/streaming: one message_start; blocks that
are numbered from 0, each closed before the next; one message_delta; message_stop. A ping may stand
anywhere in between, and an error ends it anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

_FRAME: Final = re.compile(rb"event: (?P<name>\w+)\ndata: (?P<data>\{[^\n]*\}) *\n\n")


class Usage(Struct):
    output_tokens: int
    input_tokens: int | None = None


class StartUsage(Struct):
    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0


class Message(Struct):
    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: tuple[()]
    stop_reason: None
    stop_sequence: None
    usage: StartUsage


class Block(Struct):
    type: str
    text: Literal[""] | None = None
    thinking: Literal[""] | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: dict[str, object] | None = None


class Delta(Struct):
    type: str
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None


class Stop(Struct):
    stop_reason: Literal[
        "end_turn", "max_tokens", "tool_use", "stop_sequence", "refusal", "pause_turn"
    ]
    stop_sequence: str | None


class Error(Struct):
    type: Literal[
        "invalid_request_error",
        "authentication_error",
        "permission_error",
        "not_found_error",
        "request_too_large",
        "rate_limit_error",
        "api_error",
        "overloaded_error",
        "timeout_error",
    ]
    message: str


class MessageStart(Struct, tag="message_start"):
    message: Message


class BlockStart(Struct, tag="content_block_start"):
    index: int
    content_block: Block


class BlockDelta(Struct, tag="content_block_delta"):
    index: int
    delta: Delta


class BlockStop(Struct, tag="content_block_stop"):
    index: int


class MessageDelta(Struct, tag="message_delta"):
    delta: Stop
    usage: Usage


class MessageStop(Struct, tag="message_stop"):
    pass


class Ping(Struct, tag="ping"):
    pass


class Failed(Struct, tag="error"):
    error: Error


Event: TypeAlias = (
    MessageStart | BlockStart | BlockDelta | BlockStop | MessageDelta | MessageStop | Ping | Failed
)
State: TypeAlias = Literal["new", "between", "inside", "ending", "whole", "failed"]

_EVENT: Final = msgspec.json.Decoder(Event)
_DELTAS: Final = {
    "text": ("text_delta", "citations_delta"),
    "thinking": ("thinking_delta", "signature_delta"),
    "tool_use": ("input_json_delta",),
    "server_tool_use": ("input_json_delta",),
}
_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "text": ("text",),
    "thinking": ("thinking",),
    "redacted_thinking": ("data",),
    "tool_use": ("id", "name", "input"),
    "text_delta": ("text",),
    "thinking_delta": ("thinking",),
    "signature_delta": ("signature",),
    "input_json_delta": ("partial_json",),
}


def verdict(stream: bytes) -> str:
    """`whole`, `failed`, `cut`, or which event stands where it may not, and why."""
    machine = Machine()
    at = place = 0
    while at < len(stream):
        frame = _FRAME.match(stream, at)
        if frame is None:
            return "cut" if b"\n\n" not in stream[at:] else f"event {place}: no frame"
        if why := machine.take(frame["name"].decode(), frame["data"]):
            return f"event {place}: {why}"
        at, place = frame.end(), place + 1
    return machine.state if machine.state in {"whole", "failed"} else "cut"


class Machine:
    def __init__(self) -> None:
        self.state: State = "new"
        self._blocks = 0
        self._kind = ""
        self._last = ""  # the kind of the last delta in this block
        self._has_tool = False

    def take(self, name: str, data: bytes) -> str | None:
        try:
            event = _EVENT.decode(data)
        except msgspec.ValidationError as error:
            return str(error)
        if msgspec.json.decode(data, type=dict[str, object])["type"] != name:
            return "the name is not the type"
        if self.state in {"whole", "failed"}:
            return "after the end"
        return self._take(event)

    def _take(self, event: Event) -> str | None:
        match event:
            case Ping():
                return "before the start" if self.state == "new" else None
            case Failed():
                self.state = "failed"
                return None
            case MessageStart(message):
                if message.usage.input_tokens < 1 and not message.usage.cache_read_input_tokens:
                    return "nothing was sent"
                return self._move("new", "between")
            case BlockStart(index, block):
                return self._move("between", "inside") or self._begin(index, block)
            case BlockDelta(index, delta):
                return self._move("inside", "inside") or self._grow(index, delta)
            case BlockStop(index):
                return self._move("inside", "between") or self._end(index)
            case MessageDelta(stop):
                return self._move("between", "ending") or self._stop(stop)
            case MessageStop():
                return self._move("ending", "whole")

    def _move(self, of: State, to: State) -> str | None:
        if self.state != of:
            return f"while {self.state}"
        self.state = to
        return None

    def _begin(self, index: int, block: Block) -> str | None:
        self._kind, self._last = block.type, ""
        self._has_tool = self._has_tool or block.type == "tool_use"
        if index != self._blocks:
            return f"the index {index} and not {self._blocks}"
        return _lacking(block.type, lambda name: getattr(block, name))

    def _grow(self, index: int, delta: Delta) -> str | None:
        before, self._last = self._last, delta.type
        if index != self._blocks or delta.type not in _DELTAS.get(self._kind, ()):
            return f"{delta.type} of {index} in the {self._kind} {self._blocks}"
        if before == "signature_delta":
            return "after the signature"
        return _lacking(delta.type, lambda name: getattr(delta, name))

    def _end(self, index: int) -> str | None:
        if index != self._blocks:
            return f"the end of {index} and not of {self._blocks}"
        if self._kind == "text" and not self._last:
            return "a text without a word"
        self._blocks += 1
        return None

    def _stop(self, stop: Stop) -> str | None:
        if stop.stop_reason == "tool_use" and not self._has_tool:
            return "no tool was used"
        return None


def _lacking(kind: str, member: Callable[[str], object]) -> str | None:
    lacking = [name for name in _NEEDED.get(kind, ()) if member(name) is None]
    return f"{kind} without {lacking}" if lacking else None
