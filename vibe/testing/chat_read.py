"""What a request in the form of OpenAI's chat completions asks for; Azure's and Mistral's as well.

Written from the vendors' references, not from vibe's own codecs, which are tested against it:
platform.openai.com/docs/api-reference/chat, learn.microsoft.com/azure/ai-services/openai/reference
and docs.mistral.ai/api. What a vendor would refuse for its order is judged in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from vibe.domain.message import (
    Assistant,
    AssistantPart,
    CallId,
    Document,
    Image,
    Message,
    Producer,
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
from vibe.domain.request import Tool
from vibe.testing.exchange import CLIENT, Asked, joined


class _Url(Struct):
    url: str


class _File(Struct):
    file_data: str = ""
    filename: str = ""


class _Part(Struct):
    """A typed chunk of content, of any type."""

    type: str
    text: str = ""
    image_url: _Url | str | None = None
    file: _File | None = None
    thinking: list[_Part] = []
    signature: str = ""


class _Function(Struct):
    name: str
    arguments: str


class _Call(Struct):
    id: str
    function: _Function


class _Message(Struct):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str = ""
    name: str | None = None
    prefix: bool | None = None


class _ChatMessage(_Message):
    """With the names under which thinking is sent back to those who are compatible."""

    reasoning_content: str | None = None
    reasoning: str | None = None


class _MistralMessage(_Message, forbid_unknown_fields=True):
    """With no field besides: Mistral refuses them here as well."""


class _Declared(Struct):
    name: str
    description: str = ""
    parameters: Raw = Raw(b"{}")
    strict: bool | None = None


class _Tool(Struct):
    type: Literal["function"]
    function: _Declared


class _StreamOptions(Struct):
    include_usage: bool = False


class _Body(Struct):
    model: str
    messages: list[_ChatMessage]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    tools: list[_Tool] | None = None


class _MistralBody(Struct, forbid_unknown_fields=True):
    """All fields that Mistral knows; it refuses any other."""

    model: str
    messages: list[_MistralMessage]
    stream: bool | None = None
    tools: list[_Tool] | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: str | list[str] | None = None
    random_seed: int | None = None
    metadata: Raw | None = None
    response_format: Raw | None = None
    tool_choice: Literal["auto", "none", "any", "required"] | _Tool | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    n: int | None = None
    prediction: Raw | None = None
    parallel_tool_calls: bool | None = None
    prompt_mode: str | None = None
    reasoning_effort: str | None = None
    prompt_cache_key: str | None = None
    guardrails: Raw | None = None
    safe_prompt: bool | None = None


def read_chat(body: bytes, dialect: Backend) -> Asked:
    """Raises msgspec's errors where the body is not of the form that the vendor documents."""
    form = _MistralBody if dialect == "mistral" else _Body
    asked = msgspec.json.decode(body, type=form)
    wants_usage = True
    if isinstance(asked, _Body):
        wants_usage = asked.stream_options is not None and asked.stream_options.include_usage
    system, rest = _front(asked.messages)
    return Asked(
        dialect=dialect,
        model=asked.model,
        stream=bool(asked.stream),
        wants_usage=wants_usage,
        system=system,
        messages=joined(_messages(rest, asked.model), answers=False),
        tools=tuple(_tool(tool.function) for tool in asked.tools or []),
        prefix=bool(rest and rest[-1].prefix),
    )


def _front(messages: Sequence[_Message]) -> tuple[str, Sequence[_Message]]:
    """The instructions before anything else, as one text, and the rest."""
    texts: list[str] = []
    for number, message in enumerate(messages):
        if message.role not in {"system", "developer"}:
            return "\n\n".join(texts), messages[number:]
        texts.append(_text(message))
    return "\n\n".join(texts), []


def _messages(messages: Iterable[_Message], model: str) -> Iterator[Message]:
    names: dict[str, str] = {}
    for message in messages:
        match message.role:
            case "user":
                yield User(tuple(_user_parts(message)))
            case "assistant":
                names |= {each.id: each.function.name for each in message.tool_calls or []}
                yield _assistant(message, model)
            case "tool":
                yield Results((_result(message, names),))
            case "system" | "developer":
                yield System(_text(message))


def _assistant(message: _Message, model: str) -> Assistant:
    producer = Producer(provider=CLIENT, model=model)
    parts: list[AssistantPart] = []
    thought = ""
    if isinstance(message, _ChatMessage):
        thought = message.reasoning_content or message.reasoning or ""
    signature = ""
    for part in message.content if isinstance(message.content, list) else []:
        if part.type == "thinking":
            thought += "".join(each.text for each in part.thinking)
            signature = part.signature
    if thought or signature:
        parts.append(Thinking(text=thought, producer=producer, seal=signature))
    if text := _text(message):
        parts.append(Text(text))
    for each in message.tool_calls or []:
        function = each.function
        parts.append(ToolCall(id=CallId(each.id), name=function.name, arguments=function.arguments))
    return Assistant(parts=tuple(parts), producer=producer)


def _result(message: _Message, names: dict[str, str]) -> ToolResult:
    return ToolResult(
        call=CallId(message.tool_call_id),
        name=names.get(message.tool_call_id, ""),
        parts=(Text(_text(message)),),
    )


def _user_parts(message: _Message) -> list[UserPart]:
    if not isinstance(message.content, list):
        return [Text(message.content or "")]
    parts: list[UserPart] = []
    for part in message.content:
        match part.type:
            case "image_url":
                image = part.image_url
                parts.append(Image(url=image.url if isinstance(image, _Url) else image or ""))
            case "file":
                name = part.file.filename if part.file else ""
                parts.append(Document(media_type="application/pdf", data=b"", name=name))
            case _:
                parts.append(Text(part.text))
    return parts


def _tool(declared: _Declared) -> Tool:
    return Tool(
        name=declared.name,
        description=declared.description,
        parameters=bytes(declared.parameters).decode(),
        strict=bool(declared.strict),
    )


def _text(message: _Message) -> str:
    if not isinstance(message.content, list):
        return message.content or ""
    return "\n".join(part.text for part in message.content if part.type == "text")
