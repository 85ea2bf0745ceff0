"""The other side of Anthropic's Messages API: a request read, an answer written, streamed or whole.

Written from docs.anthropic.com/en/api/messages and .../messages-streaming, not from vibe's own
codec, which is tested against it. What Anthropic would refuse for its order is judged in
`rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias

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
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
    UserPart,
)
from vibe.domain.request import Tool
from vibe.testing.exchange import (
    CLIENT,
    Answer,
    Asked,
    Call,
    Finish,
    Stream,
    digest,
    fragments,
    pieces,
    tokens_of,
)

Json: TypeAlias = dict[str, object]

_FINISH: Final[dict[Finish, str]] = {
    "end": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "calls": "tool_use",
    "refused": "refusal",
}


class _Source(Struct):
    type: str
    media_type: str = ""
    data: str = ""
    url: str = ""


class _Block(Struct):
    """A block of content, of any type."""

    type: str
    text: str = ""
    source: _Source | None = None
    title: str | None = None
    thinking: str = ""
    signature: str = ""
    data: str = ""
    id: str = ""
    name: str = ""
    input: dict[str, Raw] = {}
    tool_use_id: str = ""
    content: str | list[_Block] = ""
    is_error: bool | None = None


class _Turn(Struct):
    role: Literal["user", "assistant"]
    content: str | list[_Block]


class _Tool(Struct):
    name: str
    input_schema: Raw = Raw(b"{}")
    description: str = ""


class _Counted(Struct):
    """What is asked of count_tokens; it refuses what a request for an answer needs beside it."""

    model: str
    messages: list[_Turn]
    system: str | list[_Block] = ""
    tools: list[_Tool] = []


class _Body(_Counted, kw_only=True):
    max_tokens: int
    stream: bool = False


def read_messages(body: bytes) -> Asked:
    """Raises msgspec's errors where the body is not of the documented form."""
    asked = msgspec.json.decode(body, type=_Body)
    return _asked(asked, stream=asked.stream)


def read_count(body: bytes) -> Asked:
    return _asked(msgspec.json.decode(body, type=_Counted), stream=False)


def _asked(asked: _Counted, *, stream: bool) -> Asked:
    names = {
        block.id: block.name
        for turn in asked.messages
        for block in _blocks(turn.content)
        if block.type == "tool_use"
    }
    return Asked(
        dialect="anthropic",
        model=asked.model,
        stream=stream,
        system=_text(asked.system),
        messages=tuple(
            message for turn in asked.messages for message in _messages(turn, asked.model, names)
        ),
        tools=tuple(
            Tool(
                name=tool.name,
                description=tool.description,
                parameters=bytes(tool.input_schema).decode(),
            )
            for tool in asked.tools
        ),
    )


def _messages(turn: _Turn, model: str, names: dict[str, str]) -> Iterator[Message]:
    """The messages that one turn holds: results of tools stand in one of the user's."""
    blocks = _blocks(turn.content)
    match turn.role:
        case "assistant":
            producer = Producer(provider=CLIENT, model=model)
            parts = tuple(part for block in blocks for part in _said(block, producer))
            yield Assistant(parts=parts, producer=producer)
        case "user":
            results = tuple(_result(each, names) for each in blocks if each.type == "tool_result")
            if results:
                yield Results(results)
            rest = tuple(_user_part(each) for each in blocks if each.type != "tool_result")
            if rest or not results:
                yield User(rest)


def _said(block: _Block, producer: Producer) -> Iterator[AssistantPart]:
    match block.type:
        case "text":
            yield Text(block.text)
        case "thinking":
            yield Thinking(text=block.thinking, producer=producer, seal=block.signature)
        case "redacted_thinking":
            yield Thinking(text="", producer=producer, seal=block.data)
        case "tool_use":
            arguments = msgspec.json.encode(block.input).decode()
            yield ToolCall(id=CallId(block.id), name=block.name, arguments=arguments)
        case _:
            pass


def _result(block: _Block, names: dict[str, str]) -> ToolResult:
    return ToolResult(
        call=CallId(block.tool_use_id),
        name=names.get(block.tool_use_id, ""),
        parts=tuple(_user_part(part) for part in _blocks(block.content)),
        is_error=bool(block.is_error),
    )


def _user_part(block: _Block) -> UserPart:
    source = block.source or _Source(type="")
    match block.type:
        case "image":
            return Image(media_type=source.media_type, url=source.url or source.data)
        case "document":
            return Document(media_type=source.media_type, data=b"", name=block.title or "")
        case _:
            return Text(block.text)


def _blocks(content: str | list[_Block]) -> list[_Block]:
    return content if isinstance(content, list) else [_Block(type="text", text=content)]


def _text(content: str | Sequence[_Block]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block.text for block in content if block.type == "text")


def stream_messages(asked: Asked, answer: Answer) -> Stream:
    usage = _usage(asked, answer)
    begun = {**usage, "output_tokens": 1} if usage else {}
    message: Json = {
        **_head(asked, answer),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }
    events = [_event("message_start", {"message": {**message, "usage": begun}})]
    for index, block in enumerate(_content(asked, answer)):
        events.append(
            _event("content_block_start", {"index": index, "content_block": _empty(block)})
        )
        if not index:
            events.append(_event("ping", {}))
        for delta in _deltas(block):
            events.append(_event("content_block_delta", {"index": index, "delta": delta}))
        events.append(_event("content_block_stop", {"index": index}))
    ended: Json = {"delta": _stop(answer)}
    if usage:
        ended["usage"] = {"output_tokens": usage["output_tokens"]}
    events += [_event("message_delta", ended), _event("message_stop", {})]
    return Stream(events=tuple(events), whole_at=len(events))


def whole_messages(asked: Asked, answer: Answer) -> bytes:
    content = [
        {**block, "input": _object(block["input"])} if block["type"] == "tool_use" else block
        for block in _content(asked, answer)
    ]
    usage = _usage(asked, answer)
    body = {**_head(asked, answer), "content": content, **_stop(answer), "usage": usage}
    return msgspec.json.encode(body)


def _content(asked: Asked, answer: Answer) -> Iterator[dict[str, str]]:
    """The blocks, whole; the input of a call is still the text of its arguments."""
    if answer.thinking:
        yield {"type": "thinking", "thinking": answer.thinking, "signature": answer.seal}
    elif answer.seal:
        yield {"type": "redacted_thinking", "data": answer.seal}
    if answer.text:
        yield {"type": "text", "text": answer.text}
    for number, each in enumerate(answer.calls):
        name = {"id": _id(asked, each, number), "name": each.name}
        yield {"type": "tool_use", **name, "input": each.arguments}


def _empty(block: dict[str, str]) -> Json:
    """A block as it begins, with what its deltas will fill left empty."""
    begun: Json = dict(block)
    match block["type"]:
        case "text":
            begun["text"] = ""
        case "thinking":
            begun |= {"thinking": "", "signature": ""}
        case "tool_use":
            begun["input"] = {}
        case _:
            pass
    return begun


def _deltas(block: dict[str, str]) -> Iterator[Json]:
    match block["type"]:
        case "text":
            for piece in pieces(block["text"]):
                yield {"type": "text_delta", "text": piece}
        case "thinking":
            for piece in pieces(block["thinking"]):
                yield {"type": "thinking_delta", "thinking": piece}
            if block["signature"]:
                yield {"type": "signature_delta", "signature": block["signature"]}
        case "tool_use":
            yield {"type": "input_json_delta", "partial_json": ""}
            for fragment in fragments(block["input"]):
                yield {"type": "input_json_delta", "partial_json": fragment}
        case _:
            pass


def _object(arguments: str) -> object:
    """Where it is whole the input is an object, so arguments that are none cannot be shown."""
    try:
        return msgspec.json.decode(arguments, type=dict[str, Raw])
    except msgspec.DecodeError:
        return {}


def _stop(answer: Answer) -> Json:
    return {"stop_reason": _FINISH[answer.finish], "stop_sequence": None}


def _head(asked: Asked, answer: Answer) -> Json:
    return {
        "id": f"msg_01{digest(asked.messages, answer.text)[:22]}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
    }


def _id(asked: Asked, each: Call, number: int) -> str:
    letters = digest(len(asked.messages), number, each.name, each.arguments)
    return each.id or f"toolu_01{letters[:22]}"


def _usage(asked: Asked, answer: Answer) -> Json:
    """Here alone the cached tokens are not a part of the others that were sent."""
    if not answer.tells_tokens:
        return {}
    tokens = tokens_of(asked, answer)
    return {
        "input_tokens": tokens.input - tokens.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": tokens.cached,
        "output_tokens": tokens.output,
    }


def _event(name: str, data: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (
        name.encode(),
        msgspec.json.encode({"type": name, **data}),
    )
