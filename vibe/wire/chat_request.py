"""What is sent to an endpoint of the form of OpenAI's chat completions.

The same request gives the same bytes, because providers cache by prefix. How providers differ is
asked of the target's quirks alone; a parameter that its quirks do not know is left out. The request
has been fitted to the target: what a message may hold, and which may follow which, is settled.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias, TypeVar, assert_never

import msgspec
from msgspec import Raw, Struct

from vibe.domain.message import (
    Assistant,
    Document,
    Image,
    Results,
    System,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
    UserPart,
)
from vibe.domain.quirks import Quirks, ThinkingForm
from vibe.domain.request import JsonFormat, ModelRequest, OneTool, Tool
from vibe.domain.target import Target

DEFAULT_MAX_TOKENS: Final = 8_192  # where a bound has to be sent and nobody named one
NO_PARAMETERS: Final = '{"type":"object","properties":{}}'

_T = TypeVar("_T")
_DETAILS: Final = msgspec.json.Decoder(list[Raw])
_EXTRA: Final = msgspec.json.Decoder(dict[str, Raw])


class _TextPart(Struct, tag_field="type", tag="text"):
    text: str


class _Url(Struct):
    url: str


class _ImagePart(Struct, tag_field="type", tag="image_url"):
    image_url: _Url


class _File(Struct, omit_defaults=True):
    file_data: str
    filename: str = ""


class _FilePart(Struct, tag_field="type", tag="file"):
    file: _File


class _ThinkingPart(Struct, tag_field="type", tag="thinking", omit_defaults=True):
    thinking: list[_TextPart]
    signature: str = ""


_Part: TypeAlias = _TextPart | _ImagePart | _FilePart | _ThinkingPart


class _Function(Struct):
    name: str
    arguments: str


class _Call(Struct, tag_field="type", tag="function", omit_defaults=True):
    id: str
    function: _Function
    extra_content: dict[str, Raw] | None = None


class _Message(Struct, omit_defaults=True):
    role: str
    content: str | list[_Part] | None
    reasoning: str = ""
    reasoning_content: str = ""
    reasoning_details: list[Raw] = []
    tool_calls: list[_Call] = []
    tool_call_id: str = ""
    name: str = ""
    prefix: bool = False


class _Declared(Struct, omit_defaults=True):
    name: str
    parameters: Raw
    description: str = ""
    strict: bool = False


class _Tool(Struct, tag_field="type", tag="function"):
    function: _Declared


class _Named(Struct):
    name: str


class _Choice(Struct, tag_field="type", tag="function"):
    function: _Named


class _Schema(Struct, omit_defaults=True):
    name: str
    schema: Raw
    strict: bool = False


class _Format(Struct, omit_defaults=True):
    type: str
    json_schema: _Schema | None = None


class _StreamOptions(Struct):
    include_usage: bool = True


class _Body(Struct, omit_defaults=True):
    model: str
    messages: list[_Message]
    stream: bool
    stream_options: _StreamOptions | None = None
    tools: list[_Tool] = []
    tool_choice: str | _Choice | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    random_seed: int | None = None
    stop: tuple[str, ...] = ()
    response_format: _Format | None = None
    reasoning_effort: str | None = None
    prompt_cache_key: str = ""


def encode_body(request: ModelRequest, target: Target) -> bytes:
    quirks = target.quirks
    body = _Body(
        model=target.model,
        messages=_messages(request, quirks),
        stream=request.stream,
        stop=request.stop,
        response_format=_format(request.format, quirks) if request.format else None,
        reasoning_effort=request.effort if quirks.effort else None,
        prompt_cache_key=request.cache_key if quirks.cache_key else "",
    )
    if request.stream and quirks.stream_options:
        body.stream_options = _StreamOptions()
    if request.tools:
        _offer_tools(body, request, quirks)
    _bound(body, request, quirks)
    _sample(body, request, quirks)
    return msgspec.json.encode(body)


def _offer_tools(body: _Body, request: ModelRequest, quirks: Quirks) -> None:
    body.tools = [_tool(tool) for tool in request.tools]
    match request.tool_choice:
        case "auto":
            pass
        case "required":
            body.tool_choice = quirks.required_word
        case "none":
            body.tool_choice = "none"
        case OneTool(name):
            body.tool_choice = _Choice(_Named(name))
    if quirks.parallel_calls:
        body.parallel_tool_calls = request.parallel_calls


def _bound(body: _Body, request: ModelRequest, quirks: Quirks) -> None:
    most = request.max_output_tokens
    if most is None and quirks.max_tokens_required:
        most = DEFAULT_MAX_TOKENS
    if quirks.max_tokens_key == "max_tokens":
        body.max_tokens = most
    else:
        body.max_completion_tokens = most


def _sample(body: _Body, request: ModelRequest, quirks: Quirks) -> None:
    if quirks.sampling:
        body.temperature = request.temperature
        body.top_p = request.top_p
    if quirks.seed_key == "seed":
        body.seed = request.seed
    elif quirks.seed_key == "random_seed":
        body.random_seed = request.seed


def _tool(tool: Tool) -> _Tool:
    return _Tool(
        _Declared(
            name=tool.name,
            parameters=Raw(tool.parameters or NO_PARAMETERS),
            description=tool.description,
            strict=tool.strict,
        )
    )


def _format(format: JsonFormat, quirks: Quirks) -> _Format:
    if not format.schema or not quirks.json_schema:
        return _Format("json_object")
    schema = _Schema(name=format.name, schema=Raw(format.schema), strict=format.strict)
    return _Format("json_schema", schema)


def _messages(request: ModelRequest, quirks: Quirks) -> list[_Message]:
    encoded: list[_Message] = []
    if request.system:
        encoded.append(_Message(role="system", content=request.system))
    for message in request.messages:
        match message:
            case System(text):
                encoded.append(_Message(role="system", content=text))
            case User(parts):
                encoded.append(_Message(role="user", content=_content(parts)))
            case Assistant():
                encoded.append(_answer(message, quirks.thinking))
            case Results(results):
                encoded += [_result(result, quirks) for result in results]
            case _:
                assert_never(message)
    if quirks.prefix_flag and encoded and encoded[-1].role == "assistant":
        encoded[-1].prefix = True
    return encoded


def _result(result: ToolResult, quirks: Quirks) -> _Message:
    return _Message(
        role="tool",
        content=_text(result.parts),
        tool_call_id=result.call,
        name=result.name if quirks.tool_names else "",
    )


def _answer(message: Assistant, form: ThinkingForm) -> _Message:
    calls = [_call(call) for call in message.calls]
    text = _text(message.parts)
    encoded = _Message(role="assistant", content=text, tool_calls=calls)
    if calls and not text:
        encoded.content = None
    thoughts = [part for part in message.parts if isinstance(part, Thinking)]
    thought_text = "\n\n".join(thought.text for thought in thoughts if thought.text)
    match form:
        case "none":
            pass
        case "reasoning_content":
            encoded.reasoning_content = thought_text
        case "reasoning":
            encoded.reasoning = thought_text
            encoded.reasoning_details = [
                detail for thought in thoughts for detail in _unsealed(thought.seal, _DETAILS) or ()
            ]
        case "chunks" if thoughts:
            chunks: list[_Part] = [
                _ThinkingPart([_TextPart(thought.text)], thought.seal) for thought in thoughts
            ]
            encoded.content = [*chunks, _TextPart(text)] if text else chunks
        case "chunks":
            pass
    return encoded


def _call(call: ToolCall) -> _Call:
    return _Call(
        id=call.id,
        function=_Function(name=call.name, arguments=call.arguments or "{}"),
        extra_content=_unsealed(call.seal, _EXTRA),
    )


def _unsealed(seal: str, form: msgspec.json.Decoder[_T]) -> _T | None:
    """What is in a seal; None where it has another form, as that of another dialect."""
    try:
        return form.decode(seal) if seal else None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None


def _content(parts: Sequence[UserPart]) -> str | list[_Part]:
    """Text alone goes as one string: some servers know no other form."""
    if all(isinstance(part, Text) for part in parts):
        return _text(parts)
    return [_part(part) for part in parts]


def _part(part: UserPart) -> _Part:
    match part:
        case Text(text):
            return _TextPart(text)
        case Image():
            return _ImagePart(_Url(part.url or _data_url(part.media_type, part.data)))
        case Document():
            return _FilePart(_File(_data_url(part.media_type, part.data), part.name))
        case _:
            assert_never(part)


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{b2a_base64(data, newline=False).decode('ascii')}"


def _text(parts: Iterable[object]) -> str:
    return "\n\n".join(part.text for part in parts if isinstance(part, Text))
