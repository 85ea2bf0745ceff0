"""What a request in the form of OpenAI's Responses asks for.

Written from platform.openai.com/docs/api-reference/responses, not from vibe's own codec, which is
tested against it. What OpenAI would refuse for its order is judged in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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


class _Part(Struct):
    """A part of a message's content, of any type."""

    type: str
    text: str = ""
    image_url: str | None = None
    filename: str | None = None


class _Item(Struct):
    """An item of the input, of any type; without one it is a message."""

    type: str = "message"
    role: str = ""
    content: str | list[_Part] | None = None
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str | list[_Part] = ""
    summary: list[_Part] = []
    encrypted_content: str | None = None
    tools: list[_Tool] = []  # those of `additional_tools`, as Codex sends all of its own


class _Tool(Struct):
    """A tool; those that the provider runs itself have no name, a namespace has tools inside."""

    type: str
    name: str = ""
    description: str | None = None
    parameters: Raw = Raw(b"{}")
    strict: bool | None = None
    tools: list[_Tool] = []


class _Body(Struct):
    model: str
    input: str | list[_Item]
    instructions: str | None = None
    stream: bool | None = None
    tools: list[_Tool] = []


def read_responses(body: bytes) -> Asked:
    """Raises msgspec's errors where the body is not of the documented form."""
    asked = msgspec.json.decode(body, type=_Body)
    items = asked.input
    if isinstance(items, str):
        items = [_Item(role="user", content=items)]
    offered = [item for item in items if item.type == "additional_tools"]
    items = [item for item in items if item.type != "additional_tools"]
    front: list[str] = [asked.instructions] if asked.instructions else []
    while items and items[0].role in {"system", "developer"}:
        front.append(_text(items[0].content))
        items = items[1:]
    return Asked(
        dialect="responses",
        model=asked.model,
        stream=bool(asked.stream),
        system="\n\n".join(front),
        messages=joined(_messages(items, asked.model)),  # one answer is many items here
        tools=tuple(_tools([*asked.tools, *(tool for item in offered for tool in item.tools)])),
    )


def _messages(items: Iterable[_Item], model: str) -> Iterator[Message]:
    producer = Producer(provider=CLIENT, model=model)
    names: dict[str, str] = {}
    for item in items:
        if item.type == "function_call_output":
            yield Results((_result(item, names),))
        elif item.role == "user":
            yield User(tuple(_user_parts(item.content)))
        elif item.role in {"system", "developer"}:
            yield System(_text(item.content))
        elif part := _said(item, producer):
            names[item.call_id] = item.name
            yield Assistant(parts=(part,), producer=producer)


def _said(item: _Item, producer: Producer) -> AssistantPart | None:
    match item.type:
        case "message":
            return Text(_text(item.content))
        case "reasoning":
            text = "\n\n".join(part.text for part in item.summary)
            return Thinking(text=text, producer=producer, seal=item.encrypted_content or "")
        case "function_call":
            return ToolCall(id=CallId(item.call_id), name=item.name, arguments=item.arguments)
        case _:
            return None


def _result(item: _Item, names: dict[str, str]) -> ToolResult:
    return ToolResult(
        call=CallId(item.call_id),
        name=names.get(item.call_id, ""),
        parts=tuple(_user_parts(item.output)),
    )


def _user_parts(content: str | list[_Part] | None) -> list[UserPart]:
    if not isinstance(content, list):
        return [Text(content or "")]
    parts: list[UserPart] = []
    for part in content:
        match part.type:
            case "input_image":
                parts.append(Image(url=part.image_url or ""))
            case "input_file":
                parts.append(
                    Document(media_type="application/pdf", data=b"", name=part.filename or "")
                )
            case _:
                parts.append(Text(part.text))
    return parts


def _tools(tools: Iterable[_Tool]) -> Iterator[Tool]:
    for tool in tools:
        if tool.type == "function":
            yield Tool(
                name=tool.name,
                description=tool.description or "",
                parameters=bytes(tool.parameters).decode(),
                strict=bool(tool.strict),
            )
        yield from _tools(tool.tools)


def _text(content: str | list[_Part] | None) -> str:
    if not isinstance(content, list):
        return content or ""
    return "\n".join(part.text for part in content)
