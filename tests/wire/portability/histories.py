"""What each dialect leaves in a conversation: nine histories a producer, of its golden answers.

Azure streams calls and thought as OpenAI and DeepSeek do, whose models it hosts; those of their
answers stand for its own.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from tests.wire.golden import load
from vibe.domain.message import (
    Assistant,
    AssistantPart,
    CallId,
    Image,
    Message,
    Producer,
    Results,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import Backend, ProviderName
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.domain.target import Target
from vibe.wire.presets import quirks_for

PICTURE: Final = Image(media_type="image/png", data=b"\x89PNG")


class Party(Struct, frozen=True, kw_only=True):
    """One who answers and is asked, and the golden files of his answers.

    Pieces of the thought and the seals in them, which go back to him and to nobody else, are his
    `secrets`; `forgotten` are those that his dialect has no place for.
    """

    target: Target
    plain: tuple[str, str]
    call: tuple[str, str]
    calls: tuple[str, str]
    thought: tuple[str, str]
    secrets: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()

    def answer(self, golden: tuple[str, str]) -> Assistant:
        return folded(load(*golden).expected, self.target.producer)


def folded(events: tuple[StreamEvent, ...], producer: Producer) -> Assistant:
    """The answer that these events are the stream of."""
    parts: list[AssistantPart] = []
    for event in events:
        if isinstance(event, CallEnded):
            calls = [at for at, part in enumerate(parts) if isinstance(part, ToolCall)]
            parts[calls[event.call]] = replace(parts[calls[event.call]], seal=event.seal)
        elif parts and (longer := grown(parts[-1], event)):
            parts[-1] = longer
        elif part := begun(event, producer):
            parts.append(part)
    return Assistant(parts=tuple(parts), producer=producer)


def grown(part: AssistantPart, event: StreamEvent) -> AssistantPart | None:
    match part, event:
        case Text(before), TextDelta(text):
            return Text(before + text)
        case Thinking(seal=""), ThinkingDelta(text):
            return replace(part, text=part.text + text)
        case Thinking(seal=""), ThinkingSealed(seal):
            return replace(part, seal=seal)
        case ToolCall(), CallDelta(arguments=arguments):
            return replace(part, arguments=part.arguments + arguments)
        case _:
            return None


def begun(event: StreamEvent, producer: Producer) -> AssistantPart | None:
    match event:
        case TextDelta(text):
            return Text(text)
        case ThinkingDelta(text):
            return Thinking(text=text, producer=producer)
        case ThinkingSealed(seal):
            return Thinking(text="", producer=producer, seal=seal)
        case CallBegan(id=call, name=name):
            return ToolCall(id=CallId(call), name=name, arguments="")
        case _:
            return None


def histories(party: Party) -> dict[str, tuple[Message, ...]]:
    """The cases, each the history of a request that is about to be sent to somebody."""
    plain = party.answer(party.plain)
    call = party.answer(party.call)
    calls = party.answer(party.calls)
    first, second = calls.calls
    asked, next_one = User((Text("What is the weather?"),)), User((Text("And tomorrow?"),))
    sun, rain = Text("sun"), Text("rain")
    return {
        "plain": (asked, plain, next_one),
        "tools": (asked, call, Results((result(call.calls[0], sun),)), plain, next_one),
        "parallel tools": (asked, calls, Results((result(second, rain), result(first, sun)))),
        "thinking": (asked, party.answer(party.thought), next_one),
        "images": (
            User((Text("What is this?"), PICTURE)),
            call,
            Results((result(call.calls[0], Text("a map"), PICTURE),)),
            next_one,
        ),
        "an interrupted call": (asked, calls, Results((result(second, rain),)), next_one),
        "an orphaned result": (asked, plain, Results((result(first, sun),)), next_one),
        "consecutive user messages": (asked, next_one, plain, next_one, User((PICTURE,)), asked),
        "an empty assistant message": (
            asked,
            Assistant(parts=(), producer=party.target.producer),
            next_one,
            Assistant(parts=(Text(" \n"),), producer=party.target.producer),
            asked,
        ),
    }


def result(call: ToolCall, *parts: Text | Image) -> ToolResult:
    return ToolResult(call=call.id, name=call.name, parts=parts)


def target(
    backend: Backend, provider: str, model: str, *, api_base: str = "", thinks: bool | None = None
) -> Target:
    return Target(
        provider=ProviderName(provider),
        model=model,
        backend=backend,
        quirks=quirks_for(api_base, backend, model=model),
        sees_images=True,
        thinks=thinks,
    )


PARTIES: Final[dict[Backend, Party]] = {
    "generic": Party(
        target=target(
            "generic",
            "openrouter",
            "google/gemini-3-pro-preview",
            api_base="https://openrouter.ai/api/v1",
        ),
        plain=("openai", "text"),
        call=("openrouter", "encrypted_with_call"),
        calls=("gemini", "calls_without_index"),
        thought=("openrouter", "reasoning_details"),
        secrets=("Et0BCkgIChAC", "CiQB0e2Kb2", "EjQKMgEMOdbH", "This is easy."),
    ),
    "mistral": Party(
        target=target("mistral", "mistral", "magistral-medium-latest"),
        plain=("mistral", "text"),
        call=("mistral", "call_without_index"),
        calls=("mistral", "body_two_calls"),
        thought=("mistral", "reasoning_in_chunks"),
        secrets=("Okay, 2+2.",),
    ),
    "anthropic": Party(
        target=target("anthropic", "anthropic", "claude-sonnet-4-20250514", thinks=True),
        plain=("anthropic", "text"),
        call=("anthropic", "tool"),
        calls=("anthropic", "parallel_calls"),
        thought=("anthropic", "thinking"),
        secrets=("EvMCCkYICxgCKkCHP2cS", "This is a straightforward question"),
    ),
    "responses": Party(
        target=target("responses", "openai", "gpt-5-2025-08-07", thinks=True),
        plain=("responses", "openai_text"),
        call=("responses", "openai_sealed_call"),
        calls=("responses", "llamacpp_calls_body"),
        thought=("responses", "openai_summary_parts"),
        secrets=("rs_1", "sealed-2", "Providing street crossing", "Let me see."),
    ),
    "azure": Party(
        target=target("azure", "azure", "gpt-4o"),
        plain=("azure", "body_text"),
        call=("openai", "call_in_fragments"),
        calls=("openai", "parallel_calls"),
        thought=("deepseek", "reasoning"),
        forgotten=("Hmm",),
    ),
}
