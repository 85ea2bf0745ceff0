"""What was asked and what is answered, in no vendor's dialect: all that a behaviour needs to know.

A `Behaviour` is a pure function from the one to the other. It sees the whole conversation in each
request and needs no memory of its own, so a request that is sent again is answered the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Final, Literal, Protocol, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.message import Assistant, Message, Results, Text, ToolResult, User
from vibe.domain.model import Backend, ProviderName
from vibe.domain.request import Tool
from vibe.domain.stream import StopReason

Purpose: TypeAlias = Literal["answer", "count", "embeddings", "models"]
Finish: TypeAlias = StopReason | Literal["refused"]

CLIENT: Final = ProviderName("client")  # its history does not say who wrote what

_PIECE = re.compile(r"\S+\s*|\s+")
_FRAGMENT_CHARS: Final = 12


class Asked(Struct, frozen=True, kw_only=True):
    """One request. `inputs` are those of embeddings; `wants_usage` is off where a stream that was
    asked for does not have to tell its usage; with `prefix` the last message, which is the model's
    own, says that it is to be gone on from."""

    dialect: Backend
    model: str = ""
    purpose: Purpose = "answer"
    stream: bool = False
    wants_usage: bool = True
    system: str = ""
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    inputs: tuple[str, ...] = ()
    prefix: bool = False

    @property
    def last_user_text(self) -> str:
        """What the person said last; "" if nothing."""
        said = (message for message in reversed(self.messages) if isinstance(message, User))
        return text_of(next(said, User(())).parts)

    @property
    def results(self) -> tuple[ToolResult, ...]:
        """What the tools have brought since the person spoke last, in order."""
        found: list[ToolResult] = []
        for message in self.messages:
            match message:
                case User():
                    found.clear()
                case Results(results):
                    found += results
                case _:
                    pass
        return tuple(found)


class Call(Struct, frozen=True, kw_only=True):
    """`arguments` is JSON text, or what should have been. Without `id` the dialect makes one."""

    name: str
    arguments: str
    id: str = ""


class Tokens(Struct, frozen=True, kw_only=True):
    """`cached` is a part of `input`, `reasoning` one of `output`."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0


class Answer(Struct, frozen=True, kw_only=True):
    """Thinking, then text, then calls. Without `stop` and `tokens` they follow from the rest.

    `seal` is what the provider signs the thinking with, or hides it in. `tells_tokens` is off for
    one that keeps them to itself.
    """

    text: str = ""
    thinking: str = ""
    seal: str = ""
    calls: tuple[Call, ...] = ()
    stop: Finish | None = None
    tokens: Tokens | None = None
    tells_tokens: bool = True

    @property
    def finish(self) -> Finish:
        return self.stop or ("calls" if self.calls else "end")


class Stream(Struct, frozen=True, kw_only=True):
    """An answer as the events that are sent one by one, each with the blank line at its end.

    Once so many as `whole_at` have arrived, the vendor has said that the answer is over; those
    after them add nothing to it.
    """

    events: tuple[bytes, ...]
    whole_at: int


class Behaviour(Protocol):
    """What a model does: never by a count of requests, always by what stands in this one."""

    def __call__(self, asked: Asked, /) -> Answer: ...


def call(tool: str, **arguments: object) -> Call:
    """A call with its arguments written as JSON."""
    return Call(name=tool, arguments=msgspec.json.encode(arguments).decode())


def going_on(asked: Asked, answer: Answer) -> Answer:
    """What is left to say of an answer that the request has already begun."""
    last = asked.messages[-1] if asked.messages else None
    begun = text_of(last.parts) if isinstance(last, Assistant) else ""
    return replace(answer, text=answer.text.removeprefix(begun))


def joined(messages: Iterable[Message], *, answers: bool = True) -> tuple[Message, ...]:
    """With neighbouring results as one message, and neighbouring parts of answers if `answers`."""
    whole: list[Message] = []
    for message in messages:
        match whole[-1] if whole else None, message:
            case Results(earlier), Results(results):
                whole[-1] = Results((*earlier, *results))
            case Assistant(parts=earlier, producer=producer), Assistant(parts=parts) if answers:
                whole[-1] = Assistant(parts=(*earlier, *parts), producer=producer)
            case _:
                whole.append(message)
    return tuple(whole)


def digest(*parts: object) -> str:
    """Letters and digits that look like chance, and are the same for the same parts."""
    return sha256(repr(parts).encode()).hexdigest()


def text_of(parts: tuple[object, ...]) -> str:
    return "\n".join(part.text for part in parts if isinstance(part, Text))


def pieces(text: str) -> list[str]:
    """A text in the pieces in which it is streamed: words, each with the blanks after it."""
    return _PIECE.findall(text)


def fragments(arguments: str) -> list[str]:
    """Arguments in the pieces in which they are streamed, which end anywhere."""
    return [
        arguments[start : start + _FRAGMENT_CHARS]
        for start in range(0, len(arguments), _FRAGMENT_CHARS)
    ]


def tokens_of(asked: Asked, answer: Answer) -> Tokens:
    """Four characters a token for what was sent, a piece a token for what is answered."""
    sent = sum(len(msgspec.json.encode(message)) for message in asked.messages)
    calls = sum(1 + len(fragments(each.arguments)) for each in answer.calls)
    thought = len(pieces(answer.thinking))
    return answer.tokens or Tokens(
        input=1 + (sent + len(asked.system)) // 4,
        output=thought + len(pieces(answer.text)) + calls,
        reasoning=thought,
    )
