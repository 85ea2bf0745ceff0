"""The parts of one message, as far as a target takes them: text, images, thought, calls.

Knows nothing of the messages around it; their order is portability.py's subject.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from typing import Final, assert_never

import msgspec
from msgspec.structs import replace

from vibe.domain.message import (
    Assistant,
    AssistantPart,
    Document,
    Image,
    Message,
    Results,
    System,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
    UserPart,
)
from vibe.domain.model import Backend
from vibe.domain.target import Target
from vibe.wire.capability import obstacle_to
from vibe.wire.depth import is_too_deep

NO_OUTPUT: Final = "(no output)"
CANNOT_BE_SHOWN: Final = "(Something was attached here that you cannot be shown.)"

# Where thought is a block of its own: sealed, and before what it led to.
THOUGHT_IN_BLOCKS: Final[frozenset[Backend]] = frozenset({"anthropic", "responses"})

_LEGAL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ILLEGAL_IN_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]")
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def portable(message: Message, target: Target, *, offered: Container[str]) -> Message | None:
    """The message with what the target takes of it; None if that is nothing.

    `offered` are the names of the tools that the request offers.
    """
    match message:
        case System(text):
            return System(sendable(text)) if text.strip() else None
        case User(parts):
            shown = _shown(parts, target)
            return User(shown) if shown else None
        case Assistant():
            return _answer(message, target, offered)
        case Results(results):
            return Results(tuple(_result(each, target) for each in results)) if results else None
    assert_never(message)


def sendable(text: str) -> str:
    """Without lone surrogates, which names of files can bring and UTF-8 cannot hold."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _result(result: ToolResult, target: Target) -> ToolResult:
    parts = _shown(result.parts, target) or (Text(NO_OUTPUT),)
    return replace(result, name=_name(result.name), parts=parts)


def _shown(parts: Iterable[UserPart], target: Target) -> tuple[UserPart, ...]:
    return tuple(shown for part in parts if (shown := _part(part, target)))


def _part(part: UserPart, target: Target) -> UserPart | None:
    match part:
        case Text(text):
            return Text(sendable(text)) if text.strip() else None
        case Image(data=b"", url="") | Document(data=b""):
            return None
        case _ if obstacle_to(part, target):
            return Text(CANNOT_BE_SHOWN)
        case Image(data=data):
            return replace(part, url="" if data else sendable(part.url))
        case Document(name=name):
            return replace(part, name=sendable(name))
    assert_never(part)


def _answer(answer: Assistant, target: Target, offered: Container[str]) -> Assistant | None:
    is_own = answer.producer == target.producer
    parts: list[AssistantPart] = []
    for part in answer.parts:
        match part:
            case Text(text):
                parts += [Text(sendable(text))] if text.strip() else []
            case Thinking():
                parts += [_thought(part)] if _goes_back(part, target) else []
            case ToolCall():
                seal = part.seal if is_own else target.quirks.foreign_seal
                parts.append(_call(part, offered, seal=seal))
            case _:
                assert_never(part)
    while target.backend in THOUGHT_IN_BLOCKS and parts and isinstance(parts[-1], Thinking):
        parts.pop()
    if all(isinstance(part, Thinking) for part in parts):
        return None  # thought that led to nothing, because the answer was cut
    return Assistant(parts=tuple(parts), producer=target.producer if is_own else None)


def _goes_back(thought: Thinking, target: Target) -> bool:
    if thought.producer != target.producer or target.thinks is False:
        return False
    if target.backend in THOUGHT_IN_BLOCKS:
        return bool(thought.seal)
    return target.quirks.thinking != "none" and bool(thought.seal or thought.text.strip())


def _thought(thought: Thinking) -> Thinking:
    return replace(thought, text=sendable(thought.text), seal=sendable(thought.seal))


def _call(call: ToolCall, offered: Container[str], *, seal: str) -> ToolCall:
    name = call.name if call.name in offered else _name(call.name)
    return replace(call, name=name, arguments=_arguments(call.arguments), seal=seal)


def _name(name: str) -> str:
    """Models invent names that no provider takes back."""
    if _LEGAL_NAME.fullmatch(name):
        return name
    return _ILLEGAL_IN_NAME.sub("_", name)[:64] or "unnamed"


def _arguments(written: str) -> str:
    """A JSON object, for several providers refuse or fail on any other."""
    text = sendable(written)
    if not text.strip():
        return "{}"
    if _is_object(text):
        return text
    return msgspec.json.encode({"_invalid": text}).decode()


def _is_object(text: str) -> bool:
    if is_too_deep(text.encode()):
        return False
    try:
        _OBJECT.decode(text)
    except msgspec.DecodeError:
        return False
    return True
