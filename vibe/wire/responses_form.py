"""The JSON of the Responses API, as far as it is read; what is left out here is ignored.

Fields that a server may send as null are so declared; those that an answer is as good without may
be anything. Nothing here knows what follows from it.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec
from msgspec import Raw, Struct

from vibe.domain.usage import Usage
from vibe.wire.loose import count, label, member

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
    id: object = None
    content: list[Part] | None = None

    @property
    def text(self) -> str:
        return "".join(part.text or "" for part in self.content or ())

    @property
    def refusal(self) -> str:
        return "".join(part.refusal or "" for part in self.content or ())


class ThoughtItem(Struct, tag="reasoning"):
    id: object = None
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
            id=label(self.id),
            summary=tuple(SummaryText(part.text or "") for part in self.summary or ()),
            content=tuple(ReasoningText(part.text or "") for part in self.content or ()),
            encrypted_content=self.encrypted_content or "",
        )
        return msgspec.json.encode(item).decode()


class CallItem(Struct, tag="function_call"):
    id: object = None
    call_id: object = None
    name: str | None = None
    arguments: str | None = None
    status: object = None


Item: TypeAlias = MessageItem | ThoughtItem | CallItem


class Response(Struct):
    """A response at its beginning or at its end; the body of an answer that is not streamed."""

    id: object = None
    model: object = None
    status: object = None
    error: Raw = Raw()
    incomplete_details: object = None
    output: list[Raw] | None = None
    usage: object = None

    @property
    def incomplete_because(self) -> str:
        return label(member(self.incomplete_details, "reason"))

    @property
    def counted(self) -> Usage:
        return Usage(
            input=count(self.usage, "input_tokens"),
            output=count(self.usage, "output_tokens"),
            cached_read=count(self.usage, "input_tokens_details", "cached_tokens"),
            cache_write=count(self.usage, "input_tokens_details", "cache_write_tokens"),
            reasoning=count(self.usage, "output_tokens_details", "reasoning_tokens"),
        )


class Event(Struct):
    """What is read of an event of any type that is known."""

    output_index: object = None
    item_id: object = None
    summary_index: object = None
    delta: str | None = None
    arguments: str | None = None
    item: Raw = Raw()
    response: Response | None = None


KIND: Final = msgspec.json.Decoder(Kind)
EVENT: Final = msgspec.json.Decoder(Event)
RESPONSE: Final = msgspec.json.Decoder(Response)
ITEM: Final[msgspec.json.Decoder[Item]] = msgspec.json.Decoder(Item)
REASONING: Final = msgspec.json.Decoder(Reasoning)
