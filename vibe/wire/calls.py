"""The calls of a conversation and their results: each pair together, under ids that a target takes.

Legal ids are made by a stable hash of the ids themselves, so that they are the same at every
attempt and in every run, and nothing about them has to be kept.
"""

from __future__ import annotations

import re
import string
from collections import Counter, deque
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.message import (
    Assistant,
    AssistantPart,
    CallId,
    Message,
    Results,
    Text,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.quirks import CallIdForm

INTERRUPTED: Final = "interrupted: outcome unknown"
LEGAL: Final[dict[CallIdForm, re.Pattern[str]]] = {
    "any": re.compile(r"[!-~]{1,40}"),  # OpenAI refuses longer ones
    "alnum9": re.compile(r"[a-zA-Z0-9]{9}"),
    "anthropic": re.compile(r"[a-zA-Z0-9_-]{1,64}"),
}
_DIGITS: Final = string.digits + string.ascii_letters


class CallIds:
    """The ids of one request, taken in the order of the conversation.

    No two of them are the same: Anthropic refuses that, and some servers call the first call of
    every answer alike. What follows in a conversation never changes what was taken before.
    """

    def __init__(self, form: CallIdForm) -> None:
        self._form: Final = form
        self._taken: set[str] = set()
        self._hashes: Counter[CallId] = Counter()  # how often each id has been replaced

    def take(self, call: CallId) -> CallId:
        """The id itself where it is legal and free, else one made of it."""
        taken = call
        while taken in self._taken or not LEGAL[self._form].fullmatch(taken):
            taken = CallId(self._hashed(call))
            self._hashes[call] += 1
        self._taken.add(taken)
        return taken

    def _hashed(self, call: CallId) -> str:
        source = f"{self._hashes[call]} {call}".encode(errors="surrogatepass")
        number = int.from_bytes(blake2b(source, digest_size=16).digest())
        digits = "".join(_DIGITS[number // 62**place % 62] for place in range(9))
        return digits if self._form == "alnum9" else f"call_{digits}"


def paired(messages: Iterable[Message], form: CallIdForm) -> list[Message]:
    """The conversation with the results of each answer's calls straight after it, in their order.

    A call without a result gets one that says so. A result without a call, which is illegal
    everywhere, is told in a user's message.
    """
    pairs = _Pairs(form)
    found: list[Message | list[_Asked]] = []
    for message in messages:
        match message:
            case Assistant() if message.calls:
                found += pairs.ask(message)
            case Results(results):
                found += [_told(result) for result in results if not pairs.answer(result)]
            case _:
                found.append(message)
    return [_closed(each) if isinstance(each, list) else each for each in found]


class _Asked(Struct):
    """A call under its new id, and what came of it."""

    call: ToolCall
    result: ToolResult | None = None


class _Pairs:
    """The calls that have no result yet, by the id that their result bears."""

    def __init__(self, form: CallIdForm) -> None:
        self._ids = CallIds(form)
        self._waiting: dict[CallId, deque[_Asked]] = {}

    def ask(self, answer: Assistant) -> tuple[Assistant, list[_Asked]]:
        parts: list[AssistantPart] = []
        asked: list[_Asked] = []
        waiting: dict[CallId, deque[_Asked]] = {}
        for part in answer.parts:
            if isinstance(part, ToolCall):
                asked.append(_Asked(replace(part, id=self._ids.take(part.id))))
                waiting.setdefault(part.id, deque()).append(asked[-1])
                parts.append(asked[-1].call)
            else:
                parts.append(part)
        self._waiting |= waiting  # an id that is used again means the newer call from here on
        return replace(answer, parts=tuple(parts)), asked

    def answer(self, result: ToolResult) -> bool:
        """Whether there was a call for it."""
        waiting = self._waiting.get(result.call)
        if not waiting:
            return False
        waiting.popleft().result = result
        return True


def _closed(asked: Iterable[_Asked]) -> Results:
    return Results(tuple(_outcome(one.call, one.result) for one in asked))


def _outcome(call: ToolCall, result: ToolResult | None) -> ToolResult:
    if result:
        return replace(result, call=call.id, name=call.name)
    return ToolResult(call=call.id, name=call.name, parts=(Text(INTERRUPTED),), is_error=True)


def _told(result: ToolResult) -> User:
    return User((Text(f"Result of the tool {result.name}, without its call:"), *result.parts))
