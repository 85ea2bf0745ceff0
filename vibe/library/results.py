"""Answers under the names by which the OpenAI SDK's are read: whole ones, and their chunks.

Frozen values; lists of theirs are tuples here. What goes beyond the SDK's: `endpoint`, who answered
(of several, who had the last word), and whether the usage `is_estimated`.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from vibe.domain.answer import Answer
from vibe.domain.message import Text, Thinking, ToolCall
from vibe.domain.stream import StopReason

FinishReason: TypeAlias = Literal["stop", "length", "tool_calls"]

FINISH: Final[dict[StopReason, FinishReason]] = {
    "end": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "calls": "tool_calls",
}


class Function(Struct, frozen=True, kw_only=True):
    name: str
    arguments: str


class ChatCompletionMessageToolCall(Struct, frozen=True, kw_only=True):
    id: str
    function: Function
    type: Literal["function"] = "function"


class ChatCompletionMessage(Struct, frozen=True, kw_only=True):
    """May be put into the `messages` of the next call as it is."""

    content: str | None = None
    tool_calls: tuple[ChatCompletionMessageToolCall, ...] | None = None
    reasoning_content: str | None = None
    refusal: None = None
    role: Literal["assistant"] = "assistant"


class Choice(Struct, frozen=True, kw_only=True):
    message: ChatCompletionMessage
    finish_reason: FinishReason
    index: int = 0
    logprobs: None = None


class PromptTokensDetails(Struct, frozen=True, kw_only=True):
    cached_tokens: int | None = None


class CompletionTokensDetails(Struct, frozen=True, kw_only=True):
    reasoning_tokens: int | None = None


class CompletionUsage(Struct, frozen=True, kw_only=True):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails
    completion_tokens_details: CompletionTokensDetails
    is_estimated: bool = False


class ChatCompletion(Struct, frozen=True, kw_only=True):
    id: str
    created: int
    model: str
    endpoint: str
    choices: tuple[Choice, ...]
    usage: CompletionUsage
    object: Literal["chat.completion"] = "chat.completion"


class ChoiceDeltaToolCall(Struct, frozen=True, kw_only=True):
    index: int
    id: str
    function: Function
    type: Literal["function"] = "function"


class ChoiceDelta(Struct, frozen=True, kw_only=True):
    content: str | None = None
    role: Literal["assistant"] | None = None
    tool_calls: tuple[ChoiceDeltaToolCall, ...] | None = None
    reasoning_content: str | None = None
    refusal: None = None


class ChunkChoice(Struct, frozen=True, kw_only=True):
    delta: ChoiceDelta
    finish_reason: FinishReason | None = None
    index: int = 0
    logprobs: None = None


class ChatCompletionChunk(Struct, frozen=True, kw_only=True):
    """Without choices it is the last, and tells the usage."""

    id: str
    created: int
    model: str
    endpoint: str
    choices: tuple[ChunkChoice, ...]
    usage: CompletionUsage | None = None
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"


def completion_of(answer: Answer, *, id: str, created: int) -> ChatCompletion:
    choice = Choice(message=_message(answer), finish_reason=FINISH[answer.reason])
    last = answer.pieces[-1]
    return ChatCompletion(
        id=id,
        created=created,
        model=last.producer.model,
        endpoint=last.alias,
        choices=(choice,),
        usage=usage_of(answer),
    )


def _message(answer: Answer) -> ChatCompletionMessage:
    texts = [part.text for part in answer.parts if isinstance(part, Text)]
    thoughts = [part.text for part in answer.parts if isinstance(part, Thinking) and part.text]
    calls = tuple(
        ChatCompletionMessageToolCall(id=call.id, function=function_of(call))
        for call in answer.calls
    )
    return ChatCompletionMessage(
        content="".join(texts) if texts else None,
        tool_calls=calls or None,
        reasoning_content="\n\n".join(thoughts) or None,
    )


def function_of(call: ToolCall) -> Function:
    return Function(name=call.name, arguments=call.arguments or "{}")


def usage_of(answer: Answer) -> CompletionUsage:
    usage = answer.usage
    sent, written = usage.input or 0, usage.output or 0
    return CompletionUsage(
        prompt_tokens=sent,
        completion_tokens=written,
        total_tokens=sent + written,
        prompt_tokens_details=PromptTokensDetails(cached_tokens=usage.cached_read),
        completion_tokens_details=CompletionTokensDetails(reasoning_tokens=usage.reasoning),
        is_estimated=answer.is_estimated,
    )
