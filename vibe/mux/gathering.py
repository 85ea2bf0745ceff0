"""What one attempt has brought of an answer so far: a fold of its stream, in the order it came.

Knows which pieces a person has seen, and which calls are whole. Sends and decides nothing.
"""

from __future__ import annotations

import msgspec

from vibe.domain.message import AssistantPart, CallId, Producer, Text, Thinking, ToolCall
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    Passed,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage
from vibe.wire.capability import BYTES_A_TOKEN

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Call:
    def __init__(self, began: CallBegan) -> None:
        self.id = began.id
        self.name = began.name
        self.arguments: list[str] = []
        self.seal = ""
        self.has_ended = False

    def part(self) -> ToolCall:
        arguments = "".join(self.arguments)
        return ToolCall(id=CallId(self.id), name=self.name, arguments=arguments, seal=self.seal)

    @property
    def is_whole(self) -> bool:
        """Ended by the provider's word, or one whole object, to which nothing can be added."""
        return self.has_ended or _is_object("".join(self.arguments))


class Gathered:
    """`has_begun`: there is something to show; `is_committed`: a text or a call was seen."""

    def __init__(self) -> None:
        self.has_begun = False
        self.is_committed = False
        self.usage = Usage()
        self.characters = 0
        self._parts: list[list[str] | Thinking | _Call] = []
        self._thinking: list[str] = []
        self._calls: dict[int, _Call] = {}

    def text(self, delta: str) -> None:
        """Text as the person sees it, which at a seam is not quite what came."""
        self.characters += len(delta)
        if self._parts and isinstance(self._parts[-1], list):
            self._parts[-1].append(delta)
        else:
            self._parts.append([delta])
        self.is_committed = self.is_committed or bool(delta)

    def say(self, event: TextDelta | Passed) -> None:
        if isinstance(event, TextDelta):
            self.text(event.text)
        else:
            self.characters += event.pieces * BYTES_A_TOKEN  # a piece is about a token
            self.is_committed = True

    def add(self, event: StreamEvent, producer: Producer) -> None:
        """All but text."""
        match event:
            case ThinkingDelta(text):
                self._thinking.append(text)
                self.characters += len(text)
            case ThinkingSealed(seal):
                self._think(producer, seal)
            case CallBegan():
                self._calls[event.call] = call = _Call(event)
                self._parts.append(call)
                self.is_committed = True
            case CallDelta():
                self._calls[event.call].arguments.append(event.arguments)
                self.characters += len(event.arguments)
            case CallEnded():
                self._calls[event.call].has_ended = True
                self._calls[event.call].seal = event.seal
            case Passed():
                self.say(event)
            case UsageSeen(usage):
                self.usage = self.usage.merged(usage)
            case _:
                pass
        if not isinstance(event, UsageSeen):
            self.has_begun = True

    @property
    def has_whole_call(self) -> bool:
        return any(call.is_whole for call in self._calls.values())

    def parts(self, producer: Producer) -> tuple[AssistantPart, ...]:
        """All that is whole of it. A call whose arguments had not finished is dropped."""
        self._think(producer, "")
        parts: list[AssistantPart] = []
        for part in self._parts:
            match part:
                case Thinking():
                    parts.append(part)
                case list():
                    parts.append(Text("".join(part)))
                case _Call():
                    if part.is_whole:
                        parts.append(part.part())
        return tuple(parts)

    @property
    def said(self) -> str:
        """The text alone."""
        return "".join("".join(part) for part in self._parts if isinstance(part, list))

    def _think(self, producer: Producer, seal: str) -> None:
        if self._thinking or seal:
            text = "".join(self._thinking)
            self._parts.append(Thinking(text=text, producer=producer, seal=seal))
            self._thinking = []


def _is_object(arguments: str) -> bool:
    try:
        _OBJECT.decode(arguments.encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True
