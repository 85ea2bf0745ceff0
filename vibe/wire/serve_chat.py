"""A request in the form of OpenAI's chat completions, read into vibe's own: for whoever serves it.

What has a wrong form is refused in one sentence that names its place. Members that vibe does not
know are passed over; whom that concerns compares with `PARAMETERS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Annotated, Final, Literal, TypeAlias, assert_never

import msgspec
from msgspec import Meta, Raw, Struct

from vibe.domain.message import (
    Assistant,
    AssistantPart,
    CallId,
    Message,
    Results,
    System,
    Text,
    ToolCall,
    ToolResult,
    User,
    UserPart,
)
from vibe.domain.request import JsonFormat, ModelRequest, OneTool, Tool, ToolChoice
from vibe.wire.complaint import decoded
from vibe.wire.data_url import image_at
from vibe.wire.serving import EFFORTS

AUTO: Final = "auto"  # the pool, and no one model of it


class ChatRequest(Struct, frozen=True, kw_only=True):
    """`model` is the name by which one was asked for; `tells_usage` is for a stream."""

    request: ModelRequest
    model: str = AUTO
    is_streamed: bool = False
    tells_usage: bool = False


class _TextPart(Struct, tag_field="type", tag="text"):
    text: str


class _Refusal(Struct, tag_field="type", tag="refusal"):
    refusal: str


class _ThinkingPart(Struct, tag_field="type", tag="thinking"):
    """Mistral's; only the one who thought can read it, and whose it was is not said."""


class _Url(Struct):
    url: str


class _ImagePart(Struct, tag_field="type", tag="image_url"):
    image_url: _Url | str


_Texts: TypeAlias = str | list[_TextPart]


class _System(Struct, tag_field="role", tag="system"):
    content: _Texts


class _Developer(Struct, tag_field="role", tag="developer"):
    content: _Texts


class _User(Struct, tag_field="role", tag="user"):
    content: str | list[_TextPart | _ImagePart]


class _Function(Struct):
    name: str
    arguments: str


class _Call(Struct, tag_field="type", tag="function"):
    id: str
    function: _Function


class _Assistant(Struct, tag_field="role", tag="assistant"):
    content: str | list[_TextPart | _Refusal | _ThinkingPart] | None = None
    tool_calls: list[_Call] | None = None


class _Returned(Struct, tag_field="role", tag="tool"):
    content: _Texts
    tool_call_id: str


_Message: TypeAlias = _System | _Developer | _User | _Assistant | _Returned


class _Declared(Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Raw] | None = None
    strict: bool | None = None


class _Tool(Struct, tag_field="type", tag="function"):
    function: _Declared


class _Named(Struct):
    name: str


class _OneTool(Struct, tag_field="type", tag="function"):
    function: _Named


class _TextFormat(Struct, tag_field="type", tag="text"):
    pass


class _JsonFormat(Struct, tag_field="type", tag="json_object"):
    pass


class _Schema(Struct):
    name: str
    schema: dict[str, Raw] | None = None
    strict: bool | None = None


class _SchemaFormat(Struct, tag_field="type", tag="json_schema"):
    json_schema: _Schema


class _StreamOptions(Struct):
    include_usage: bool = False


_Count: TypeAlias = Annotated[int, Meta(ge=1)]
_Word: TypeAlias = Literal["auto", "none", "required", "any"]  # the last is Mistral's


class _Body(Struct):
    messages: Annotated[list[_Message], Meta(min_length=1)]
    model: str = AUTO
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    n: Literal[1] | None = None
    temperature: Annotated[float, Meta(ge=0)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    max_tokens: _Count | None = None
    max_completion_tokens: _Count | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    tools: list[_Tool] | None = None
    tool_choice: _Word | _OneTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: _TextFormat | _JsonFormat | _SchemaFormat | None = None
    reasoning_effort: str | None = None
    prompt_cache_key: str | None = None


PARAMETERS: Final = frozenset(_Body.__struct_fields__)
_DECODER: Final = msgspec.json.Decoder(_Body)


def read_chat_request(body: bytes) -> ChatRequest:
    """Raises `UsageError` where it is not of that form."""
    read = decoded(_DECODER, body)
    most = read.max_tokens if read.max_completion_tokens is None else read.max_completion_tokens
    return ChatRequest(
        model=read.model,
        is_streamed=bool(read.stream),
        tells_usage=read.stream_options is not None and read.stream_options.include_usage,
        request=ModelRequest(
            messages=tuple(_messages(read.messages)),
            tools=tuple(_tool(tool.function) for tool in read.tools or ()),
            tool_choice=_tool_choice(read.tool_choice),
            parallel_calls=read.parallel_tool_calls,
            max_output_tokens=most,
            temperature=read.temperature,
            top_p=read.top_p,
            seed=read.seed,
            stop=(read.stop,) if isinstance(read.stop, str) else tuple(read.stop or ()),
            format=_format(read.response_format),
            effort=EFFORTS.get(read.reasoning_effort or ""),
            cache_key=read.prompt_cache_key or "",
        ),
    )


def _messages(messages: Iterable[_Message]) -> Iterator[Message]:
    """The results of the calls of one answer are one message."""
    names: dict[str, str] = {}
    for _, group in groupby(messages, lambda message: isinstance(message, _Returned)):
        results: list[ToolResult] = []
        for message in group:
            match message:
                case _System(content) | _Developer(content):
                    yield System(_text(content))
                case _User(content):
                    yield User(tuple(_user_parts(content)))
                case _Assistant():
                    names |= {call.id: call.function.name for call in message.tool_calls or ()}
                    yield Assistant(parts=tuple(_assistant_parts(message)))
                case _Returned(content, call):
                    name = names.get(call, "")
                    parts = (Text(_text(content)),)
                    results.append(ToolResult(call=CallId(call), name=name, parts=parts))
                case _:
                    assert_never(message)
        if results:
            yield Results(tuple(results))


def _text(content: _Texts) -> str:
    return content if isinstance(content, str) else "\n".join(part.text for part in content)


def _user_parts(content: str | list[_TextPart | _ImagePart]) -> Iterator[UserPart]:
    if isinstance(content, str):
        yield Text(content)
        return
    for part in content:
        if isinstance(part, _TextPart):
            yield Text(part.text)
        else:
            url = part.image_url
            yield image_at(url if isinstance(url, str) else url.url)


def _assistant_parts(message: _Assistant) -> Iterator[AssistantPart]:
    if isinstance(message.content, str):
        yield Text(message.content)
    else:
        for part in message.content or ():
            match part:
                case _TextPart(text) | _Refusal(text):
                    yield Text(text)
                case _ThinkingPart():
                    pass
                case _:
                    assert_never(part)
    for call in message.tool_calls or ():
        name, arguments = call.function.name, call.function.arguments
        yield ToolCall(id=CallId(call.id), name=name, arguments=arguments)


def _tool(declared: _Declared) -> Tool:
    return Tool(
        name=declared.name,
        description=declared.description or "",
        parameters=_json(declared.parameters),
        strict=bool(declared.strict),
    )


def _tool_choice(choice: _Word | _OneTool | None) -> ToolChoice:
    if isinstance(choice, _OneTool):
        return OneTool(choice.function.name)
    return "required" if choice == "any" else choice or "auto"


def _format(format: _TextFormat | _JsonFormat | _SchemaFormat | None) -> JsonFormat | None:
    match format:
        case None | _TextFormat():
            return None
        case _JsonFormat():
            return JsonFormat()
        case _SchemaFormat(_Schema(name, schema, strict)):
            return JsonFormat(name=name, schema=_json(schema), strict=bool(strict))
        case _:
            assert_never(format)


def _json(value: dict[str, Raw] | None) -> str:
    """As text in which the order of the members stays; empty where there is nothing."""
    return "" if value is None else msgspec.json.encode(value).decode()
