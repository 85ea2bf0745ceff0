"""The pass over a request before each attempt: what one model left, in a form that another takes.

The conversation that is kept never changes; what is made here is for one attempt at one target.
Nothing that a person or a tool said is lost on the way. How parameters are called, and JSON, are
the codecs' own affair. What every codec can rely on in a request that was fitted:
- the first message is a user's, and the last is no answer but where the target goes on from it;
- no two messages of one role follow each other, none is empty, and no text is blank;
- the results of an answer's calls stand straight after it, one a call and in their order; the ids
  are legal, and no two calls have the same;
- thought and seals are the target's own, or made up where the target wants some;
- the temperature is one that the target takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from msgspec.structs import replace

from vibe.domain.message import (
    Assistant,
    Message,
    Results,
    System,
    Text,
    Thinking,
    ToolResult,
    User,
    UserPart,
)
from vibe.domain.model import Backend
from vibe.domain.request import ModelRequest, Tool
from vibe.domain.target import Target
from vibe.wire.calls import paired
from vibe.wire.capability import estimated_tokens
from vibe.wire.forwarding import is_forwarded
from vibe.wire.portable_parts import portable, sendable

BEGIN: Final = User((Text("Begin."),))
BETWEEN: Final = Assistant(parts=(Text("OK."),))
SHOWN_BELOW: Final = "(shown below)"
GO_ON: Final = """\
Your answer was cut off. It ended with:

{end}

Go on from exactly there. Repeat nothing of it, and say nothing about the interruption."""
QUOTED_CHARS: Final = 200

LEAST_ROOM: Final = 1_024  # is asked for even where the window seems full: it is an estimate
MOST_UNASKED: Final = 32_000  # no codec by itself asks for a longer answer

RESULTS_HOLD_ANYTHING: Final[frozenset[Backend]] = frozenset({"anthropic", "responses"})


def fitted(request: ModelRequest, target: Target) -> ModelRequest:
    """The same request as this target takes it. Fitting it again changes nothing."""
    if is_forwarded(request, target):
        return request
    offered = {tool.name for tool in request.tools}
    messages = [
        fit for message in request.messages if (fit := portable(message, target, offered=offered))
    ]
    opening = list(_opening(messages))
    messages = _instructed(messages[len(opening) :], target)
    messages = _unpacked(paired(messages, target.quirks.call_ids), target)
    messages = _begun(_spaced(_merged(messages), target))
    messages = _ended([_reasoned(message, target) for message in messages], target)
    fit = replace(
        request,
        original=None,
        messages=tuple(messages),
        tools=tuple(_told(tool) for tool in request.tools),
        system="\n\n".join(text for text in (sendable(request.system), *opening) if text.strip()),
        temperature=_temperature(request, target),
    )
    return replace(fit, max_output_tokens=_bound(fit, target))


def continued(request: ModelRequest, part: str, target: Target) -> ModelRequest:
    """The request, fitted, for the rest of an answer to it of which `part` was received.

    Where the target cannot go on from the part itself, which no model that thinks can, its end is
    quoted and the rest asked for from exactly there.
    """
    match request.messages:
        case (*before, Assistant(parts=(*parts, Text(text))) as begun) if not begun.calls:
            answer = replace(begun, parts=(*parts, Text(text + part)))
        case before:
            answer = Assistant(parts=(Text(part),))
    return fitted(replace(request, original=None, messages=(*before, answer)), target)


def _told(tool: Tool) -> Tool:
    """Its server may have written anything."""
    description, parameters = sendable(tool.description), sendable(tool.parameters)
    return replace(tool, description=description, parameters=parameters)


def _opening(messages: Iterable[Message]) -> Iterator[str]:
    """What is said to the model before anybody speaks."""
    for message in messages:
        if not isinstance(message, System):
            return
        yield message.text


def _instructed(messages: Iterable[Message], target: Target) -> Iterator[Message]:
    for message in messages:
        if isinstance(message, System) and not target.quirks.mid_system:
            yield User((Text(f"Message from the system:\n{message.text}"),))
        else:
            yield message


def _merged(messages: Iterable[Message]) -> list[Message]:
    merged: list[Message] = []
    for message in messages:
        if merged and (both := _joined(merged[-1], message)):
            merged[-1] = both
        else:
            merged.append(message)
    return merged


def _joined(first: Message, second: Message) -> Message | None:
    match first, second:
        case System(), System():
            return System(f"{first.text}\n\n{second.text}")
        case User(), User():
            return User(first.parts + second.parts)
        case Assistant(), Assistant():
            # Only the target itself is still named as a producer, for the sake of its seals.
            producer = first.producer or second.producer
            return Assistant(parts=first.parts + second.parts, producer=producer)
        case _:
            return None


def _unpacked(messages: Iterable[Message], target: Target) -> Iterator[Message]:
    """Images and documents out of results, where these hold text alone."""
    for message in messages:
        if not isinstance(message, Results) or target.backend in RESULTS_HOLD_ANYTHING:
            yield message
            continue
        yield Results(tuple(_in_words(result) for result in message.results))
        if shown := tuple(part for result in message.results for part in _beside_words(result)):
            yield User(shown)


def _in_words(result: ToolResult) -> ToolResult:
    texts = tuple(part for part in result.parts if isinstance(part, Text))
    return replace(result, parts=texts or (Text(SHOWN_BELOW),))


def _beside_words(result: ToolResult) -> tuple[UserPart, ...]:
    shown = tuple(part for part in result.parts if not isinstance(part, Text))
    return (Text(f"From the tool {result.name}:"), *shown) if shown else ()


def _spaced(messages: list[Message], target: Target) -> list[Message]:
    if target.quirks.user_after_tool:
        return messages
    spaced: list[Message] = []
    for message in messages:
        if spaced and isinstance(spaced[-1], Results) and not isinstance(message, Assistant):
            spaced.append(BETWEEN)
        spaced.append(message)
    return spaced


def _begun(messages: list[Message]) -> list[Message]:
    is_begun = bool(messages) and isinstance(messages[0], User)
    return messages if is_begun else [BEGIN, *messages]


def _reasoned(message: Message, target: Target) -> Message:
    """With thought made up for an answer that has none, where one without is refused."""
    if not target.quirks.thinking_required or target.thinks is False:
        return message
    if not isinstance(message, Assistant) or any(isinstance(p, Thinking) for p in message.parts):
        return message
    thought = Thinking(text=_reason(message), producer=target.producer)
    return replace(message, parts=(thought, *message.parts))


def _reason(answer: Assistant) -> str:
    """Another for each answer: DeepSeek's models take up what is the same in all, and then say
    nothing else (Lingtai-AI/lingtai-kernel, issue 9, May 2026)."""
    calls = (f"I call {call.name} with {call.arguments}" for call in answer.calls)
    texts = (f"I answer: {part.text}" for part in answer.parts if isinstance(part, Text))
    return next(chain(calls, texts), "")[:QUOTED_CHARS]


def _ended(messages: list[Message], target: Target) -> list[Message]:
    last = messages[-1]
    if not isinstance(last, Assistant):
        return messages
    if goes_on(target):
        said = tuple(part for part in last.parts if not isinstance(part, Thinking))
        return [*messages[:-1], replace(last, parts=said)]
    end = "".join(part.text for part in last.parts if isinstance(part, Text))[-QUOTED_CHARS:]
    return [*messages, User((Text(GO_ON.format(end=end)),))]


def goes_on(target: Target) -> bool:
    """Whether the target goes on from the beginning of an answer, if it is the last message."""
    by_dialect = target.quirks.prefill or target.quirks.prefix_flag
    return not target.thinks and (by_dialect if target.prefills is None else target.prefills)


def _temperature(request: ModelRequest, target: Target) -> float | None:
    wanted = target.temperature if request.temperature is None else request.temperature
    if wanted is None:
        return None
    return min(max(wanted, target.quirks.min_temperature), target.quirks.max_temperature)


def _bound(request: ModelRequest, target: Target) -> int | None:
    """The longest answer to ask for; None leaves it to the codec, or to the provider."""
    named = [n for n in (request.max_output_tokens, target.max_output_tokens) if n is not None]
    if target.context_window is not None:
        room = max(target.context_window - estimated_tokens(request), LEAST_ROOM)
        if named or (target.quirks.max_tokens_required and room < MOST_UNASKED):
            named.append(room)
    return max(1, min(named)) if named else None
