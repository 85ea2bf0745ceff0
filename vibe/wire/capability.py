"""What a target can be asked, and about how large a request is.

Told from the configuration and the quirks alone. Whether a conversation still fits into a window is
for the multiplexer to weigh: an estimate is no reason to refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

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
    UserPart,
)
from vibe.domain.request import ModelRequest
from vibe.domain.target import Target
from vibe.wire.forwarding import is_forwarded

BYTES_A_TOKEN: Final = 4
TOKENS_A_PICTURE: Final = 1_500

Part: TypeAlias = UserPart | Thinking | ToolCall


def unable(request: ModelRequest, target: Target) -> str | None:
    """Why this target would be asked in vain, in words that go after its name.

    None: nothing is known against it. Only what the last words of the person came with has to be
    seen: see `misses`.
    """
    if request.original and request.original.is_all and not is_forwarded(request, target):
        return "does not speak as the client does"
    calls = request.tools or any(isinstance(part, ToolCall) for part in _parts(request.messages))
    if calls and target.calls_tools is False:
        return "cannot call tools"
    said = [message for message in request.messages if isinstance(message, User)]
    return _obstacle(_shown(said[-1:]), target)


def misses(request: ModelRequest, target: Target) -> str | None:
    """Why this target may not see all of the conversation, in words that go after its name.

    It can be asked all the same: a picture that a tool brought is told of then, and not shown, and
    of who sees images nobody may have said so.
    """
    shown = _shown(request.messages)
    if obstacle := _obstacle(shown, target):
        return obstacle
    if target.sees_images is None and any(isinstance(part, Image) for part in shown):
        return "is not known to see images"
    return None


def _shown(messages: Iterable[Message]) -> list[Image | Document]:
    return [part for part in _parts(messages) if isinstance(part, Image | Document)]


def _obstacle(shown: Iterable[Image | Document], target: Target) -> str | None:
    return next((found for part in shown if (found := obstacle_to(part, target))), None)


def obstacle_to(part: Image | Document, target: Target) -> str | None:
    """Why this part cannot be shown to the target in any form."""
    quirks = target.quirks
    match part:
        case Image() if not quirks.images or target.sees_images is False:
            return "cannot see images"
        case Image(data=b"") if not quirks.image_urls:
            return "takes no image by its address"
        case Document() if not quirks.documents:
            return "takes no documents"
        case _:
            return None


def estimated_tokens(request: ModelRequest) -> int:
    """About what all that is sent comes to; tokenizers differ by a third to either side."""
    tools = sum(tokens_in(t.name + t.description + t.parameters) for t in request.tools)
    return tokens_in(request.system) + tools + sum(map(weight, _parts(request.messages)))


def _parts(messages: Iterable[Message]) -> Iterator[Part]:
    for message in messages:
        match message:
            case System(text):
                yield Text(text)
            case User(parts) | Assistant(parts=parts):
                yield from parts
            case Results(results):
                yield from (part for result in results for part in result.parts)


def weight(part: Part) -> int:
    match part:
        case Text(text):
            return tokens_in(text)
        case Thinking(text=text, seal=seal):
            return tokens_in(text) + tokens_in(seal)
        case ToolCall(name=name, arguments=arguments):
            return tokens_in(name) + tokens_in(arguments)
        case Image() | Document():
            return TOKENS_A_PICTURE


def tokens_in(text: str) -> int:
    return len(text.encode(errors="replace")) // BYTES_A_TOKEN + 1
