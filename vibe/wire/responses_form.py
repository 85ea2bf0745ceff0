"""The JSON of the Responses API, as far as it is read; what is left out here is ignored.

Fields that a server may send as null are so declared. Nothing here knows what follows from it.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec
from msgspec import Raw, Struct

from vibe.domain.usage import Usage

BETWEEN: Final = "\n\n"  # messages, and parts of a summary, come without anything between them


class SummaryText(Struct, frozen=True, tag="summary_text"):
    text: str


class ReasoningText(Struct, frozen=True, tag="reasoning_text"):
    text: str


class Reasoning(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reasoning"):
    """Thought as it goes back to its producer. The seal of a block of thinking is its JSON."""

    id: str = ""
    summary: tuple[SummaryText, ...]
    content: tuple[ReasoningText, ...] = ()
    encrypted_content: str = ""


class Kind(Struct):
    """What an event or an item is."""

    type: str | None = None
    error: Raw = Raw()


class Part(Struct):
    text: str | None = None
    refusal: str | None = None


class MessageItem(Struct, tag="message"):
    id: str | None = None
    content: list[Part] | None = None

    @property
    def text(self) -> str:
        return "".join(part.text or "" for part in self.content or ())

    @property
    def refusal(self) -> str:
        return "".join(part.refusal or "" for part in self.content or ())


class ThoughtItem(Struct, tag="reasoning"):
    id: str | None = None
    summary: list[Part] | None = None
    content: list[Part] | None = None
    encrypted_content: str | None = None

    @property
    def text(self) -> str:
        return BETWEEN.join(part.text for part in self.summary or self.content or () if part.text)

    @property
    def seal(self) -> str:
        """Empty where only the provider has the rest of the thought: it stores nothing for us."""
        if not self.content and not self.encrypted_content:
            return ""
        item = Reasoning(
            id=self.id or "",
            summary=tuple(SummaryText(part.text or "") for part in self.summary or ()),
            content=tuple(ReasoningText(part.text or "") for part in self.content or ()),
            encrypted_content=self.encrypted_content or "",
        )
        return msgspec.json.encode(item).decode()


class CallItem(Struct, tag="function_call"):
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    status: str | None = None


Item: TypeAlias = MessageItem | ThoughtItem | CallItem


class _InputDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(Struct):
    reasoning_tokens: int | None = None


class WireUsage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None

    def usage(self) -> Usage:
        read = self.input_tokens_details or _InputDetails()
        written = self.output_tokens_details or _OutputDetails()
        return Usage(
            input=self.input_tokens,
            output=self.output_tokens,
            cached_read=read.cached_tokens,
            cache_write=read.cache_write_tokens,
            reasoning=written.reasoning_tokens,
        )


class _Incomplete(Struct):
    reason: str | None = None


class Response(Struct):
    """A response at its beginning or at its end; the body of an answer that is not streamed."""

    id: str | None = None
    model: str | None = None
    status: str | None = None
    error: Raw = Raw()
    incomplete_details: _Incomplete | None = None
    output: list[Raw] | None = None
    usage: WireUsage | None = None

    @property
    def incomplete_because(self) -> str:
        return (self.incomplete_details and self.incomplete_details.reason) or ""


class Event(Struct):
    """What is read of an event of any type that is known."""

    output_index: int | None = None
    item_id: str | None = None
    summary_index: int | None = None
    delta: str = ""
    arguments: str = ""
    item: Raw = Raw()
    response: Response | None = None


KIND: Final = msgspec.json.Decoder(Kind)
EVENT: Final = msgspec.json.Decoder(Event)
RESPONSE: Final = msgspec.json.Decoder(Response)
ITEM: Final[msgspec.json.Decoder[Item]] = msgspec.json.Decoder(Item)
REASONING: Final = msgspec.json.Decoder(Reasoning)


def holds(raw: Raw) -> bool:
    return bytes(raw) not in {b"", b"null"}
