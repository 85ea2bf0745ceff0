"""The events of an answer that is passed on unread, held to what their dialect promises.

Most events are one more piece of text. Such a one is known by its whole form, and not only by a
word in it, so that nothing passes for text that no client could read. That each piece is of a block
which has begun, Anthropic's clients rely on. What all others mean is the decoders' to say.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol

import msgspec
from msgspec import Struct

from vibe.domain.request import Dialect

_DATA: Final = b"data: "


class Events(Protocol):
    """One answer. `one` is a whole event, with its blank line."""

    def is_text(self, one: bytes) -> bool:
        """Whether it is a piece of text, or of thought, and nothing else."""
        ...

    def is_in_order(self, one: bytes) -> bool:
        """Whether it may stand here, for any that is not text."""
        ...


def events_of(dialect: Dialect) -> Events:
    match dialect:
        case "chat" | "mistral":
            return _Chat()
        case "messages":
            return _Messages()
        case "responses":
            return _Responses()


class _Said(Struct):
    """Members that tell more than text are nothing here; one that is something is no text."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: None = None
    tool_calls: None = None
    function_call: None = None


class _Choice(Struct):
    delta: _Said
    index: Literal[0] = 0
    finish_reason: None = None


class _Chunk(Struct):
    choices: tuple[_Choice]
    error: None = None
    usage: None = None
    code: None = None
    detail: None = None
    type: None = None


class _TextDelta(Struct, tag_field="type", tag="text_delta"):
    text: str


class _ThinkingDelta(Struct, tag_field="type", tag="thinking_delta"):
    thinking: str


class _BlockDelta(Struct, tag_field="type", tag="content_block_delta"):
    index: int
    delta: _TextDelta | _ThinkingDelta


class _OutputDelta(Struct, tag_field="type", tag="response.output_text.delta"):
    delta: str
    output_index: int
    content_index: int = 0


class _Block(Struct):
    type: str
    index: int = -1


_CHUNK: Final = msgspec.json.Decoder(_Chunk)
_BLOCK_DELTA: Final = msgspec.json.Decoder(_BlockDelta)
_OUTPUT_DELTA: Final = msgspec.json.Decoder(_OutputDelta)
_BLOCK: Final = msgspec.json.Decoder(_Block)


class _Chat:
    def is_text(self, one: bytes) -> bool:
        if not one.startswith(_DATA):
            return False
        try:
            _CHUNK.decode(one[len(_DATA) :])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        return True

    def is_in_order(self, one: bytes) -> bool:
        del one
        return True


class _Messages:
    """`_begun` are the blocks that have, `_open` those of them that have not ended. Anthropic ends
    each before the next; llama.cpp has several open, and some that it never ends."""

    def __init__(self) -> None:
        self._begun: set[int] = set()
        self._open: set[int] = set()

    def is_text(self, one: bytes) -> bool:
        data = _named(one, b"event: content_block_delta\n")
        try:
            return data is not None and _BLOCK_DELTA.decode(data).index in self._open
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False

    def is_in_order(self, one: bytes) -> bool:
        data = one.partition(_DATA)[2]
        try:
            block = _BLOCK.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return True  # which is the decoder's to judge
        match block.type:
            case "content_block_start":
                is_new = block.index not in self._begun
                self._begun.add(block.index)
                self._open.add(block.index)
                return is_new
            case "content_block_delta":
                return block.index in self._open
            case "content_block_stop":
                was_open = block.index in self._open
                self._open.discard(block.index)
                return was_open
            case _:
                return True


class _Responses:
    def is_text(self, one: bytes) -> bool:
        data = _named(one, b"event: response.output_text.delta\n")
        try:
            return data is not None and bool(_OUTPUT_DELTA.decode(data))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False

    def is_in_order(self, one: bytes) -> bool:
        del one
        return True


def _named(one: bytes, name: bytes) -> bytes | None:
    """The data of an event of this name, if it is of two lines."""
    return one[len(name) + len(_DATA) :] if one.startswith(name + _DATA) else None
