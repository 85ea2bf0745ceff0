"""What a request in the form of Anthropic's Messages asks for.

Written from docs.anthropic.com/en/api/messages, not from vibe's own codec, which is tested against
it. What Anthropic would refuse for its order is judged in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
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
from vibe.domain.request import Tool
from vibe.testing.exchange import CLIENT, Asked, joined


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
    role: Literal["user", "assistant", "system"]
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
        messages=joined(
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
    if turn.role == "system":
        yield System(_text(turn.content))
        return
    if turn.role == "assistant":
        producer = Producer(provider=CLIENT, model=model)
        parts = tuple(part for block in blocks for part in _said(block, producer))
        yield Assistant(parts=parts, producer=producer)
        return
    for is_result, group in groupby(blocks, lambda block: block.type == "tool_result"):
        if is_result:
            yield Results(tuple(_result(block, names) for block in group))
        else:
            yield User(tuple(_user_part(block) for block in group))


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
