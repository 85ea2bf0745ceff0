"""The form of an answer of chat completions, with every variation of it that is known.

What carries the meaning is read strictly: text, calls, the reason of the end. What is incidental
(ids, names of models, counts) may be of any type, and is left out where it makes no sense.
What is said in place of an answer is told apart here, and judged in failures.py.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw, Struct

from vibe.domain.failure import Failure
from vibe.domain.usage import Usage
from vibe.wire.depth import is_too_deep
from vibe.wire.failures import broken, in_band_failure
from vibe.wire.loose import count


class Function(Struct):
    name: str | None = None
    arguments: str | dict[str, Raw] | None = None  # Mistral's schema allows an object


class Fragment(Struct):
    """A call, or a piece of one."""

    index: object = None
    id: object = None
    function: Function | None = None
    extra_content: Raw = Raw()


class Piece(Struct):
    """A typed chunk of content, as Mistral sends."""

    type: str | None = "text"
    text: str | None = None
    thinking: str | list[Piece] | None = None
    signature: str | None = None


class Detail(Struct, omit_defaults=True):
    """An element of `reasoning_details`, as OpenRouter sends and wants back."""

    type: str
    text: str | None = None
    summary: str | None = None
    data: str | None = None
    signature: str | None = None
    id: object = None
    format: object = None
    index: object = None


class Said(Struct):
    """A message, or what is new of it."""

    content: str | list[Piece] | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: list[Detail] | None = None
    tool_calls: list[Fragment] | None = None
    function_call: Function | None = None


class Choice(Struct):
    delta: Said | None = None
    message: Said | None = None
    finish_reason: str | None = None
    error: object = None  # OpenRouter


class Chunk(Struct, kw_only=True):
    """A chunk of a stream, or a whole answer, or what was sent instead."""

    id: object = None
    model: object = None
    kind: object = msgspec.field(default=None, name="object")
    choices: list[Choice] | None = None
    usage: object = None
    x_groq: object = None
    error: object = None
    # An error that does not call itself one has these.
    type: object = None
    message: object = None
    msg: object = None
    detail: object = None
    errors: object = None

    @property
    def is_failure(self) -> bool:
        """An `error` that is empty is none beside an answer; alone it is."""
        if self.error or self.kind == "error":
            return True
        if self.choices is not None or self.usage:
            return False
        complaint = self.message or self.msg or self.detail or self.errors
        return bool(complaint) or self.type == "error" or self.error in ("", {}, [])

    @property
    def says_nothing(self) -> bool:
        """Nothing of it is known here."""
        return self.choices is None and not self.usage and not self.x_groq


_CHUNK: Final = msgspec.json.Decoder(Chunk)


def parsed(text: str) -> Chunk | Failure:
    data = text.encode()
    if is_too_deep(data):
        return broken("the answer is nested too deeply")
    try:
        return _CHUNK.decode(data)
    except msgspec.ValidationError as error:
        if data.startswith(b"[") and b'"error"' in data:  # Gemini sends its errors as a list
            return in_band_failure(data)
        return broken(f"a chunk of another form: {error}")
    except msgspec.DecodeError:
        return broken("a chunk that is not JSON")


def failure_in(chunk: Chunk, text: str) -> Failure | None:
    """What a chunk says of a failure; `text` is the chunk as it came."""
    if chunk.is_failure:
        return in_band_failure(text)
    errors = (choice.error for choice in chunk.choices or () if choice.error)
    return next((in_band_failure(msgspec.json.encode({"error": error})) for error in errors), None)


def usage_of(said: object) -> Usage | None:
    """The usage in the forms of all who speak this dialect; None where it tells nothing."""
    if not said:
        return None
    cached = (
        count(said, "prompt_tokens_details", "cached_tokens"),
        count(said, "prompt_cache_hit_tokens"),  # DeepSeek
        count(said, "num_cached_tokens"),  # Mistral
    )
    usage = Usage(
        input=count(said, "prompt_tokens"),
        output=count(said, "completion_tokens"),
        cached_read=next((known for known in cached if known is not None), None),
        cache_write=count(said, "prompt_tokens_details", "cache_write_tokens"),
        reasoning=count(said, "completion_tokens_details", "reasoning_tokens"),
    )
    return None if usage == Usage() else usage
