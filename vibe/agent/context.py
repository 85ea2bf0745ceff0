"""What fills a model's window: a request taken apart, in estimates that sum up to that of it all.

Pure. Which part of a message is what, is told by how vibe itself begins those that it writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from msgspec import Struct

from vibe.domain.message import (
    Assistant,
    Document,
    Image,
    Message,
    Results,
    System,
    Text,
    Thinking,
    ToolCall,
    User,
)
from vibe.domain.request import ModelRequest
from vibe.wire.capability import Part, tokens_in, weight

SYSTEM: Final = "system prompt"
TOOLS: Final = "tools"
AROUND: Final = "surroundings"
INSTRUCTIONS: Final = "instructions"
SUMMARY: Final = "summary of earlier"
YOURS: Final = "your messages"
FILES: Final = "files you attached"
PICTURES: Final = "pictures, documents"
ANSWERS: Final = "answers"
THOUGHTS: Final = "thinking"
CALLS: Final = "calls"
_ORDER: Final = (
    SYSTEM, TOOLS, AROUND, INSTRUCTIONS, SUMMARY, YOURS, FILES, PICTURES, ANSWERS, THOUGHTS, CALLS,
)  # fmt: skip
_BEGINNINGS: Final = (
    ("<instructions ", INSTRUCTIONS),
    ("<summary>", SUMMARY),
    ("<last-message>", SUMMARY),
    ("</last-message>", SUMMARY),
    ("<file ", FILES),
)
_AROUND_ENDS: Final = "</surroundings>\n"

Counted: TypeAlias = tuple[str, int]


class Share(Struct, frozen=True, kw_only=True):
    """Of one kind: about so many tokens, in `count` pieces."""

    name: str
    tokens: int
    count: int


def shares(request: ModelRequest) -> tuple[Share, ...]:
    """In the order in which they are sent; then the results of the tools, the largest first."""
    by_name: dict[str, Share] = {}
    for name, tokens in _counted(request):
        known = by_name.get(name, Share(name=name, tokens=0, count=0))
        by_name[name] = Share(name=name, tokens=known.tokens + tokens, count=known.count + 1)
    first = [by_name.pop(name) for name in _ORDER if name in by_name]
    return (*first, *sorted(by_name.values(), key=lambda each: -each.tokens))


def _counted(request: ModelRequest) -> Iterator[Counted]:
    yield SYSTEM, tokens_in(request.system)
    for tool in request.tools:
        yield TOOLS, tokens_in(tool.name + tool.description + tool.parameters)
    for message in request.messages:
        yield from _of_message(message)


def _of_message(message: Message) -> Iterator[Counted]:
    match message:
        case System(text):
            yield INSTRUCTIONS, tokens_in(text)
        case User(parts):
            for part in parts:
                yield from _of_part(part, YOURS)
        case Assistant(parts=parts):
            for part in parts:
                is_text = isinstance(part, Text)
                yield (ANSWERS, weight(part)) if is_text else next(_of_part(part, ANSWERS))
        case Results(results):
            for result in results:
                for part in result.parts:
                    yield from _of_part(part, f"results of {result.name}")


def _of_part(part: Part, otherwise: str) -> Iterator[Counted]:
    match part:
        case Text(text) if text.startswith("<surroundings>"):
            around, _, rest = text.partition(_AROUND_ENDS)
            told = tokens_in(around) if rest.strip() else weight(part)
            yield AROUND, told
            if rest.strip():
                yield INSTRUCTIONS, weight(part) - told
        case Text(text):
            names = (name for beginning, name in _BEGINNINGS if text.startswith(beginning))
            yield next(names, otherwise), weight(part)
        case Image() | Document():
            yield PICTURES, weight(part)
        case Thinking():
            yield THOUGHTS, weight(part)
        case ToolCall():
            yield CALLS, weight(part)
